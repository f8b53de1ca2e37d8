import { type Histogram, total } from './histogram.ts'

/** By how many buckets the alternatives shift: with a factor of 1.19 per bucket, from 19 % slower to 64 times. */
const SHIFTS: readonly number[] = [1, 2, 4, 8, 16, 24]
/** Which part of the requests is shifted: from one slow endpoint to all of them. */
const PARTS: readonly number[] = [0.01, 0.04, 0.15, 0.4, 1]
/** How many alternatives `latencyShift` answers for. */
export const SHIFT_ALTERNATIVES = SHIFTS.length * PARTS.length
/** A share of the alternative that stays as it was, so that no ratio is zero. */
const UNCHANGED = 0.02
/** Requests added to each bucket of the control before anything was seen there. */
const PRIOR_PER_BUCKET = 0.1

/** The likelihood ratios of every alternative per bucket, and their logarithms. */
interface Ratios {
  readonly rho: Float64Array
  readonly logRho: Float64Array
}

/** They depend on the control's past alone, which callers keep for many slices. */
const prepared = new WeakMap<Histogram, readonly Ratios[]>()

/**
 * `LatencyShift`: log likelihood ratios of one slice against H₀ "the candidate is stochastically
 * not slower", one per alternative "a part of the requests moved some buckets to the right", in
 * nats. The ratio is made nondecreasing by isotonic regression, which is what makes it valid for
 * the whole one-sided null (Stein-type argument and AM–GM; checked by enumeration in the tests).
 * `past` is what is known of the control from before the slice; the same object again costs least.
 */
export function latencyShift(
  candidate: Histogram,
  control: Histogram,
  past: Histogram,
): readonly number[] {
  const [n1, n0] = [total(candidate), total(control)]
  const share = n1 / (n1 + n0)
  const rest = 1 - share
  return ratiosFor(past, candidate.length).map(({ rho, logRho }) => {
    let logL = 0
    for (let k = 0; k < candidate.length; k += 1) {
      const h1 = candidate[k] ?? 0
      const both = h1 + (control[k] ?? 0)
      if (both > 0) logL += h1 * (logRho[k] ?? 0) - both * Math.log(rest + share * (rho[k] ?? 1))
    }
    return logL
  })
}

function ratiosFor(past: Histogram, buckets: number): readonly Ratios[] {
  const known = prepared.get(past)
  if (known?.[0]?.rho.length === buckets) return known
  const q0 = distribution(past, buckets)
  const ratios = SHIFTS.flatMap((shift) =>
    PARTS.map((part) => {
      const rho = alternativeRatio(q0, shift, part)
      makeMonotone(rho, q0)
      return { rho, logRho: rho.map(Math.log) }
    }),
  )
  prepared.set(past, ratios)
  return ratios
}

function distribution(past: Histogram, buckets: number): readonly number[] {
  const all = total(past) + PRIOR_PER_BUCKET * buckets
  return Array.from({ length: buckets }, (_, k) => ((past[k] ?? 0) + PRIOR_PER_BUCKET) / all)
}

/** q₁/q₀ per bucket, where q₁ has `part` of q₀ moved `shift` buckets up and the last bucket takes what falls off. */
function alternativeRatio(q0: readonly number[], shift: number, part: number): Float64Array {
  const ratio = new Float64Array(q0.length)
  const last = q0.length - 1
  let overflow = 0
  for (let k = Math.max(0, q0.length - shift); k <= last; k += 1) overflow += q0[k] ?? 0
  for (let k = 0; k <= last; k += 1) {
    const mass = q0[k] ?? 1
    const moved = (k >= shift ? (q0[k - shift] ?? 0) : 0) + (k === last ? overflow : 0)
    ratio[k] = 1 + (1 - UNCHANGED) * part * (moved / mass - 1)
  }
  return ratio
}

/** Pool-adjacent-violators, in place: the nondecreasing sequence nearest to `values` in weighted squares. */
function makeMonotone(values: Float64Array, weights: readonly number[]): void {
  const ends = new Int32Array(values.length)
  const mass = new Float64Array(values.length)
  let pools = 0
  for (let k = 0; k < values.length; k += 1) {
    let value = values[k] ?? 0
    let weight = weights[k] ?? 0
    while (pools > 0 && (values[pools - 1] ?? 0) > value) {
      pools -= 1
      const more = mass[pools] ?? 0
      value = (value * weight + (values[pools] ?? 0) * more) / (weight + more)
      weight += more
    }
    values[pools] = value
    mass[pools] = weight
    ends[pools] = k
    pools += 1
  }
  // The pools' values lie at the front; spread them from the back, where nothing is overwritten too early.
  for (let pool = pools - 1, k = values.length - 1; pool >= 0; pool -= 1) {
    const from = pool === 0 ? 0 : (ends[pool - 1] ?? 0) + 1
    for (; k >= from; k -= 1) values[k] = values[pool] ?? 0
  }
}
