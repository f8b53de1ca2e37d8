import type { GaugeSample } from '../core/detect/reading.ts'
import type { Instant } from '../core/kernel/instant.ts'
import type { Answer } from './driver.ts'

/** One metric of one stack that somebody wants to know. */
export interface Watch {
  /** Chosen by the caller; the reading carries it back. */
  readonly key: string
  /** The metric's name in the strategy, for sentences. */
  readonly metric: string
  readonly kind: 'error-rate' | 'latency' | 'gauge'
  readonly query: {
    readonly requests?: string
    readonly errors?: string
    readonly buckets?: string
    readonly value?: string
  }
  /** Filled into the query for `$workload`, `$stack`, `$release`, `$rollout` and `$group`. */
  readonly labels: WatchLabels
}

/** What tells the series of one arm in one group of one rollout apart from all others. */
export interface WatchLabels {
  readonly workload: string
  readonly stack: string
  readonly release: string
  readonly rollout: string
  readonly group: string
}

/** Cumulative counters, or the value of a gauge, as the source has them. */
export interface Reading {
  readonly key: string
  /** The newest sample's own time: the watermark. */
  readonly at: Instant
  /**
   * Who keeps these counters, where they are kept by whoever answers and not in the measured
   * system. Another keeper's counters begin elsewhere, so they only set a new starting point.
   */
  readonly keeper?: string
  readonly requests: number
  readonly errors: number
  /** latency: upper edges (ms) and requests per bucket, not cumulative, with one more for above the last edge. */
  readonly edgesMs: readonly number[]
  readonly latency: readonly number[]
  /** gauge: its value at `at`; then there are no requests, no errors and no buckets. */
  readonly gauge?: GaugeSample
}

/** A watch without a reading about which more can be said than that there is no data. */
export interface Unread {
  readonly key: string
  /** `broken`: asking failed, and will until something is changed. `absent`: nothing is there to read. */
  readonly kind: 'broken' | 'absent'
  /** A sentence with the source, the metric and its query. */
  readonly because: string
}

export interface Readings {
  readonly readings: readonly Reading[]
  readonly unread: readonly Unread[]
}

/** Where metrics are read. One call serves all watches of all rollouts. */
export interface TelemetrySource {
  /** Watches without data are simply missing from the readings: no data is not zero. */
  readonly read: (watches: readonly Watch[], signal: AbortSignal) => Answer<Readings>
  readonly close: () => Promise<void>
}
