import {
  above,
  type Histogram,
  plus,
  total,
} from '../../../src/core/detect/statistics/histogram.ts'
import type { DetectorKind } from '../detector.ts'
import type { Look } from '../look.ts'

/** α = 1 %, half of it for each arm's band. */
const ALPHA_PER_ARM = 0.005

/**
 * Two time-uniform bands around the distribution functions (Howard and Ramdas, Bernoulli 2022),
 * stopped when the candidate's lies wholly beyond the control's somewhere: the way of sequential
 * quantile testing at scale (KDD 2022). The band's constant is representative.
 */
export const DKW_BANDS: DetectorKind = {
  name: 'DKW bands',
  says: 'time-uniform bands around both distributions of latency, α = 1 %',
  role: 'peer',
  watches: 'latency',
  open: () => {
    let candidate: Histogram = []
    let control: Histogram = []
    return {
      look({ fresh }: Look): boolean {
        candidate = plus(candidate, fresh.candidate.latency)
        control = plus(control, plus(fresh.baseline.latency, fresh.fleet.latency))
        const [n1, n0] = [total(candidate), total(control)]
        if (n1 === 0 || n0 === 0) return false
        const apart = dkwRadius(n1, ALPHA_PER_ARM) + dkwRadius(n0, ALPHA_PER_ARM)
        return candidate.some((_, k) => above(candidate, k) / n1 - above(control, k) / n0 > apart)
      },
    }
  },
}

/** The radius of the band around a distribution function after n observations, for all n at once. */
export function dkwRadius(n: number, alpha: number): number {
  const constant = 0.8 * Math.log(1612 / alpha)
  return 0.85 * Math.sqrt((Math.log(1 + Math.log(n)) + constant) / n)
}
