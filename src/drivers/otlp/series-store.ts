import { HOUR, type Instant, MINUTE } from '../../core/kernel/instant.ts'
import type { Point } from './point.ts'
import { Series } from './series.ts'

/** About 100 MB with histograms: 10,000 rollouts of two arms with two series each fit. */
const SERIES_MAX = 50_000
/** A series that is silent for this long belongs to an instance that is gone. */
const KEEP_MS = HOUR
const SWEEP_EVERY_MS = MINUTE
/**
 * A metric of an instance must have been heard this often before a series that was not there counts as
 * new: a single export may have lost a part of it.
 */
const HEARD_MIN = 2

interface Listening {
  readonly since: Instant
  readonly series: Map<string, Series>
  /** By instance: when this metric was last heard, and how often. */
  readonly instances: Map<string, { at: Instant; times: number }>
  /** When a series last found no place: until it is swept, this metric is not wholly known. */
  fullAt: Instant | null
}

/**
 * The series of the metrics that somebody wants, from the moment on at which they were first wanted.
 * Their number is bounded; a metric of which some found no place says so, because the missing ones may be
 * just the failed requests.
 */
export class SeriesStore {
  readonly #seriesMax: number
  readonly #metrics = new Map<string, Listening>()
  #size = 0
  #sweptAt: Instant = 0

  constructor(seriesMax = SERIES_MAX) {
    this.#seriesMax = seriesMax
  }

  /** Begins to listen to a metric, if nobody does so yet. */
  want(metric: string, now: Instant): void {
    if (this.#metrics.has(metric)) return
    this.#metrics.set(metric, { since: now, series: new Map(), instances: new Map(), fullAt: null })
  }

  isWanted(metric: string): boolean {
    return this.#metrics.has(metric)
  }

  seriesOf(metric: string): Iterable<Series> {
    return this.#metrics.get(metric)?.series.values() ?? []
  }

  /** Whether some series of this metric found no place lately, so that its sums are not to be believed. */
  isOverfull(metric: string, now: Instant): boolean {
    const { fullAt } = this.#metrics.get(metric) ?? { fullAt: null }
    return fullAt !== null && now - fullAt < KEEP_MS
  }

  /** Counts what is new in these points; answers those of series for which there is no place. */
  take(points: readonly Point[], now: Instant, added: (series: Series) => void): readonly Point[] {
    this.#sweep(now)
    return points.filter((point) => !this.#takeOne(point, now, added))
  }

  #takeOne(point: Point, now: Instant, added: (series: Series) => void): boolean {
    const listening = this.#metrics.get(point.metric)
    if (listening === undefined) return true
    const isNewToItsInstance = heardBefore(listening, point)
    const known = listening.series.get(point.series)
    if (known === undefined && this.#size >= this.#seriesMax) {
      listening.fullAt = now
      return false
    }
    const series = known ?? new Series(point)
    if (known === undefined) {
      listening.series.set(point.series, series)
      this.#size += 1
      added(series)
    }
    series.take(point, now, { listeningSince: listening.since, isNewToItsInstance })
    return true
  }

  #sweep(now: Instant): void {
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return
    this.#sweptAt = now
    for (const { series, instances } of this.#metrics.values()) {
      for (const [key, { heardAt }] of series) {
        if (now - heardAt <= KEEP_MS) continue
        series.delete(key)
        this.#size -= 1
      }
      for (const [key, { at }] of instances) if (now - at > KEEP_MS) instances.delete(key)
    }
  }
}

/** Whether this instance's metric was heard at earlier times, so that a series of it that comes now is new. */
function heardBefore({ instances }: Listening, { instance, at }: Point): boolean {
  const heard = instances.get(instance)
  if (heard === undefined) {
    instances.set(instance, { at, times: 0 })
    return false
  }
  if (at > heard.at) {
    heard.at = at
    heard.times += 1
  }
  return heard.times >= HEARD_MIN
}
