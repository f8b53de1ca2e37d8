import type { GaugeSample } from '../core/detect/reading.ts'
import type { Instant } from '../core/kernel/instant.ts'
import type { Answer } from './driver.ts'

/** One metric of one stack that somebody wants to know. */
export interface Watch {
  /** Chosen by the caller; the reading carries it back. */
  readonly key: string
  readonly kind: 'error-rate' | 'latency' | 'gauge'
  readonly query: {
    readonly requests?: string
    readonly errors?: string
    readonly buckets?: string
    readonly value?: string
  }
  /** Filled into the query for `$workload`, `$stack`, `$release`. */
  readonly labels: { readonly workload: string; readonly stack: string; readonly release: string }
}

/** Cumulative counters, or the value of a gauge, as the source has them. */
export interface Reading {
  readonly key: string
  /** The newest sample's own time: the watermark. */
  readonly at: Instant
  readonly requests: number
  readonly errors: number
  /** latency: upper edges (ms) and requests per bucket, not cumulative, with one more for above the last edge. */
  readonly edgesMs: readonly number[]
  readonly latency: readonly number[]
  /** gauge: its value at `at`; then there are no requests, no errors and no buckets. */
  readonly gauge?: GaugeSample
}

/** Where metrics are read. One call serves all watches of all rollouts. */
export interface TelemetrySource {
  /** Watches without data are simply missing from the answer: no data is not zero. */
  readonly read: (watches: readonly Watch[], signal: AbortSignal) => Answer<readonly Reading[]>
  readonly close: () => Promise<void>
}
