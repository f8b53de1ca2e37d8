import { z } from 'zod'
import { type Matchers, matches, plainSelectors } from '../../core/backtest/plain-selectors.ts'
import { newRecording, type Recording, type Seen } from '../../core/backtest/recording.ts'
import type { Arm, Reading } from '../../core/detect/reading.ts'
import { type Instant, MINUTE, type Millis, SECOND } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Metric } from '../../core/strategy/schema.ts'

/** Prometheus takes a series for gone when it has had no sample for this long (its default look-back). */
const GONE_AFTER: Millis = 5 * MINUTE
/** Histograms are in seconds by convention; those whose name says otherwise are in milliseconds. */
const IN_MILLISECONDS = /_(?:ms|milliseconds)_bucket\b/
/** Edges are written as decimal fractions; products are rounded to a nanosecond. */
const PER_NANOSECOND = 1e6

/** Only the part of a range answer that is relied on, https://prometheus.io/docs/prometheus/latest/querying/api/. */
export const MatrixAnswer = z.object({
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
})

/** One series with its samples. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly samples: readonly { readonly at: Instant; readonly value: number }[]
}

/** What `$stack`, `$release` and `$workload` stand for in each arm; null where nobody said. */
export type Labels = Readonly<
  Record<
    Arm,
    { readonly workload: string; readonly stack: string; readonly release: string | null }
  >
>

/** The series of a range answer; the samples that mark an end (stale, not a number) are left out. */
export function seriesOf(answer: z.output<typeof MatrixAnswer>): readonly Series[] {
  return answer.data.result.map(({ metric, values }) => ({
    labels: metric,
    samples: values
      .map(([seconds, value]) => ({ at: Math.round(seconds * SECOND), value: Number(value) }))
      .filter(({ value }) => Number.isFinite(value)),
  }))
}

/** The selectors that the strategy's queries ask Prometheus for, of both arms, with the labels filled in. */
export function selectorsOf(
  metric: Metric,
  labels: Labels['candidate'],
): Result<Partial<Record<Part, readonly Matchers[]>>, string> {
  const { requests, errors, buckets } = metric.query ?? {}
  const parts = metric.kind === 'latency' ? { buckets } : { requests, errors }
  const found: Partial<Record<Part, readonly Matchers[]>> = {}
  for (const [part, query] of Object.entries(parts)) {
    if (query === undefined || !isPart(part)) continue
    if (labels.release === null && query.includes('$release')) {
      return no(
        `metric ${metric.name} asks for $release: say --candidate-release and --control-release`,
      )
    }
    const selectors = plainSelectors(query)
    if (!selectors.ok) return no(`metric ${metric.name}: ${selectors.problem}`)
    found[part] = selectors.value.map((matchers) =>
      matchers.map((one) => ({ ...one, value: fill(one.value, labels, one.operator) })),
    )
  }
  return yes(found)
}

type Part = 'requests' | 'errors' | 'buckets'

function isPart(name: string): name is Part {
  return name === 'requests' || name === 'errors' || name === 'buckets'
}

/** Puts the labels into a value; within a pattern they stand for themselves. */
function fill(value: string, labels: Labels['candidate'], operator: string): string {
  return value.replaceAll(/\$(workload|stack|release)\b/g, (_, name: keyof Labels['candidate']) => {
    const label = labels[name] ?? ''
    return operator.endsWith('~') ? label.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&') : label
  })
}

/**
 * Makes readings of exported series: those that the strategy's queries select, summed over instances
 * as goaround does live. A metric that is not in the export is named in a remark; an arm without
 * error series has no errors only if the export has that metric under other labels.
 */
export function fromSeries(
  name: string,
  series: readonly Series[],
  metrics: readonly Metric[],
  { labels, lag }: { readonly labels: Labels; readonly lag: Millis },
): Result<Recording, string> {
  const seen: Seen[] = []
  const remarks: string[] = []
  for (const metric of metrics.filter(({ query }) => query !== undefined)) {
    for (const arm of ['candidate', 'control'] as const) {
      const selected = selectorsOf(metric, labels[arm])
      if (!selected.ok) {
        remarks.push(`${selected.problem}: it is left out`)
        break
      }
      const readings = readingsOf(metric, arm, selected.value, series)
      if (typeof readings !== 'string' && hasNoFailures(metric, selected.value, series)) {
        remarks.push(
          `metric ${metric.name}: the export has no failures of the ${arm}, and none are assumed; make sure that it was not asked for successes alone`,
        )
      }
      if (typeof readings === 'string') remarks.push(`metric ${metric.name}: ${readings}`)
      else
        seen.push(
          ...readings.map((reading) => ({
            seenAt: reading.at + lag,
            source: metric.source,
            reading,
          })),
        )
    }
  }
  if (seen.length > 0) return yes(newRecording(name, seen, remarks))
  const why = remarks.length === 0 ? 'no metric of the strategy has a query' : remarks.join('; ')
  return no(`${name} has nothing that this strategy watches: ${why}`)
}

function hasNoFailures(
  { kind }: Metric,
  { errors = [] }: Partial<Record<Part, readonly Matchers[]>>,
  series: readonly Series[],
): boolean {
  return (
    kind === 'error-rate' &&
    !series.some(({ labels }) => errors.some((matchers) => matches(matchers, labels)))
  )
}

function readingsOf(
  metric: Metric,
  arm: Arm,
  selected: Partial<Record<Part, readonly Matchers[]>>,
  series: readonly Series[],
): readonly Reading[] | string {
  const of = (part: Part) =>
    series.filter(({ labels }) =>
      (selected[part] ?? []).some((matchers) => matches(matchers, labels)),
    )
  const base = { metric: metric.name, arm, epoch: 'export' }
  if (metric.kind === 'latency') {
    const buckets = of('buckets')
    if (buckets.length === 0) return `no series of the ${arm} matches its buckets`
    const unit = IN_MILLISECONDS.test(metric.query?.buckets ?? '') ? 1 : SECOND
    return latencyReadings(buckets, unit).map((reading) => ({ ...base, ...reading }))
  }
  const [requests, errors] = [of('requests'), of('errors')]
  if (requests.length === 0) return `no series of the ${arm} matches its requests`
  if (errors.length === 0 && !isCounted(selected.errors ?? [], series)) {
    return `no series of the ${arm} matches its errors, and the export has none of that name: export them too`
  }
  const failed = summed(errors)
  return [...summed(requests)].map(([at, count]) => {
    const counted = { requests: count, errors: upTo(failed, at) }
    return { ...base, ...counted, at, edgesMs: [], latency: [] }
  })
}

/** A counter that is born with its first error is absent until then; another of its name shows that it is exported. */
function isCounted(selectors: readonly Matchers[], series: readonly Series[]): boolean {
  const names = selectors.flatMap((matchers) =>
    matchers.filter(({ label }) => label === '__name__'),
  )
  return (
    names.length > 0 && names.every((name) => series.some(({ labels }) => matches([name], labels)))
  )
}

function latencyReadings(
  series: readonly Series[],
  unit: Millis,
): readonly Pick<Reading, 'at' | 'requests' | 'errors' | 'edgesMs' | 'latency'>[] {
  const byEdge = [...Map.groupBy(series, ({ labels }) => labels['le'] ?? '')]
    .map(([le, some]) => ({
      edge: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
      counts: summed(some),
    }))
    .toSorted((a, b) => a.edge - b.edge)
  const all = byEdge.at(-1)
  // Without +Inf it is not known how many requests there were.
  if (all === undefined || Number.isFinite(all.edge)) return []
  const edgesMs = byEdge
    .slice(0, -1)
    .map(({ edge }) => Math.round(edge * unit * PER_NANOSECOND) / PER_NANOSECOND)
  return [...all.counts].map(([at, requests]) => {
    const counts = byEdge.map(({ counts: some }) => upTo(some, at))
    const latency = counts.map((count, k) => Math.max(0, count - (counts[k - 1] ?? 0)))
    return { at, requests, errors: 0, edgesMs, latency }
  })
}

/** The sum of some series at every moment at which one of them has a sample; a series that is gone adds nothing. */
function summed(series: readonly Series[]): ReadonlyMap<Instant, number> {
  const samples = series
    .flatMap(({ samples: own }, place) => own.map(({ at, value }) => ({ at, value, place })))
    .toSorted((a, b) => a.at - b.at)
  const newest = new Map<number, { readonly at: Instant; readonly value: number }>()
  const sums = new Map<Instant, number>()
  for (const { at, value, place } of samples) {
    newest.set(place, { at, value })
    let sum = 0
    for (const [one, known] of newest) {
      if (at - known.at > GONE_AFTER) newest.delete(one)
      else sum += known.value
    }
    sums.set(at, sum)
  }
  return sums
}

/** The sum at a moment, or the last one before it: parts of one metric may be scraped a moment apart. */
function upTo(sums: ReadonlyMap<Instant, number>, at: Instant): number {
  const exact = sums.get(at)
  if (exact !== undefined) return exact
  let latest = 0
  for (const [moment, sum] of sums) {
    if (moment > at) break
    latest = sum
  }
  return latest
}
