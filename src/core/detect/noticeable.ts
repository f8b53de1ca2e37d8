import { guardedRate } from './baseline-rate.ts'
import { ALONE_ETA, NOISE_SIGMAS } from './error-evidence.ts'
import { detectableRate, detectableRatio } from './statistics/detectable.ts'

/** With this many times the candidate's requests the control is judged by the test that weighs hosts instead of forgiving them. */
const AMPLE = 3

/** How much was seen, or will be, of both arms, and what would be forgiven. */
export interface ErrorLook {
  readonly candidate: number
  readonly control: number
  /** The control's error rate. */
  readonly rate: number
  /** Whether the two run beside each other; otherwise the control is the one of before. */
  readonly isBeside: boolean
  readonly tolerance: number
  /** As a share of the requests. */
  readonly allow: number
  /** How much healthy hosts differ, as a standard deviation of the logarithm. */
  readonly hosts: number
  readonly logEToFire: number
}

/** From how many times the control's errors on the candidate would be noticed in about every second case; null: from none. */
export function noticeableRatio(look: ErrorLook): number | null {
  const { candidate, control, rate, tolerance, allow, hosts, logEToFire } = look
  if (candidate <= 0) return null
  if (!look.isBeside) {
    const known = guardedRate(control, control * rate, tolerance, allow)
    const found = detectableRate(candidate, known, ALONE_ETA, logEToFire)
    return found === null ? null : found / rate
  }
  const isWeighed = control >= AMPLE * candidate && allow === 0
  const forgiven = tolerance * (isWeighed ? 1 : Math.exp(NOISE_SIGMAS * hosts))
  return detectableRatio({
    candidate,
    control,
    rate,
    tolerated: forgiven + allow / rate,
    hosts: isWeighed ? hosts : 0,
    logEToFire,
  })
}
