/** Requests per latency bucket: one per upper edge, and one more for everything above the last edge. */
export type Histogram = readonly number[]

/** How many requests lie above the upper edge of bucket `index`. */
export function above(histogram: Histogram, index: number): number {
  let sum = 0
  for (let k = index + 1; k < histogram.length; k += 1) sum += histogram[k] ?? 0
  return sum
}

/** How many requests there are. */
export function total(histogram: Histogram): number {
  return above(histogram, -1)
}

/** Both histograms together; an empty one stands for "nothing yet". */
export function plus(a: Histogram, b: Histogram): Histogram {
  if (a.length === 0) return b
  return a.map((count, k) => count + (b[k] ?? 0))
}

/**
 * Moves the candidate's requests to where they would lie if they were `allowMs` and then `tolerance`
 * times faster, rounding towards faster. "The candidate takes at most `tolerance` times as long, and
 * `allowMs` on top" then becomes "the moved candidate is not slower at all", at the price of less than
 * one bucket of sensitivity.
 */
export function forgive(
  histogram: Histogram,
  edges: readonly number[],
  tolerance: number,
  allowMs: number,
): Histogram {
  if (tolerance <= 1 && allowMs <= 0) return histogram
  const moved = histogram.map(() => 0)
  let to = 0
  for (const [k, count] of histogram.entries()) {
    const lower = k === 0 ? 0 : ((edges[k - 1] ?? 0) - allowMs) / tolerance
    while (to < edges.length && (edges[to] ?? 0) <= lower) to += 1
    moved[to] = (moved[to] ?? 0) + count
  }
  return moved
}
