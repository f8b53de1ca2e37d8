import type { Instant, Millis } from '../../core/kernel/instant.ts'

/** Callers that are remembered; beyond that the oldest is forgotten, so that memory stays bounded. */
const CALLERS_MAX = 10_000

export interface RateLimit {
  /** Counts one. Answers how long to wait before the next; 0 when it was within the limit. */
  readonly take: (caller: string, now: Instant) => Millis
  /** Looks, and counts nothing. */
  readonly waitOf: (caller: string, now: Instant) => Millis
}

/** Lets each caller do something `times` per window; the window begins with the first. */
export function rateLimit(times: number, windowMs: Millis): RateLimit {
  const windows = new Map<string, { readonly until: Instant; count: number }>()

  function current(caller: string, now: Instant) {
    const window = windows.get(caller)
    return window !== undefined && now < window.until ? window : null
  }

  return {
    take(caller, now) {
      const window = current(caller, now)
      if (window === null) {
        windows.delete(caller)
        windows.set(caller, { until: now + windowMs, count: 1 })
        const [oldest] = windows.keys()
        if (windows.size > CALLERS_MAX && oldest !== undefined) windows.delete(oldest)
        return 0
      }
      window.count += 1
      return window.count <= times ? 0 : window.until - now
    },
    waitOf(caller, now) {
      const window = current(caller, now)
      return window === null || window.count < times ? 0 : window.until - now
    },
  }
}
