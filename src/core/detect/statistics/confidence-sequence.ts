import { above, type Histogram, total } from './histogram.ts'
import { logBeta } from './log-gamma.ts'
import type { TwoArms } from './two-arms.ts'

/** Halving the stretch this often leaves a millionth of it: more digits than anybody reads. */
const BISECTIONS = 20
/** Probabilities are sought between these; what lies beyond is said as "none" or "all". */
const LOGIT_MAX = 30
/** The mixture's prior, Beta(½, ½). */
const PRIOR = 0.5
const LOG_PRIOR = logBeta(PRIOR, PRIOR)

/** Lower and upper end; `high` is null where nothing bounds it yet. */
export interface Interval {
  readonly low: number
  readonly high: number | null
}

/**
 * Confidence sequence for a probability after `x` of `n`: with a chance of 1 − alpha it holds the truth
 * at every look, however many there are. The probabilities whose Beta(½, ½) mixture against
 * them has not reached 1/alpha. Source: Robbins 1970; Howard, Ramdas, McAuliffe & Sekhon 2021.
 */
export function probabilityInterval(
  x: number,
  n: number,
  alpha: number,
): Interval & { high: number } {
  const y = n - x
  const mixed = logBeta(PRIOR + x, PRIOR + y) - LOG_PRIOR
  const limit = Math.log(1 / alpha)
  const isIn = (logit: number) => {
    // ln p and ln(1−p), without losing either near an end.
    const logP = -Math.log1p(Math.exp(-logit))
    return mixed - x * logP - y * (logP - logit) < limit
  }
  const best = x === 0 ? -LOGIT_MAX : y === 0 ? LOGIT_MAX : Math.log(x / y)
  return {
    low: x === 0 ? 0 : inverse(border(isIn, best, -LOGIT_MAX)),
    high: y === 0 ? 1 : inverse(border(isIn, best, LOGIT_MAX)),
  }
}

/** ln of the Beta(½, ½) mixture over probabilities against the probability `p`, after `x` of `n`. */
export function logBernoulliMixture(x: number, n: number, p: number): number {
  return logBeta(PRIOR + x, PRIOR + n - x) - LOG_PRIOR - x * Math.log(p) - (n - x) * Math.log1p(-p)
}

/** The last place inside on the way from `inside` to `end`. */
function border(isIn: (at: number) => boolean, inside: number, end: number): number {
  let [good, bad] = [inside, end]
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (good + bad) / 2
    if (isIn(middle)) good = middle
    else bad = middle
  }
  return bad
}

function inverse(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}

/**
 * Confidence sequence for how many times as often events happen in arm 1 as in arm 0, while both
 * run beside each other with a constant share: an event belongs to arm 1 with a probability that
 * depends on the ratio alone, so a shared outage cancels. Null before the first event.
 */
export function ratioInterval({ n1, x1, n0, x0 }: TwoArms, alpha: number): Interval | null {
  if (n1 <= 0 || n0 <= 0 || x1 + x0 === 0) return null
  const { low, high } = probabilityInterval(x1, x1 + x0, alpha)
  const perOdds = n0 / n1
  return {
    low: (perOdds * low) / (1 - low),
    high: high >= 1 ? null : (perOdds * high) / (1 - high),
  }
}

/** The same for arms that ran one after the other: each rate has its own sequence, at half of alpha. */
export function separateRatioInterval({ n1, x1, n0, x0 }: TwoArms, alpha: number): Interval | null {
  if (n1 <= 0 || n0 <= 0) return null
  const one = probabilityInterval(x1, n1, alpha / 2)
  const other = probabilityInterval(x0, n0, alpha / 2)
  return { low: one.low / other.high, high: other.low > 0 ? one.high / other.low : null }
}

/**
 * Confidence sequence for a quantile, as a pair of upper bucket edges (the lower one is 0 in the first
 * bucket, the upper one null beyond the last edge). A value is in while "so much lies below it" is
 * not refuted. Source: Howard & Ramdas, Bernoulli 2022, for a fixed quantile.
 */
export function quantileInterval(
  histogram: Histogram,
  edges: readonly number[],
  quantile: number,
  alpha: number,
): Interval {
  const n = total(histogram)
  const limit = Math.log(1 / alpha) + LOG_PRIOR
  const [logBelow, logAbove] = [Math.log(quantile), Math.log(1 - quantile)]
  const isRefuted = (below: number) =>
    logBeta(PRIOR + below, PRIOR + n - below) - below * logBelow - (n - below) * logAbove >= limit
  let low = 0
  let high: number | null = null
  let below = 0
  for (const [k, edge] of edges.entries()) {
    below += histogram[k] ?? 0
    if (below < quantile * n) {
      if (isRefuted(below)) low = edge
    } else if (isRefuted(below)) {
      high = edge
      break
    }
  }
  return { low, high }
}

/** How many times as long arm 1 takes at a quantile; each arm has its own sequence, at half of alpha. */
export function slowdownInterval(
  arms: { readonly candidate: Histogram; readonly control: Histogram },
  edges: readonly number[],
  quantile: number,
  alpha: number,
): Interval | null {
  if (total(arms.candidate) === 0 || total(arms.control) === 0) return null
  const one = quantileInterval(arms.candidate, edges, quantile, alpha / 2)
  const other = quantileInterval(arms.control, edges, quantile, alpha / 2)
  const low = other.high === null ? 0 : one.low / other.high
  const high = one.high === null || other.low === 0 ? null : one.high / other.low
  return { low, high }
}

/** The quantile of a histogram, as the middle of its bucket; null when it lies beyond the last edge. */
export function quantileOf(
  histogram: Histogram,
  edges: readonly number[],
  quantile: number,
): number | null {
  const allowed = (1 - quantile) * total(histogram)
  const bucket = edges.findIndex((_, k) => above(histogram, k) <= allowed)
  if (bucket < 0) return null
  return ((edges[bucket - 1] ?? 0) + (edges[bucket] ?? 0)) / 2
}
