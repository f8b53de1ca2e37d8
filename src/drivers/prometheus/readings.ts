import { z } from 'zod'
import { type Instant, SECOND } from '../../core/kernel/instant.ts'
import type { Reading, Watch } from '../../ports/telemetry.ts'
import { KEY_LABEL, PARTS, TIME_MARK } from './query-text.ts'

/** Only the part of an instant vector that is relied on, https://prometheus.io/docs/prometheus/latest/querying/api/. */
export const VectorAnswer = z.object({
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        value: z.tuple([z.number(), z.string()]),
      }),
    ),
  }),
})
type Series = z.output<typeof VectorAnswer>['data']['result'][number]

/** Histograms are in seconds by convention; those whose name says otherwise are in milliseconds. */
const IN_MILLISECONDS = /_(?:ms|milliseconds)_bucket\b/

/** Edges are written as decimal fractions; products are rounded to a nanosecond. */
const PER_NANOSECOND = 1e6

/** A reading, and whether its errors were counted or no such series was there. */
export interface Found {
  readonly watch: Watch
  readonly reading: Reading
  readonly errorsCounted: boolean
}

/** The readings in an answer. A watch of which a part is missing is left out: what is not there is unknown, not zero. */
export function readingsOf(series: readonly Series[], watches: readonly Watch[]): readonly Found[] {
  const byKey = Map.groupBy(series, ({ metric }) => metric[KEY_LABEL] ?? '')
  const newest = newestSamples(series)
  return watches.flatMap((watch, index) => {
    const part = (name: string) => byKey.get(`${index}/${name}`) ?? []
    const at = newest.get(`${index}/${PARTS[watch.kind][0]}`)
    if (at === undefined) return []
    if (watch.kind === 'gauge') return gaugeOf(watch, numberOf(part('value')[0]), at)
    if (watch.kind === 'latency') return latencyOf(watch, part('buckets'), at)
    const requests = numberOf(part('requests')[0])
    const errors = numberOf(part('errors')[0])
    if (requests === null) return []
    const counted = { key: watch.key, at, requests, errors: errors ?? 0 }
    const reading = { ...counted, edgesMs: [], latency: [] }
    return [{ watch, reading, errorsCounted: errors !== null }]
  })
}

/** When each part was last sampled. */
function newestSamples(series: readonly Series[]): ReadonlyMap<string, Instant> {
  const newest = new Map<string, Instant>()
  for (const one of series) {
    const [key = '', nth] = (one.metric[KEY_LABEL] ?? '').split(TIME_MARK)
    const seconds = nth === undefined ? null : numberOf(one)
    if (seconds === null) continue
    newest.set(key, Math.max(Math.round(seconds * SECOND), newest.get(key) ?? 0))
  }
  return newest
}

function gaugeOf(watch: Watch, mean: number | null, at: Instant): readonly Found[] {
  if (mean === null) return []
  const none = { requests: 0, errors: 0, edgesMs: [], latency: [] }
  return [{ watch, reading: { key: watch.key, at, ...none, gauge: { mean } }, errorsCounted: true }]
}

function latencyOf(watch: Watch, buckets: readonly Series[], at: Instant): readonly Found[] {
  if (buckets.length === 0) return []
  const unit = IN_MILLISECONDS.test(watch.query.buckets ?? '') ? 1 : SECOND
  const upTo = buckets
    .map((series) => ({ edge: edgeOf(series.metric['le'] ?? ''), count: numberOf(series) }))
    .filter(({ edge, count }) => !Number.isNaN(edge) && count !== null)
    .toSorted((a, b) => a.edge - b.edge)
  const edgesMs = upTo
    .filter(({ edge }) => Number.isFinite(edge))
    .map(({ edge }) => Math.round(edge * unit * PER_NANOSECOND) / PER_NANOSECOND)
  // Without +Inf it is not known how many requests there were.
  if (edgesMs.length !== upTo.length - 1) return []
  const requests = upTo.at(-1)?.count ?? 0
  const latency = upTo.map(({ count }, place) =>
    Math.max(0, (count ?? 0) - (upTo[place - 1]?.count ?? 0)),
  )
  const reading = { key: watch.key, at, requests, errors: 0, edgesMs, latency }
  return [{ watch, reading, errorsCounted: true }]
}

function edgeOf(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text === '' ? Number.NaN : text)
}

function numberOf(series: Series | undefined): number | null {
  const value = series === undefined ? Number.NaN : Number(series.value[1])
  return Number.isFinite(value) ? value : null
}
