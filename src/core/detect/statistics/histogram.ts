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
 * times faster. "The candidate takes at most `tolerance` times as long, and `allowMs` on top" then
 * becomes "the moved candidate is not slower at all". Within a bucket requests are taken to lie evenly in the
 * logarithm, and are divided among the buckets that the moved one overlaps: a request in parts is a
 * drawn one on average, which keeps the evidence valid (arithmetic above geometric mean). What
 * lies above the last edge goes to where that edge goes: nobody knows how far above it lies.
 */
export function forgive(
  histogram: Histogram,
  edges: readonly number[],
  tolerance: number,
  allowMs: number,
): Histogram {
  if (tolerance <= 1 && allowMs <= 0) return histogram
  const moved = histogram.map(() => 0)
  const place = (ms: number) => (ms - allowMs) / tolerance
  for (const [k, count] of histogram.entries()) {
    if (count === 0) continue
    const low = k === 0 ? 0 : place(edges[k - 1] ?? 0)
    const high = k < edges.length ? place(edges[k] ?? 0) : low
    divide(count, low, high, edges, moved)
  }
  return moved
}

/** Adds `count` requests between two latencies to the buckets in between. */
function divide(
  count: number,
  low: number,
  high: number,
  edges: readonly number[],
  into: number[],
): void {
  const found = edges.findIndex((edge) => edge > low)
  let to = found < 0 ? edges.length : found
  const add = (part: number) => {
    into[to] = (into[to] ?? 0) + count * part
  }
  // Below the first edge, and where the bucket has no width, there is nothing to divide by.
  if (low <= 0 || high <= low) return add(1)
  const width = Math.log(high / low)
  let from = low
  while (to < edges.length && (edges[to] ?? 0) < high) {
    const edge = edges[to] ?? 0
    add(Math.log(edge / from) / width)
    from = edge
    to += 1
  }
  add(Math.log(high / from) / width)
}
