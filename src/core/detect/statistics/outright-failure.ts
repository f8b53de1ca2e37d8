import type { TwoArms } from './two-arms.ts'
import { towards } from './two-prop.ts'

/** Nobody calls it warming up, or a slow host, when five requests in a hundred more fail. */
const MARGIN = 0.05
/** What an outright failure looks like: a part of the requests, or nearly all. */
const RATES: readonly number[] = [0.3, 0.99]

/** How many alternatives `outrightFailure` answers for. */
export const OUTRIGHT_ALTERNATIVES = RATES.length

/**
 * Log likelihood ratios of one slice against H₀ "the candidate fails at most five requests in a
 * hundred more than the control, and `allow` on top" (at most a fifth of the requests), in nats: `TwoProp` with an absolute tolerance. It pays no price for the
 * many ways of being slightly worse, so that a broken release is stopped after about three failed
 * requests, even while a cold start is being forgiven.
 */
export function outrightFailure(slice: TwoArms, control: number, allow = 0): readonly number[] {
  const offset = MARGIN + allow
  // An alternative must lie beyond the border, or the test would reward what it is to find.
  return RATES.map((p1) => {
    const p0 = Math.min(control, p1 / 2, (p1 - offset) / 2)
    return towards(slice, { ratio: 1, offset }, { p1, p0 })
  })
}
