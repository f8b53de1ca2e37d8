import { type Histogram, total } from '../../../src/core/detect/statistics/histogram.ts'
import { LATENCY_EDGES_MS } from '../../../src/ports/router.ts'

/** A quantile of the latency in ms, interpolated within its bucket as `histogram_quantile` does; NaN without requests. */
export function latencyQuantile(histogram: Histogram, q: number): number {
  const rank = q * total(histogram)
  if (rank === 0) return Number.NaN
  let below = 0
  for (const [k, count] of histogram.entries()) {
    if (below + count >= rank) {
      const from = LATENCY_EDGES_MS[k - 1] ?? 0
      const to = LATENCY_EDGES_MS[k] ?? from
      return from + ((to - from) * (rank - below)) / count
    }
    below += count
  }
  return LATENCY_EDGES_MS.at(-1) ?? Number.NaN
}
