import type { Instant } from '../../core/kernel/instant.ts'
import type { Attributes } from '../../core/strategy/series-selector.ts'
import { type Buckets, minusBuckets, plusBuckets } from '../support/buckets.ts'
import type { Counted, Point } from './point.ts'

/**
 * So many ends of deltas are remembered. Exporters retry a few intervals back; a delta older than all
 * of these is left out, since it cannot be told whether it was counted.
 */
const ENDS_MAX = 32

const NOTHING: Counted = { count: 0, buckets: null }

/** Why a series that is seen for the first time may be counted from zero, or may not. */
export interface FirstSight {
  /** Since when this metric is listened to: a counter that was born later began in our sight. */
  readonly listeningSince: Instant
  /** Its instance was heard with this metric and without this series: it is new there. */
  readonly isNewToItsInstance: boolean
}

/**
 * What was counted in one series since it is listened to: a counter that only grows, made of
 * cumulative points and deltas alike. Repeated and late points change nothing. A restart counts
 * from zero when the new start lies behind what was heard last, which no overlap can; any other
 * shrinking or moving start only sets a new starting point, since counting the rest again would
 * invent requests.
 */
export class Series {
  readonly metric: string
  readonly attributes: Attributes
  /** The time of the newest point, but never later than when it came in: clocks run ahead. */
  at: Instant = 0
  /** When the latest point came in, by our own clock. */
  heardAt: Instant = 0
  /** The latest value of a gauge. */
  value: number | null = null
  #total: Counted = NOTHING
  #last: {
    readonly at: Instant
    readonly startAt: Instant | null
    readonly counted: Counted
  } | null = null
  #ends: Instant[] = []

  constructor({ metric, attributes }: Point) {
    this.metric = metric
    this.attributes = attributes
  }

  /** Everything counted since the series is listened to. */
  get total(): Counted {
    return this.#total
  }

  take(point: Point, heardAt: Instant, sight: FirstSight): void {
    const { measured } = point
    const isNews =
      measured.kind === 'delta' ? this.#takeDelta(point.at, measured) : this.#isNewer(point.at)
    if (!isNews) return
    if (measured.kind === 'cumulative') this.#takeCumulative(point, measured, sight)
    if (measured.kind === 'gauge') {
      this.value = measured.value
      this.#last = { at: point.at, startAt: null, counted: NOTHING }
    }
    this.at = Math.max(this.at, Math.min(point.at, heardAt))
    this.heardAt = heardAt
  }

  #isNewer(at: Instant): boolean {
    return this.#last === null || at > this.#last.at
  }

  #takeDelta(end: Instant, delta: Counted): boolean {
    const isTooOld = this.#ends.length === ENDS_MAX && end < Math.min(...this.#ends)
    if (isTooOld || this.#ends.includes(end)) return false
    this.#ends = [...this.#ends, end].toSorted((a, b) => a - b).slice(-ENDS_MAX)
    this.#add(delta)
    return true
  }

  #takeCumulative({ at, startAt }: Point, counted: Counted, sight: FirstSight): void {
    const last = this.#last
    if (last !== null && startAt !== null && last.startAt !== null && startAt < last.startAt) return
    this.#last = { at, startAt, counted }
    if (last === null) {
      const bornInSight = startAt !== null && startAt >= sight.listeningSince
      this.#add(bornInSight || sight.isNewToItsInstance ? counted : nothingOf(counted))
      return
    }
    const isRestart = startAt !== null && last.startAt !== null && startAt !== last.startAt
    if (isRestart) {
      if (startAt >= last.at) this.#add(counted)
      return
    }
    const fresh = differenceOf(counted, last.counted)
    if (fresh !== null) this.#add(fresh)
  }

  #add({ count, buckets }: Counted): void {
    const before = this.#total
    this.#total = { count: before.count + count, buckets: sumOf(before, { count, buckets }) }
  }
}

/** Buckets with other edges than before begin anew: the two cannot be added up. */
function sumOf(before: Counted, more: Counted): Buckets | null {
  if (before.buckets === null || more.buckets === null) return more.buckets
  return plusBuckets(before.buckets, more.buckets) ?? more.buckets
}

/** Nothing counted yet, in the same buckets. */
function nothingOf({ buckets }: Counted): Counted {
  return { count: 0, buckets: buckets && { ...buckets, counts: buckets.counts.map(() => 0) } }
}

/** Null when the counter shrank, or changed its buckets. */
function differenceOf(now: Counted, before: Counted): Counted | null {
  const count = now.count - before.count
  if (now.buckets === null || before.buckets === null)
    return count < 0 ? null : { count, buckets: null }
  const buckets = minusBuckets(now.buckets, before.buckets)
  const isWhole = buckets !== null && buckets.counts.every((one) => one >= 0)
  return count < 0 || !isWhole ? null : { count, buckets }
}
