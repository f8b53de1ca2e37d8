import type { Instant, Millis } from '../kernel/instant.ts'
import type { Verdict } from '../words/verdict.ts'
import type { MetricWatch } from './metric-watch.ts'
import type { RouteTable } from './routes.ts'
import type { SplitWatch } from './split.ts'

/**
 * The shape of the state. A checkpoint with another version is not read: the group is watched
 * from anew, which only delays.
 */
export const WATCH_VERSION = 9

/** Everything detection remembers of one group: JSON, of a size that does not grow with time. */
export interface WatchState {
  readonly version: typeof WATCH_VERSION
  readonly startedAt: Instant
  readonly bakeMs: Millis
  readonly minExposure: number
  readonly margin: number
  readonly controlExpected: boolean
  readonly staleAfter: Millis
  /** ln(1/α) of this group: the merged evidence halts the rollout here. */
  readonly logFire: number
  readonly metrics: readonly MetricWatch[]
  /** Sources whose latest poll failed, with the sentence why. */
  readonly failing: Readonly<Record<string, string>>
  readonly routes: RouteTable
  /** How the router splits the requests; null where nobody asked for a share of them. */
  readonly split: SplitWatch | null
  /** The failing verdict, once it was reached: later calm does not take it back. */
  readonly fired: Verdict | null
}
