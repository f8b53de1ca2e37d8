import { type Instant, MINUTE } from '../../core/kernel/instant.ts'
import { matches, type Selection } from '../../core/strategy/series-selector.ts'
import type { Reading, Unread, Watch } from '../../ports/telemetry.ts'
import { type Buckets, plusBuckets } from '../support/buckets.ts'
import type { Series } from './series.ts'
import { selectionsOf, selectorsOfWatch } from './watch-selectors.ts'

/**
 * Attributes that OpenTelemetry puts on failures alone, so that nobody has seen them before the first:
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/
 */
const ONLY_ON_FAILURES = new Set(['error.type'])

/** An instance that showed no value for this long has gone; the slowest usual export interval is a minute. */
const LEVEL_MAX_MS = 2 * MINUTE

export interface Sight {
  readonly source: string
  readonly now: Instant
  readonly keeper: string
  /** The arm's series of one metric. */
  readonly seriesOf: (metric: string) => readonly Series[]
  /** Every arm's series of one metric. */
  readonly all: (metric: string) => Iterable<Series>
  readonly isOverfull: (metric: string) => boolean
}

/** What the arm's series say now; null when none of them was heard, which is no zero. */
export function readWatch(watch: Watch, sight: Sight): Reading | Unread | null {
  const overfull = selectorsOfWatch(watch).find(({ metric }) => sight.isOverfull(metric))
  if (overfull !== undefined) {
    const because = `${watch.metric}: ${sight.source}: '${overfull.metric}' has more series than are kept, so its sums are not known; export fewer attributes`
    return { key: watch.key, kind: 'broken', because }
  }
  switch (watch.kind) {
    case 'error-rate':
      return countsOf(watch, sight)
    case 'latency':
      return latencyOf(watch, sight)
    case 'gauge':
      return gaugeOf(watch, sight)
  }
}

/** The mean over the instances that have shown a value lately. */
function gaugeOf(watch: Watch, sight: Sight): Reading | Unread | null {
  const text = watch.query.value
  const all = selected(text, sight).filter(({ heardAt }) => sight.now - heardAt <= LEVEL_MAX_MS)
  if (all.length === 0) return null
  const values = all.flatMap(({ value }) => value ?? [])
  if (values.length < all.length) return unread(watch, sight, text, 'is no gauge')
  const mean = values.reduce((before, value) => before + value, 0) / values.length
  const gauge = { mean, instances: all.length }
  const none = { requests: 0, errors: 0, edgesMs: [], latency: [] }
  return { key: watch.key, keeper: sight.keeper, at: newest(all), ...none, gauge }
}

function countsOf(watch: Watch, sight: Sight): Reading | Unread | null {
  const { requests, errors } = watch.query
  const all = selected(requests, sight)
  if (all.length === 0) return null
  const gauge = all.find(({ value }) => value !== null)
  if (gauge !== undefined) return unread(watch, sight, requests, 'is no counter but a level')
  const failed = selected(errors, sight)
  if (failed.length === 0 && !wouldBeSeen(errors, sight)) {
    const because = 'was never seen, so nobody knows whether it would count a failure'
    return unread(watch, sight, errors, because)
  }
  return {
    key: watch.key,
    keeper: sight.keeper,
    at: newest(all),
    requests: sum(all),
    errors: sum(failed),
    edgesMs: [],
    latency: [],
  }
}

function latencyOf(watch: Watch, sight: Sight): Reading | Unread | null {
  const text = watch.query.buckets
  const all = selected(text, sight)
  if (all.length === 0) return null
  const buckets = all.reduce<Buckets | null | undefined>((before, { total }) => {
    if (before === undefined) return total.buckets
    return before === null || total.buckets === null ? null : plusBuckets(before, total.buckets)
  }, undefined)
  if (buckets == null) {
    const because = all.some(({ total }) => total.buckets === null)
      ? 'is no histogram of a time (units s, ms, us or ns)'
      : 'has instances that report different bucket edges'
    return unread(watch, sight, text, because)
  }
  const { edgesMs, counts } = buckets
  const requests = counts.reduce((before, count) => before + count, 0)
  const counted = { requests, errors: 0, edgesMs, latency: counts }
  return { key: watch.key, keeper: sight.keeper, at: newest(all), ...counted }
}

/** Each series once, however many of the selections it satisfies. */
function selected(text: string | undefined, sight: Sight): readonly Series[] {
  const found = selectionsOf(text).flatMap(({ metric, matchers }) =>
    sight.seriesOf(metric).filter(({ attributes }) => matches(matchers, attributes)),
  )
  return [...new Set(found)]
}

/**
 * A failure would have been seen under this selector, had there been one: some series of its metric has
 * every attribute that it compares. A misspelt name must not make every release look perfect.
 */
function wouldBeSeen(text: string | undefined, sight: Sight): boolean {
  return selectionsOf(text).some((selection) => isKnown(selection, sight))
}

function isKnown({ metric, matchers }: Selection, sight: Sight): boolean {
  const names = matchers
    .map(({ attribute }) => attribute)
    .filter((name) => !ONLY_ON_FAILURES.has(name))
  for (const { attributes } of sight.all(metric)) {
    if (names.every((name) => attributes[name] !== undefined)) return true
  }
  return false
}

function newest(series: readonly Series[]): Instant {
  return Math.max(...series.map(({ at }) => at))
}

function sum(series: readonly Series[]): number {
  return series.reduce((before, { total }) => before + total.count, 0)
}

function unread(watch: Watch, { source }: Sight, text: string | undefined, says: string): Unread {
  return {
    key: watch.key,
    kind: 'broken',
    because: `${watch.metric}: ${source}: '${text ?? ''}' ${says}`,
  }
}
