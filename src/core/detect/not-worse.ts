import { likelyRate } from './baseline-rate.ts'
import type { Slice, Surroundings } from './slice-evidence.ts'
import { towards } from './statistics/two-prop.ts'

/** A border beyond this would leave nothing to certify. */
const RATE_CEILING = 0.98

/**
 * One slice's contribution, in nats, to the certificate "the candidate's error rate is not above
 * tolerance · control + margin": the mirror of the failing test, betting that the candidate is as
 * good as the control. Without a certificate a quiet candidate has merely not been measured.
 */
export function certify(slice: Slice, around: Surroundings, margin: number): number {
  const [n1, x1] = [slice.candidate.requests, slice.candidate.errors]
  if (n1 === 0) return 0
  const p0 = likelyRate(around.past.requests, around.past.errors)
  if (around.company === 'alone') {
    const worst = Math.min(RATE_CEILING, around.tolerance * p0 + margin)
    const hoped = Math.min(p0, worst)
    return x1 * Math.log(hoped / worst) + (n1 - x1) * Math.log((1 - hoped) / (1 - worst))
  }
  const [n0, x0] = [slice.control.requests, slice.control.errors]
  const border = { ratio: around.tolerance, offset: margin }
  return towards({ n1, x1, n0, x0 }, border, { p1: p0, p0 })
}
