import type { Clock } from '../ports/clock.ts'
import { pause } from './support/pause.ts'

/**
 * Longer waits go in stages, so that a wall clock that was set, or a laptop that slept, is noticed
 * within this time; and `setTimeout` fires at once beyond 24.8 days.
 */
const STAGE_MS = 60_000

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async until(at, signal) {
    let left = at - Date.now()
    while (left > 0) {
      await pause(Math.min(left, STAGE_MS), signal)
      left = isAborted(signal) ? 0 : at - Date.now()
    }
  },
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}
