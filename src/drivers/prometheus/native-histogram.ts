import { type Buckets, exponentialBuckets } from '../support/buckets.ts'
import type { NativeHistogram } from './vector.ts'

/** Exponents are computed from decimal fractions of edges. */
const EXPONENT_ROUNDING = 1e-6

/**
 * The buckets of a native histogram on the ladder of its schema. The answer does not name the
 * schema: it is that of its narrowest bucket. Null for a histogram without any bucket above zero, of which nothing
 * is known yet. Source: https://prometheus.io/docs/specs/native_histograms/#standard-exponential-schemas
 */
export function nativeBuckets({ buckets = [] }: NativeHistogram, unit: number): Buckets | null {
  const parsed = buckets.map(([, lower, upper, count]) => ({
    lower: Number(lower),
    upper: Number(upper),
    count: Number(count),
  }))
  const measured = parsed.filter(({ lower, upper }) => lower > 0 && Number.isFinite(upper))
  if (measured.length === 0) return null
  const widths = measured.map(({ lower, upper }) => Math.log2(upper / lower))
  const scale = Math.round(-Math.log2(Math.min(...widths)))
  const below = parsed.filter(({ lower }) => lower <= 0).reduce((all, { count }) => all + count, 0)
  const filled = parsed
    .filter(({ lower }) => lower > 0)
    .map(({ upper, count }) => ({
      upper: Number.isFinite(upper) ? exponentOf(upper, scale) : Number.MAX_SAFE_INTEGER,
      count,
    }))
  return exponentialBuckets({ scale, below, filled }, unit)
}

function exponentOf(edge: number, scale: number): number {
  return Math.ceil(Math.log2(edge) * 2 ** scale - EXPONENT_ROUNDING)
}
