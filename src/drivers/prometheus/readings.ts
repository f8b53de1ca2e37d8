import { type Instant, SECOND } from '../../core/kernel/instant.ts'
import type { Reading, Unread, Watch } from '../../ports/telemetry.ts'
import { nativeBuckets } from './native-histogram.ts'
import { numberOf, type VectorSeries } from './vector.ts'

/** Histograms are in seconds by convention; those whose name says otherwise are in milliseconds. */
const IN_MILLISECONDS = /_(?:ms|milliseconds)(?:_bucket)?\b/

/** Edges are written as decimal fractions; products are rounded to a nanosecond. */
const PER_NANOSECOND = 1e6

/** What an answer holds for one watch. */
export interface Parts {
  /** When the newest sample behind it was taken; null when there is none. */
  readonly at: Instant | null
  readonly of: (part: 'requests' | 'errors' | 'buckets' | 'value') => readonly VectorSeries[]
}

/** A reading, and whether its errors were counted or no such series was there. */
export interface Found {
  readonly watch: Watch
  readonly reading: Reading
  readonly errorsCounted: boolean
}

/** The reading in an answer; null when a part of it is missing: what is not there is unknown, not zero. */
export function readingOf(watch: Watch, { at, of }: Parts): Found | Unread | null {
  if (at === null) return null
  switch (watch.kind) {
    case 'error-rate':
      return countsOf(watch, at, of)
    case 'latency':
      return latencyOf(watch, at, of('buckets'))
    case 'gauge': {
      const mean = numberOf(of('value')[0])
      if (mean === null) return null
      const none = { requests: 0, errors: 0, edgesMs: [], latency: [] }
      return found(watch, { key: watch.key, at, ...none, gauge: { mean } })
    }
  }
}

function countsOf(watch: Watch, at: Instant, of: Parts['of']): Found | Unread | null {
  const requests = numberOf(of('requests')[0])
  const errors = numberOf(of('errors')[0])
  if (requests === null) return null
  if (errors !== null && errors > requests) {
    const because = `${watch.metric}: counts ${errors} failures of ${requests} requests; let "errors" select a part of "requests"`
    return { key: watch.key, kind: 'broken', because }
  }
  const reading = { key: watch.key, at, requests, errors: errors ?? 0, edgesMs: [], latency: [] }
  return { ...found(watch, reading), errorsCounted: errors !== null }
}

function latencyOf(
  watch: Watch,
  at: Instant,
  series: readonly VectorSeries[],
): Found | Unread | null {
  const unit = IN_MILLISECONDS.test(watch.query.buckets ?? '') ? 1 : SECOND
  const native = series.find(({ histogram }) => histogram !== undefined)?.histogram?.[1]
  const buckets = native === undefined ? classicBuckets(series, unit) : nativeBuckets(native, unit)
  if (buckets === null) return null
  const { edgesMs, counts } = buckets
  const requests = counts.reduce((all, count) => all + count, 0)
  return found(watch, { key: watch.key, at, requests, errors: 0, edgesMs, latency: counts })
}

function classicBuckets(
  series: readonly VectorSeries[],
  unit: number,
): { readonly edgesMs: readonly number[]; readonly counts: readonly number[] } | null {
  const upTo = series
    .map((one) => ({ edge: edgeOf(one.metric['le'] ?? ''), count: numberOf(one) }))
    .filter(({ edge, count }) => !Number.isNaN(edge) && count !== null)
    .toSorted((a, b) => a.edge - b.edge)
  const edgesMs = upTo
    .filter(({ edge }) => Number.isFinite(edge))
    .map(({ edge }) => Math.round(edge * unit * PER_NANOSECOND) / PER_NANOSECOND)
  // Without +Inf it is not known how many requests there were.
  if (upTo.length === 0 || edgesMs.length !== upTo.length - 1) return null
  const counts = upTo.map(({ count }, place) =>
    Math.max(0, (count ?? 0) - (upTo[place - 1]?.count ?? 0)),
  )
  return { edgesMs, counts }
}

function found(watch: Watch, reading: Reading): Found {
  return { watch, reading, errorsCounted: true }
}

function edgeOf(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text === '' ? Number.NaN : text)
}

/** The newest of the instants that these series carry as their values. */
export function newestOf(series: Iterable<VectorSeries>): Instant | null {
  let newest: Instant | null = null
  for (const one of series) {
    const seconds = numberOf(one)
    if (seconds !== null) newest = Math.max(Math.round(seconds * SECOND), newest ?? 0)
  }
  return newest
}
