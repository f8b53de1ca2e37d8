import { likelyRate } from './baseline-rate.ts'
import type { Slice } from './slice.ts'
import { towards } from './statistics/two-prop.ts'

/** A border beyond this would leave nothing to certify. */
const RATE_CEILING = 0.98

/**
 * One slice's contribution, in nats, to the certificate "the candidate's error rate is not above
 * tolerance · control + margin": the mirror of the failing test, betting that the candidate is as
 * good as the control. Without a certificate a quiet candidate has merely not been measured.
 */
export function certify({ candidate, control, past, company, tolerance, margin }: Slice): number {
  const [n1, x1] = [candidate.requests, candidate.errors]
  const p0 = likelyRate(past.requests, past.errors)
  if (company === 'alone') {
    const worst = Math.min(RATE_CEILING, tolerance * p0 + margin)
    const hoped = Math.min(p0, worst)
    return x1 * Math.log(hoped / worst) + (n1 - x1) * Math.log((1 - hoped) / (1 - worst))
  }
  const [n0, x0] = [control.requests, control.errors]
  return towards({ n1, x1, n0, x0 }, { ratio: tolerance, offset: margin }, { p1: p0, p0 })
}
