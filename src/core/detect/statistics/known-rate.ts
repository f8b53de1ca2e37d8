import { RATIO_GRID } from './ratio-grid.ts'

/** An alternative never claims that every request fails: one success would then be impossible. */
const RATE_MAX = 0.99

/**
 * `KnownRate`: log likelihood ratios of `x` events in `n` requests against H₀ "the rate is at most
 * `rate`", one per grid ratio, in nats; for the time when no control runs beside the candidate.
 * Valid for every rate below by monotone likelihood ratio. Source: Wald's SPRT against a fixed
 * budget (SRE workbook's budget as null), tempered by `eta` because before and after differ by
 * more than chance.
 */
export function knownRate(n: number, x: number, rate: number, eta: number): readonly number[] {
  return RATIO_GRID.map((times) => {
    const worse = Math.min(Math.max(RATE_MAX, rate), rate * times)
    return eta * (x * Math.log(worse / rate) + (n - x) * Math.log((1 - worse) / (1 - rate)))
  })
}
