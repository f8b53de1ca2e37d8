import { normalQuantile } from '../normal-quantile.ts'
import { findRoot } from './find-root.ts'

/** As the judge has it: absolute, so that metrics far below it in size are distorted. */
const ROOT_TOLERANCE = 1e-4
const ROOT_STEPS_MAX = 1000

/** By how much the experiment lies above the control: an interval and an estimate, in the metric's unit. */
export interface Shift {
  readonly low: number
  readonly high: number
  readonly estimate: number
}

/**
 * The interval and the Hodges-Lehmann estimate of the shift between two samples, by inverting the
 * Mann-Whitney test with tie and continuity corrections, as spinnaker/kayenta at a69573be does
 * (`MannWhitney.scala`).
 */
export function mannWhitney(
  experiment: readonly number[],
  control: readonly number[],
  confidence: number,
): Shift {
  const least = Math.min(...experiment) - Math.max(...control)
  const most = Math.max(...experiment) - Math.min(...control)
  const z = normalQuantile((1 - confidence) / 2)
  return { low: shiftAt(-z), high: shiftAt(z), estimate: shiftAt(0) }

  function shiftAt(quantile: number): number {
    const f = (shift: number) => wilcoxonDifference(shift, quantile, experiment, control)
    if (f(least) <= 0) return least
    if (f(most) >= 0) return most
    return findRoot(least, most, f, ROOT_TOLERANCE, ROOT_STEPS_MAX)
  }
}

/** How far the rank sum of `x`, moved down by `shift`, lies from its mean, in standard deviations beyond `quantile`. */
export function wilcoxonDifference(
  shift: number,
  quantile: number,
  x: readonly number[],
  y: readonly number[],
): number {
  const [m, n] = [x.length, y.length]
  const { sumOfFirst, ties } = ranks(
    x.map((value) => value - shift),
    y,
  )
  const excess = sumOfFirst - (m * (m + 1)) / 2 - (m * n) / 2
  const correction = 0.5 * Math.sign(excess)
  const all = m + n
  const sigma = Math.sqrt(((m * n) / 12) * (all + 1 - ties / (all * (all - 1))))
  return (excess - correction) / sigma - quantile
}

/** The sum of the first sample's mid-ranks in both together, and Σ(t³ − t) over groups of t equal values. */
function ranks(first: readonly number[], second: readonly number[]) {
  const sorted = first.concat(second).toSorted((a, b) => a - b)
  const rankOf = new Map<number, number>()
  let ties = 0
  for (let from = 0; from < sorted.length; ) {
    let to = from
    while (to < sorted.length && sorted[to] === sorted[from]) to += 1
    rankOf.set(sorted[from] ?? 0, (from + 1 + to) / 2)
    ties += (to - from) ** 3 - (to - from)
    from = to
  }
  const sumOfFirst = first.reduce((sum, value) => sum + (rankOf.get(value) ?? 0), 0)
  return { sumOfFirst, ties }
}
