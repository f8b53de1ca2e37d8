/**
 * Times by bucket. Edges are upper edges in ms; there is one bucket more than edges, for what took
 * longer. `scale` is that of an exponential histogram: a bucket spans a factor of 2^(2^-scale).
 * Explicit buckets have none and cannot be converted.
 */
export interface Buckets {
  readonly edgesMs: readonly number[]
  readonly counts: readonly number[]
  readonly scale: number | null
}

/**
 * Buckets finer than a factor of 1.19 tell detection nothing more and cost state, so that finer
 * exponential histograms are added up to this scale, which is exact.
 */
const SCALE_MAX = 2
/** An exponential ladder reaches over this many doublings, from about 1 ms to about a minute. */
const OCTAVES = 16
/** A single bucket over everything says nothing about time any more. */
const SCALE_MIN = -3

/** How many milliseconds one unit of a histogram is; null for a unit that is no time. UCUM, as OpenTelemetry writes it. */
export function unitMs(unit: string): number | null {
  return UNITS[unit] ?? null
}
const UNITS: Readonly<Record<string, number>> = { s: 1_000, ms: 1, us: 1e-3, ns: 1e-6 }

/** Edges are decimal fractions; products are rounded to a nanosecond. */
const PER_NANOSECOND = 1e6

/** The buckets of an explicit histogram; null when edges and counts do not belong together. */
export function explicitBuckets(
  bounds: readonly number[],
  counts: readonly number[],
  unit: number,
): Buckets | null {
  const rising = bounds.every((bound, k) => k === 0 || bound > (bounds[k - 1] ?? bound))
  if (counts.length !== bounds.length + 1 || !rising) return null
  const edgesMs = bounds.map((bound) => Math.round(bound * unit * PER_NANOSECOND) / PER_NANOSECOND)
  return { edgesMs, counts, scale: null }
}

/**
 * The buckets of an exponential histogram on a ladder that is the same for every histogram of its
 * scale and unit, so that two of them can be compared although each reports only the buckets that
 * it has used. `upper` are exponents: a bucket ends at 2^(upper·2^-scale) units. Null for a scale
 * so coarse that it measures no time.
 */
export function exponentialBuckets(
  histogram: {
    readonly scale: number
    /** Values too small to have an exponent. */
    readonly below: number
    readonly filled: Iterable<{ readonly upper: number; readonly count: number }>
  },
  unit: number,
): Buckets | null {
  const scale = Math.min(histogram.scale, SCALE_MAX)
  if (scale < SCALE_MIN) return null
  const { edgesMs, first } = ladderOf(scale, unit)
  const counts = [...edgesMs, 0].map(() => 0)
  counts[0] = histogram.below
  const shift = 2 ** (scale - histogram.scale)
  for (const { upper, count } of histogram.filled) {
    const place = Math.ceil(upper * shift) - first
    const bucket = Math.min(Math.max(place, 0), edgesMs.length)
    counts[bucket] = (counts[bucket] ?? 0) + count
  }
  return { edgesMs, counts, scale }
}

interface Ladder {
  readonly edgesMs: readonly number[]
  /** The exponent of the first edge. */
  readonly first: number
}

const ladders = new Map<string, Ladder>()

function ladderOf(scale: number, unit: number): Ladder {
  const key = `${scale}/${unit}`
  const known = ladders.get(key)
  if (known !== undefined) return known
  const lowest = Math.round(Math.log2(1 / unit))
  const first = Math.ceil(lowest * 2 ** scale)
  const last = Math.floor((lowest + OCTAVES) * 2 ** scale)
  const edgesMs = Array.from(
    { length: last - first + 1 },
    (_, k) => unit * 2 ** ((first + k) * 2 ** -scale),
  )
  const ladder = { edgesMs, first }
  ladders.set(key, ladder)
  return ladder
}

/** Whether two histograms can be added up as they are. */
export function sameEdges(a: Buckets, b: Buckets): boolean {
  if (a.edgesMs === b.edgesMs) return true
  return (
    a.edgesMs.length === b.edgesMs.length && a.edgesMs.every((edge, k) => edge === b.edgesMs[k])
  )
}

/** Adds up buckets on the coarser of their ladders; null when they do not share any. */
export function plusBuckets(a: Buckets, b: Buckets): Buckets | null {
  const [one, other] = aligned(a, b)
  if (one === null || other === null || !sameEdges(one, other)) return null
  return { ...one, counts: one.counts.map((count, k) => count + (other.counts[k] ?? 0)) }
}

/** What is in `a` and was not yet in `b`; null when they do not share a ladder. Buckets may come out negative. */
export function minusBuckets(a: Buckets, b: Buckets): Buckets | null {
  return plusBuckets(a, { ...b, counts: b.counts.map((count) => -count) })
}

function aligned(a: Buckets, b: Buckets): readonly [Buckets | null, Buckets | null] {
  if (a.scale === null || b.scale === null || a.scale === b.scale) return [a, b]
  return a.scale > b.scale ? [coarser(a, b), b] : [a, coarser(b, a)]
}

/** The finer histogram on the coarser one's ladder. Each edge of that is an edge of the finer one too. */
function coarser(fine: Buckets, coarse: Buckets): Buckets | null {
  const counts = coarse.counts.map(() => 0)
  for (const [k, count] of fine.counts.entries()) {
    const edge = fine.edgesMs[k] ?? Number.POSITIVE_INFINITY
    const place = coarse.edgesMs.findIndex((upper) => edge <= upper * (1 + EDGE_ROUNDING))
    const bucket = place === -1 ? coarse.edgesMs.length : place
    counts[bucket] = (counts[bucket] ?? 0) + count
  }
  return { ...coarse, counts }
}

/** Powers of two with broken exponents are equal to within this much. */
const EDGE_ROUNDING = 1e-9
