import { z } from 'zod'

/** What a look at the whole log came to. */
export const AuditReport = z.object({
  /** True when every event is where it was written, and as it was written. */
  intact: z.boolean(),
  events: z.int().nonnegative(),
  streams: z.int().nonnegative(),
  /** Every place that does not fit. */
  problems: z.array(z.object({ stream: z.string(), version: z.int(), what: z.string() })),
  problemsLeftOut: z.int().nonnegative(),
  /**
   * The newest seal over all streams. Whoever keeps it elsewhere can tell later that nothing up
   * to it was rewritten, even by somebody who recomputed every hash.
   */
  anchor: z.object({ number: z.int(), hash: z.string() }).nullable(),
})
export type AuditReport = z.output<typeof AuditReport>
