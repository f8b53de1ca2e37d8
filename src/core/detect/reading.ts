import type { Instant } from '../kernel/instant.ts'
import type { Histogram } from './statistics/histogram.ts'

/** The two sides that are compared. */
export type Arm = 'candidate' | 'control'

/** Requests and failures of one route, cumulative like the reading that carries them. */
export interface RouteCounters {
  readonly requests: number
  readonly errors: number
}

/** What a gauge showed for one arm, in the gauge's own unit. */
export interface GaugeSample {
  /** The mean over the arm's instances. */
  readonly mean: number
  /** How many instances that is; absent where the source cannot tell. */
  readonly instances?: number
}

/** Cumulative counters, or the value of a gauge, of one metric in one arm, as the source has them at one moment. */
export interface Reading {
  /** The metric's name in the strategy. */
  readonly metric: string
  readonly arm: Arm
  /** The source's own time of the newest sample: the watermark that makes a reading count once. */
  readonly at: Instant
  /** Changes when the counters restarted from zero; constant where the source cannot tell. */
  readonly epoch: string
  /** Who keeps the counters, where that is not the measured system: another keeper's begin elsewhere, which is no restart. */
  readonly keeper?: string
  readonly requests: number
  readonly errors: number
  /** Upper bucket edges in ms, and requests per bucket (not cumulative), one more than edges. Both empty when not measured. */
  readonly edgesMs: readonly number[]
  readonly latency: Histogram
  /** Present for a gauge alone; then nothing is counted. */
  readonly gauge?: GaugeSample
  /** The same counters by route, where the source knows them. */
  readonly routes?: Readonly<Record<string, RouteCounters>>
}

/** Everything that one source answered in one poll. An arm without data is missing: no data is not zero. */
export interface Poll {
  readonly source: string
  readonly readings: readonly Reading[]
  /** What the source says about why it has nothing, where it says so. */
  readonly absences?: readonly Absence[]
}

/** Why a source has nothing of one arm. */
export interface Absence {
  readonly metric: string
  readonly arm: Arm
  readonly because: string
}
