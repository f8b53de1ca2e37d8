import { RATIO_GRID } from './ratio-grid.ts'
import type { TwoArms } from './two-arms.ts'

/** A bisection step halves the interval; 60 reach the precision of a double from any start in [0, 1]. */
const BISECTIONS = 60
/** Probabilities stay this far from 0 and 1, so that no logarithm is infinite. */
const EDGE = 1e-12

/** Where "so many times the control" would pass certainty, nothing is left to be worse; the guess of the control is lowered to here. */
const TOLERATED_MAX = 0.9

/** The border of the null hypothesis: candidate rate = ratio · control rate + offset. */
export interface Border {
  readonly ratio: number
  readonly offset: number
}

/** A pair of event rates, candidate and control. */
export interface RatePair {
  readonly p1: number
  readonly p0: number
}

/**
 * `TwoProp`: log likelihood ratios of one slice against H₀ "p₁ ≤ ratio·p₀ + offset", one per grid
 * ratio, in nats. `control` is the control's rate as estimated from the past alone; a wrong
 * estimate costs speed, never validity. Growth-optimal at any event rate, which makes it the
 * choice where events are frequent or the control is small. Source: Turner, Ly & Grünwald,
 * JSPI 2024 (arXiv 2106.02693); convex nulls: Turner & Grünwald 2023 (2302.11401).
 */
export function twoProp(slice: TwoArms, border: Border, control: number): readonly number[] {
  const p0 = inside(Math.min(control, (TOLERATED_MAX - border.offset) / border.ratio))
  const tolerated = border.ratio * p0 + border.offset
  return RATIO_GRID.map((times) => {
    const odds = (times * tolerated) / (1 - tolerated)
    return towards(slice, border, { p1: inside(odds / (1 + odds)), p0 })
  })
}

/**
 * The log likelihood ratio of the pair `truth` against its Kullback-Leibler projection on the
 * border. Its expectation is at most one for every pair on the other side of the border, whichever
 * side `truth` is on, because the null is convex; so the same function serves the test and its mirror.
 */
export function towards(slice: TwoArms, border: Border, truth: RatePair): number {
  const { n1, x1, n0, x0 } = slice
  const fair = projection(slice, border, truth)
  return (
    x1 * Math.log(truth.p1 / fair.p1) +
    (n1 - x1) * Math.log((1 - truth.p1) / (1 - fair.p1)) +
    x0 * Math.log(truth.p0 / fair.p0) +
    (n0 - x0) * Math.log((1 - truth.p0) / (1 - fair.p0))
  )
}

/** The pair on the border that is hardest to tell from `truth` with these numbers of requests. */
export function projection(
  { n1, n0 }: Pick<TwoArms, 'n1' | 'n0'>,
  { ratio, offset }: Border,
  truth: RatePair,
): RatePair {
  if (ratio === 1 && offset === 0) {
    const pooled = (n1 * truth.p1 + n0 * truth.p0) / (n1 + n0)
    return { p1: pooled, p0: pooled }
  }
  let low = Math.max(EDGE, (EDGE - offset) / ratio)
  let high = Math.min(1 - EDGE, (1 - EDGE - offset) / ratio)
  for (let step = 0; step < BISECTIONS; step += 1) {
    const u = (low + high) / 2
    const v = ratio * u + offset
    const slope =
      (n1 * ratio * (v - truth.p1)) / (v * (1 - v)) + (n0 * (u - truth.p0)) / (u * (1 - u))
    if (slope > 0) high = u
    else low = u
  }
  const u = (low + high) / 2
  return { p1: ratio * u + offset, p0: u }
}

function inside(probability: number): number {
  return Math.min(1 - EDGE, Math.max(EDGE, probability))
}
