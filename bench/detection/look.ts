import type { Counts } from '../../src/core/detect/counter.ts'
import type { Arm, RouteCounters } from '../../src/core/detect/reading.ts'
import type { Instant } from '../../src/core/kernel/instant.ts'
import type { Side } from './world.ts'

/** Counters of one arm as a source reports them: cumulative, restarting with a new epoch. */
export interface Cumulative extends Counts {
  readonly epoch: string
  readonly routes: Readonly<Record<string, RouteCounters>>
}

/** What can be seen of a rollout at one moment. */
export interface Look {
  readonly at: Instant
  /** Since the rollout began. */
  readonly seconds: number
  /** As a source reports it, resets and all; the control is the baseline and the fleet together. */
  readonly arms: Readonly<Record<Arm, Cumulative>>
  /** What came since the look before, by side, without loss: what a perfect source would say. */
  readonly fresh: Readonly<Record<Side, Counts>>
}
