import { z } from 'zod'
import { At } from './shapes.ts'

/**
 * One fact as the log holds it. What a strategy says literally (environments, headers, bodies) is
 * left out of `data`, because it may hold what should have been a reference to a secret.
 */
export const EventView = z.object({
  stream: z.string(),
  version: z.int().positive(),
  type: z.string(),
  at: At,
  by: z.string(),
  /** On whose authority: a role, a rule, `strategy`. */
  authority: z.string().nullable(),
  causedBy: z.string().nullable(),
  /** SHA-256 over the stream's previous hash and this event. */
  hash: z.string(),
  data: z.unknown(),
})
export type EventView = z.output<typeof EventView>
