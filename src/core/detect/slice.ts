import { MINUTE, type Millis } from '../kernel/instant.ts'
import type { Counts } from './counter.ts'
import type { Habits } from './habits.ts'

/** Half of a bet is on "bad from the first request"; the rest is spread over the bake (+10 % delay at the start, half the delay late). */
const STAKE_AT_START = 0.7

/** The onsets of a bake with hardly any length are expected within this time. */
const HORIZON_MIN: Millis = MINUTE

/** The new counts of both arms over one stretch of time, and what was known before it. */
export interface Slice {
  readonly candidate: Counts
  readonly control: Counts
  /** The control until now: the baseline, and this group so far. */
  readonly past: Counts
  /**
   * `beside`: ample control traffic, the drift-proof conditional test. `even`: both arms large, so
   * that the control's successes matter too. `alone`: no control to speak of; the past stands in
   * for it, guarded and tempered.
   */
  readonly company: 'beside' | 'even' | 'alone'
  /** How much worse than the control is still fine, as a ratio; without the allowance for a cold start. */
  readonly tolerance: number
  /** How much worse is still fine on top of it: a share of the requests for errors, milliseconds for latency. */
  readonly allow: number
  /** The share of requests that the workload's objective allows to fail; null without one. */
  readonly budget: number | null
  /** Since the group was opened, and since the slice before. */
  readonly age: Millis
  readonly elapsed: Millis
  readonly bake: Millis
  /** What healthy releases of this workload do. */
  readonly habits: Habits
  /** The certificate's absolute margin. */
  readonly margin: number
  readonly edgesMs: readonly number[]
}

/** Over how long onsets are expected: the bake. */
export function horizonOf(bake: Millis): Millis {
  return Math.max(HORIZON_MIN, bake)
}

/** The share of an onset mixture's bet to place on "it began just before this slice". */
export function stakeOf({ elapsed, bake }: Slice, first: boolean): number {
  return (first ? STAKE_AT_START : 0) + ((1 - STAKE_AT_START) * elapsed) / horizonOf(bake)
}
