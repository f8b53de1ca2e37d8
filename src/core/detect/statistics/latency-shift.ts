import { type Histogram, total } from './histogram.ts'

/** By how many buckets the alternatives shift: with a factor of 1.19 per bucket, from 19 % slower to 64 times. */
const SHIFTS: readonly number[] = [1, 2, 4, 8, 16, 24]
/** Which part of the requests is shifted: from one slow endpoint to all of them. */
const PARTS: readonly number[] = [0.01, 0.04, 0.15, 1]
/** How many alternatives `latencyShift` answers for. */
export const SHIFT_ALTERNATIVES = SHIFTS.length * PARTS.length
/** A share of the alternative that stays as it was, so that no ratio is zero. */
const UNCHANGED = 0.02
/** Requests added to each bucket of the control before anything was seen there. */
const PRIOR_PER_BUCKET = 0.1

/**
 * `LatencyShift`: log likelihood ratios of one slice against H₀ "the candidate is stochastically
 * not slower", one per alternative "a part of the requests moved some buckets to the right", in
 * nats. The ratio is made nondecreasing by isotonic regression, which is what makes it valid for
 * the whole one-sided null (Stein-type argument and AM–GM; checked by enumeration in the tests).
 */
export function latencyShift(
  candidate: Histogram,
  control: Histogram,
  past: Histogram,
): readonly number[] {
  const [n1, n0] = [total(candidate), total(control)]
  const q0 = distribution(past, candidate.length)
  return SHIFTS.flatMap((shift) =>
    PARTS.map((part) => {
      const ratio = isotonic(alternativeRatio(q0, shift, part), q0)
      let logL = 0
      for (const [k, rho] of ratio.entries()) {
        const mean = (n1 * rho + n0) / (n1 + n0)
        logL += (candidate[k] ?? 0) * Math.log(rho / mean) - (control[k] ?? 0) * Math.log(mean)
      }
      return logL
    }),
  )
}

function distribution(past: Histogram, buckets: number): readonly number[] {
  const all = total(past) + PRIOR_PER_BUCKET * buckets
  return Array.from({ length: buckets }, (_, k) => ((past[k] ?? 0) + PRIOR_PER_BUCKET) / all)
}

function alternativeRatio(q0: readonly number[], shift: number, part: number): readonly number[] {
  const last = q0.length - 1
  const shifted = q0.map(() => 0)
  for (const [k, mass] of q0.entries()) {
    const to = Math.min(last, k + shift)
    shifted[to] = (shifted[to] ?? 0) + mass
  }
  return q0.map((mass, k) => {
    const mixed = (1 - part) * mass + part * (shifted[k] ?? 0)
    return ((1 - UNCHANGED) * mixed + UNCHANGED * mass) / mass
  })
}

/** Pool-adjacent-violators: the nondecreasing sequence nearest to `values` in weighted squares. */
function isotonic(values: readonly number[], weights: readonly number[]): readonly number[] {
  const pools: { value: number; weight: number; size: number }[] = []
  for (const [k, value] of values.entries()) {
    let pool = { value, weight: weights[k] ?? 0, size: 1 }
    for (let before = pools.at(-1); before !== undefined; before = pools.at(-1)) {
      if (before.value <= pool.value) break
      pools.pop()
      const weight = before.weight + pool.weight
      pool = {
        value: (before.value * before.weight + pool.value * pool.weight) / weight,
        weight,
        size: before.size + pool.size,
      }
    }
    pools.push(pool)
  }
  return pools.flatMap(({ value, size }) => Array.from({ length: size }, () => value))
}
