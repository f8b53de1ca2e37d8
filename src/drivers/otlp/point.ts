import type { Instant } from '../../core/kernel/instant.ts'
import type { Attributes } from '../../core/strategy/series-selector.ts'
import { type Buckets, explicitBuckets, exponentialBuckets, unitMs } from '../support/buckets.ts'
import { ExportedMetric, type ExportRequest } from './export-request.ts'

/** What one point of a counter or histogram counted; a gauge has only a value. */
export interface Counted {
  readonly count: number
  /** Times by bucket; null for a plain counter, or where the unit is no time. */
  readonly buckets: Buckets | null
}

/** One data point of one series, whichever way it was sent. */
export interface Point {
  readonly metric: string
  /** Tells the series apart from every other: what is measured, by whom, with which attributes. */
  readonly series: string
  /** Tells who measures: the instance. */
  readonly instance: string
  /** Those of the point, and those of its resource where the point has none of that name. */
  readonly attributes: Attributes
  readonly startAt: Instant | null
  readonly at: Instant
  readonly measured:
    | ({ readonly kind: 'cumulative' | 'delta' } & Counted)
    | { readonly kind: 'gauge'; readonly value: number }
}

/** A point that cannot be counted, with the reason for whoever sends it. */
export interface Rejected {
  readonly metric: string
  readonly because: string
}

export interface ReadPoints {
  readonly points: readonly Point[]
  readonly rejected: readonly Rejected[]
}

/** The flag of a point that says that there is no value any more. */
const NO_RECORDED_VALUE = 1

/** The points of an export that somebody wants, and those of them that cannot be counted. */
export function pointsOf(request: ExportRequest, wanted: (metric: string) => boolean): ReadPoints {
  const points: Point[] = []
  const rejected: Rejected[] = []
  for (const { resource, scopeMetrics } of request.resourceMetrics) {
    const owner = resource?.attributes ?? {}
    const instance = canonical(owner)
    for (const { scope, metrics } of scopeMetrics) {
      for (const exported of metrics) {
        if (!wanted(exported.name)) continue
        const metric = ExportedMetric.safeParse(exported)
        if (!metric.success) {
          rejected.push({ metric: exported.name, because: sayIssue(metric.error) })
          continue
        }
        const by = { owner, instance, scope: scope?.name ?? '' }
        for (const one of readPoints(metric.data, by)) {
          if ('because' in one) rejected.push(one)
          else points.push(one)
        }
      }
    }
  }
  return { points, rejected }
}

interface Measurer {
  readonly owner: Attributes
  readonly instance: string
  readonly scope: string
}

function readPoints(
  metric: ExportedMetric,
  { owner, instance, scope }: Measurer,
): readonly (Point | Rejected)[] {
  const { name } = metric
  const identity = `${name}\n${kindOf(metric)}\n${scope}\n${instance}`
  return rawPoints(metric).flatMap((one): readonly (Point | Rejected)[] => {
    const { startTimeUnixNano: startAt, timeUnixNano: at, attributes, flags, measured } = one
    if ((flags & NO_RECORDED_VALUE) !== 0) return []
    if (at === null) return [{ metric: name, because: 'a point without a time' }]
    if (one.trouble !== null || measured === null)
      return [{ metric: name, because: one.trouble ?? 'a point without a value' }]
    const series = `${identity}\n${canonical(attributes)}`
    return [
      {
        metric: name,
        series,
        instance,
        attributes: { ...owner, ...attributes },
        startAt,
        at,
        measured,
      },
    ]
  })
}

/** The first thing that is wrong with a metric, and where in it. */
function sayIssue({
  issues,
}: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
}): string {
  const [first] = issues
  return `${first?.path.map(String).join('.') ?? ''}: ${first?.message ?? 'not understood'}`
}

interface RawPoint {
  readonly startTimeUnixNano: Instant | null
  readonly timeUnixNano: Instant | null
  readonly attributes: Attributes
  readonly flags: number
  readonly measured: Point['measured'] | null
  readonly trouble: string | null
}

function rawPoints(metric: ExportedMetric): readonly RawPoint[] {
  const { gauge, sum, histogram, exponentialHistogram, unit } = metric
  return [
    ...(gauge?.dataPoints ?? []).map((one) => gaugePoint(one)),
    ...(sum?.dataPoints ?? []).map((one) =>
      // A sum that may fall is a level, such as requests in flight.
      sum?.isMonotonic === true
        ? counted(one, sum.aggregationTemporality, { count: numberOf(one), buckets: null })
        : levelPoint(one, sum?.aggregationTemporality ?? null),
    ),
    ...(histogram?.dataPoints ?? []).map((one) => {
      const { count, bucketCounts, explicitBounds } = one
      const per = unitMs(unit)
      const isShaped = bucketCounts.length > 0 && per !== null
      const buckets = isShaped ? explicitBuckets(explicitBounds, bucketCounts, per) : null
      const isBroken = isShaped && buckets === null
      return isBroken
        ? { ...one, measured: null, trouble: 'bucket counts that do not fit their bounds' }
        : counted(one, histogram?.aggregationTemporality ?? null, { count, buckets })
    }),
    ...(exponentialHistogram?.dataPoints ?? []).map((one) =>
      counted(one, exponentialHistogram?.aggregationTemporality ?? null, {
        count: one.count,
        buckets: exponentialOf(one, unit),
      }),
    ),
  ]
}

type NumberPoint = NonNullable<ExportedMetric['sum']>['dataPoints'][number]
type ExponentialPoint = NonNullable<ExportedMetric['exponentialHistogram']>['dataPoints'][number]
type Timed = Pick<RawPoint, 'startTimeUnixNano' | 'timeUnixNano' | 'attributes' | 'flags'>

function counted(point: Timed, kind: 'cumulative' | 'delta' | null, value: Counted): RawPoint {
  const numbers = [value.count, ...(value.buckets?.counts ?? [])]
  const trouble = numbers.every((one) => Number.isFinite(one) && one >= 0)
    ? null
    : 'a count that is no number of zero or more'
  if (kind === null) {
    const unknown = 'an aggregation temporality that is neither delta nor cumulative'
    return { ...point, measured: null, trouble: unknown }
  }
  return { ...point, measured: { kind, ...value }, trouble }
}

function gaugePoint(point: NumberPoint): RawPoint {
  const value = numberOf(point)
  const isFine = Number.isFinite(value)
  const trouble = isFine ? null : 'a value that is no number'
  return { ...point, measured: isFine ? { kind: 'gauge', value } : null, trouble }
}

/** Steps of a level without its start say nothing about where it is. */
function levelPoint(point: NumberPoint, temporality: 'cumulative' | 'delta' | null): RawPoint {
  if (temporality === 'cumulative') return gaugePoint(point)
  return { ...point, measured: null, trouble: 'deltas of a sum that may fall: send it cumulative' }
}

function numberOf({ asInt, asDouble }: NumberPoint): number {
  return asInt ?? asDouble ?? Number.NaN
}

function exponentialOf(point: ExponentialPoint, unit: string): Buckets | null {
  const per = unitMs(unit)
  if (per === null) return null
  const { scale, zeroCount, positive, negative } = point
  const under = (negative?.bucketCounts ?? []).reduce((all, count) => all + count, 0)
  const offset = positive?.offset ?? 0
  const filled = (positive?.bucketCounts ?? []).map((count, k) => ({
    upper: offset + k + 1,
    count,
  }))
  return exponentialBuckets({ scale, below: zeroCount + under, filled }, per)
}

function kindOf({ gauge, sum, histogram, exponentialHistogram }: ExportedMetric): string {
  if (gauge !== undefined) return 'gauge'
  if (sum !== undefined) return `sum ${sum.aggregationTemporality} ${sum.isMonotonic}`
  if (histogram !== undefined) return `histogram ${histogram.aggregationTemporality}`
  return `exponential ${exponentialHistogram?.aggregationTemporality}`
}

/** The same text for the same attributes, in whatever order they come. */
function canonical(attributes: Attributes): string {
  return JSON.stringify(Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
