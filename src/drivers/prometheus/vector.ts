/**
 * One series of an instant vector, as https://prometheus.io/docs/prometheus/latest/querying/api/ has
 * it: a number, or a native histogram.
 */
export interface VectorSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly histogram?: readonly [number, NativeHistogram]
}

/** Filled buckets alone: boundary rule, lower and upper edge, count. */
export interface NativeHistogram {
  readonly count: string
  readonly buckets?: readonly (readonly [number, string, string, string])[]
}

export interface Vector {
  readonly series: readonly VectorSeries[]
  /** What the server says about its own answer: parts of it are missing. */
  readonly warnings: readonly string[]
}

/**
 * The vector in an answer; null when it is none. Checked by hand and only as deep as it is read:
 * one answer holds thousands of series, and a schema took longer over them than everything else.
 */
export function vectorOf(body: unknown): Vector | null {
  if (!isObject(body) || !isObject(body['data'])) return null
  const { resultType, result } = body['data']
  if (resultType !== 'vector' || !Array.isArray(result)) return null
  const series: readonly unknown[] = result
  if (!series.every(isSeries)) return null
  const { warnings } = body
  return { series, warnings: Array.isArray(warnings) ? warnings.map(String) : [] }
}

function isSeries(one: unknown): one is VectorSeries {
  if (!isObject(one) || !isObject(one['metric'])) return false
  const { value, histogram } = one
  return (Array.isArray(value) && typeof value[1] === 'string') || isHistogram(histogram)
}

function isHistogram(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  const histogram: unknown = value[1]
  if (!isObject(histogram) || typeof histogram['count'] !== 'string') return false
  const { buckets } = histogram
  return buckets === undefined || (Array.isArray(buckets) && buckets.every(Array.isArray))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value of a series; null for what is no number. */
export function numberOf(series: VectorSeries | undefined): number | null {
  const value = series?.value === undefined ? Number.NaN : Number(series.value[1])
  return Number.isFinite(value) ? value : null
}
