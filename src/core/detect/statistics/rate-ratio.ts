import { RATIO_GRID } from './ratio-grid.ts'
import type { TwoArms } from './two-arms.ts'

/**
 * `RateRatio`: log likelihood ratios of one slice against H₀ "the candidate's event rate is at most
 * `tolerance` times the control's", one per grid ratio, in nats.
 *
 * Given the number of events in the slice, an event belongs to the candidate with probability
 * θ = r·n₁/(r·n₁+n₀), whatever the control's rate is at that moment; so a shared outage or the time
 * of day cancels and no baseline is needed. Exact for Poisson counts and conservative for
 * Bernoulli with fixed n₁, n₀. Source: Lindon & Malek, NeurIPS 2022 (arXiv 2011.03567); Wald 1947.
 * `eta` ≤ 1 tempers the ratio, which keeps it valid (Jensen) where events come in bursts. With
 * `BETTER_GRID` it is the mirror: evidence that the candidate is not `tolerance` times worse.
 */
export function rateRatio(
  slice: TwoArms,
  tolerance: number,
  eta = 1,
  grid: readonly number[] = RATIO_GRID,
): readonly number[] {
  const { n1, x1, n0, x0 } = slice
  if (n1 <= 0 || n0 <= 0) return grid.map(() => 0)
  const odds0 = (tolerance * n1) / n0
  return grid.map((times) => {
    const odds = times * odds0
    const logLess = Math.log1p(odds0) - Math.log1p(odds)
    return eta * (x1 * (Math.log(times) + logLess) + x0 * logLess)
  })
}
