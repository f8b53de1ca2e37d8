/** The control's rate before anything is known of it, worth `PRIOR_STRENGTH` requests: a usual service fails one request in 200. */
const PRIOR_RATE = 0.005
const PRIOR_STRENGTH = 20
/** Before and after differ by more than chance; twice the odds is still taken for the same. */
const DRIFT_GUARD = 2
/** Without a baseline, a candidate may fail one request in a hundred; more than that is a failure anywhere. */
const UNKNOWN_BUDGET = 0.01
/** Below one failure in a thousand, "more often than before" is too often chance or another cause. */
const RATE_FLOOR = 0.001
const RATE_CEILING = 0.98

/** The best guess of the control's rate, never 0 or 1. Used where a wrong guess costs speed alone. */
export function likelyRate(n: number, x: number): number {
  return (x + PRIOR_RATE * PRIOR_STRENGTH) / (n + PRIOR_STRENGTH)
}

/**
 * The rate that a candidate may have when no control runs beside it: `tolerance` times what the
 * control's `x` events in `n` requests allow at about three standard errors, with twice the odds
 * against drift. A short baseline cannot excuse a bad candidate: then the bound is 1 %, or twice
 * what was seen. `allow` comes on top.
 */
export function guardedRate(n: number, x: number, tolerance: number, allow = 0): number {
  const seen = n > 0 ? x / n : 0
  const bound = n > 0 ? Math.min(1, (x + 3 * Math.sqrt(x + 1) + 3) / n) : 1
  const allowed = Math.min(drift(bound), Math.max(UNKNOWN_BUDGET, drift(seen)))
  return Math.min(RATE_CEILING, Math.max(RATE_FLOOR, allowed * tolerance + allow))
}

function drift(rate: number): number {
  return (DRIFT_GUARD * rate) / (1 - rate + DRIFT_GUARD * rate)
}
