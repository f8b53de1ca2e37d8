import { above, type Histogram, total } from './histogram.ts'
import { twoProp } from './two-prop.ts'

/** The quantiles of the control at which the two arms are compared: mostly its tail, since a shift shows in the body anyhow. */
const QUANTILES: readonly number[] = [0.75, 0.9, 0.97, 0.99, 0.999, 0.9999]
/** How many edges are watched at most. */
export const WATCHED_MAX = QUANTILES.length
/** "Not slower at all": the tolerance was given to the candidate's histogram before. */
const NOT_SLOWER = { ratio: 1, offset: 0 }

/**
 * The buckets whose upper edges lie nearest to the control's quantiles, without the last bucket,
 * above which nothing is. Chosen from the past of the control alone, once, so that the choice
 * cannot favour an outcome.
 */
export function watchedEdges(control: Histogram): readonly number[] {
  const all = total(control)
  const chosen = new Set<number>()
  for (const quantile of QUANTILES) {
    const allowed = (1 - quantile) * all
    const bucket = control.findIndex((_, k) => above(control, k) <= allowed)
    if (bucket >= 0 && bucket < control.length - 1) chosen.add(bucket)
  }
  return [...chosen]
}

/**
 * `LatencyOrder`: log likelihood ratios of one slice against H₀ "the candidate is stochastically
 * not slower", per watched edge and grid ratio, in that order, in nats. Each edge is a `TwoProp` on
 * "took longer than this"; `past` is the control before the slice. Tells which part moved.
 */
export function latencyOrder(
  candidate: Histogram,
  control: Histogram,
  past: Histogram,
  edges: readonly number[],
): readonly number[] {
  const [n1, n0] = [total(candidate), total(control)]
  return edges.flatMap((edge) =>
    twoProp(
      { n1, x1: above(candidate, edge), n0, x0: above(control, edge) },
      NOT_SLOWER,
      exceedance(past, edge),
    ),
  )
}

/** The share of requests above an edge, from the past, with half a request on either side (Jeffreys). */
function exceedance(past: Histogram, edge: number): number {
  return (above(past, edge) + 0.5) / (total(past) + 1)
}
