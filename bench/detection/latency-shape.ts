import { logNormalCdf } from '../../src/core/detect/statistics/log-normal-cdf.ts'

/** One lognormal part of a latency distribution: its share of the requests, median in ms, sigma of the logarithm. */
export interface LatencyPart {
  readonly share: number
  readonly medianMs: number
  readonly sigma: number
}

/** A latency distribution as a mixture of lognormal parts, whose shares sum to one. */
export type LatencyShape = readonly LatencyPart[]

/** A service like many: a body around 80 ms, and one request in a hundred that takes ten times as long. */
export const USUAL_LATENCY: LatencyShape = [
  { share: 0.99, medianMs: 80, sigma: 0.5 },
  { share: 0.01, medianMs: 800, sigma: 0.5 },
]

/** Every request takes `times` as long. */
export function slower(shape: LatencyShape, times: number): LatencyShape {
  return shape.map((part) => ({ ...part, medianMs: part.medianMs * times }))
}

/** A share of the requests is like `other` instead. */
export function partly(shape: LatencyShape, share: number, other: LatencyShape): LatencyShape {
  return [
    ...shape.map((part) => ({ ...part, share: part.share * (1 - share) })),
    ...other.map((part) => ({ ...part, share: part.share * share })),
  ]
}

/** The probability of each bucket: one per upper edge in ms, and one for everything above the last. */
export function bucketMasses(shape: LatencyShape, edgesMs: readonly number[]): readonly number[] {
  const below = edgesMs.map((edge) =>
    shape.reduce(
      (sum, { share, medianMs, sigma }) =>
        sum + share * Math.exp(logNormalCdf(Math.log(edge / medianMs) / sigma)),
      0,
    ),
  )
  return [...below, 1].map((value, k) => Math.max(0, value - (below[k - 1] ?? 0)))
}
