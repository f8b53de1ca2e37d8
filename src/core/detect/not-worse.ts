import { likelyRate } from './baseline-rate.ts'
import type { Slice } from './slice.ts'
import { towards } from './statistics/two-prop.ts'

/** A pass rules out a candidate that fails four requests in a hundred more than the control: it takes about 95 clean requests. */
const MARGIN = 0.04
/** A smaller minimum exposure than this cannot rule that out; the margin grows instead. */
const MARGIN_EXPOSURE = 50
/** Even an author who asks for no exposure at all gets no pass for a candidate that fails every other request. */
const MARGIN_MAX = 0.5
/** A candidate worse by the margin gets the certificate, even for a moment, at most once in fifty groups. */
export const LOG_CERTIFIED = Math.log(50)

/** How much worse, as a share of the requests, a pass rules out in a group of this minimum exposure. */
export function marginOf(minExposure: number): number {
  const exposure = Math.min(MARGIN_EXPOSURE, Math.max(1, minExposure))
  return Math.min(MARGIN_MAX, (MARGIN * MARGIN_EXPOSURE) / exposure)
}

/** A border beyond this would leave nothing to certify. */
const RATE_CEILING = 0.98

/**
 * One slice's contribution, in nats, to the certificate "the candidate's error rate is not above
 * tolerance · control + allow + margin": the mirror of the failing test, betting that the candidate is as
 * good as the control. Without a certificate a quiet candidate has merely not been measured.
 */
export function certify(slice: Slice): number {
  const { candidate, control, past, company, tolerance, allow } = slice
  const [n1, x1] = [candidate.requests, candidate.errors]
  const p0 = likelyRate(past.requests, past.errors)
  const offset = allow + slice.margin
  // Where a difference is allowed, the candidate is expected to use about half of it.
  const expected = p0 + allow / 2
  if (company === 'alone') {
    const worst = Math.min(RATE_CEILING, tolerance * p0 + offset)
    const hoped = Math.min(expected, worst)
    return x1 * Math.log(hoped / worst) + (n1 - x1) * Math.log((1 - hoped) / (1 - worst))
  }
  const [n0, x0] = [control.requests, control.errors]
  const border = { ratio: tolerance, offset }
  return towards({ n1, x1, n0, x0 }, border, { p1: Math.min(RATE_CEILING, expected), p0 })
}
