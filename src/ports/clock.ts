import type { Instant } from '../core/kernel/instant.ts'

/** The only way to learn the time or to wait. The simulation brings its own. */
export interface Clock {
  readonly now: () => Instant
  /** Resolves at the instant, or at once when the signal is aborted. Never rejects. */
  readonly until: (at: Instant, signal?: AbortSignal) => Promise<void>
}
