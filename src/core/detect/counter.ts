import type { Instant } from '../kernel/instant.ts'
import type { Reading } from './reading.ts'
import { type Histogram, plus } from './statistics/histogram.ts'

/** Requests, failures and latencies within some stretch of time. */
export interface Counts {
  readonly requests: number
  readonly errors: number
  readonly latency: Histogram
}

export const NOTHING: Counts = { requests: 0, errors: 0, latency: [] }

export function add(a: Counts, b: Counts): Counts {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    latency: plus(a.latency, b.latency),
  }
}

/** The newest reading that was counted, to take the next difference from. */
export interface Watermark extends Counts {
  readonly at: Instant
  readonly epoch: string
  readonly keeper?: string
}

export interface Tally {
  readonly watermark: Watermark
  /** What came in since the watermark before; null when this reading only sets a new starting point. */
  readonly fresh: Counts | null
}

/**
 * Turns a cumulative reading into what is new in it. A reading that was counted before, comes late or makes
 * no sense answers null. The first reading only marks the start: what happened before the
 * watch is no evidence. An announced restart counts from zero. A counter that shrinks without
 * one (an instance left a sum) is started from anew, since counting the rest again would
 * invent errors; so a lost difference only delays. Another keeper of the counters sets a new
 * starting point likewise.
 */
export function tally(before: Watermark | null, reading: Reading): Tally | null {
  if (!sensible(reading)) return null
  if (before !== null && reading.at <= before.at) return null
  const { at, epoch, keeper, requests, errors, latency } = reading
  const kept = keeper === undefined ? {} : { keeper }
  const watermark = { at, epoch, ...kept, requests, errors, latency }
  if (before === null || keeper !== before.keeper) return { watermark, fresh: null }
  if (epoch !== before.epoch) return { watermark, fresh: { requests, errors, latency } }

  const fresh = {
    requests: requests - before.requests,
    errors: errors - before.errors,
    latency: latency.map((count, k) => count - (before.latency[k] ?? 0)),
  }
  const shrank = fresh.requests < 0 || fresh.errors < 0 || fresh.latency.some((count) => count < 0)
  if (shrank || latency.length !== before.latency.length) return { watermark, fresh: null }
  // A source may read its two counters a moment apart; a failed request is a request all the same.
  return { watermark, fresh: { ...fresh, requests: Math.max(fresh.requests, fresh.errors) } }
}

function sensible({ at, requests, errors, latency, edgesMs }: Reading): boolean {
  if (![at, requests, errors].every(isAmount)) return false
  if (!latency.every(isAmount) || !edgesMs.every(isAmount)) return false
  return latency.length === 0 || latency.length === edgesMs.length + 1
}

function isAmount(value: number): boolean {
  return Number.isFinite(value) && value >= 0
}
