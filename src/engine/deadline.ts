import type { Instant } from '../core/kernel/instant.ts'
import type { Clock } from '../ports/clock.ts'

/**
 * Runs something with a signal that ends it at an instant or when the parent is aborted,
 * whichever comes first, and leaves no timer behind.
 */
export async function withDeadline<Value>(
  clock: Clock,
  at: Instant,
  parent: AbortSignal,
  run: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const ended = new AbortController()
  const finished = new AbortController()
  const either = AbortSignal.any([parent, finished.signal])
  const timer = clock.until(at, either).then(() => ended.abort())
  try {
    return await run(AbortSignal.any([parent, ended.signal]))
  } finally {
    finished.abort()
    await timer
  }
}
