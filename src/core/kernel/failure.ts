import { z } from 'zod'

/**
 * Why the outside world did not do as asked.
 * `retry` is the point: `safe` means asking again cannot hurt, `after-looking` means we do not
 * know whether it happened and must look first, `never` means asking again cannot help.
 */
export const DriverFailure = z.object({
  reason: z.enum([
    'unreachable',
    'timed-out',
    'unclear',
    'refused',
    'denied',
    'not-found',
    'throttled',
    'misconfigured',
  ]),
  retry: z.enum(['safe', 'after-looking', 'never']),
  /** A sentence for people. Never holds a secret. */
  detail: z.string(),
})
export type DriverFailure = z.output<typeof DriverFailure>

export function failure(
  reason: DriverFailure['reason'],
  retry: DriverFailure['retry'],
  detail: string,
): DriverFailure {
  return { reason, retry, detail }
}
