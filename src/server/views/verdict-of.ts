import type { Verdict } from '../../core/words/verdict.ts'

/** Larger than any number that statistics give out; JSON has no infinity. */
const AS_GOOD_AS_INFINITE = 1e9

/** A verdict as JSON can carry it: an e-value may be 0 or overflow, and its logarithm infinite. */
export function verdictOf(verdict: Verdict): Verdict {
  const evidence = verdict.evidence.map((one) => ({
    ...one,
    ratio: one.ratio === null || Number.isNaN(one.ratio) ? null : finite(one.ratio),
    logE: finite(one.logE),
    logEToFire: finite(one.logEToFire),
  }))
  return { ...verdict, evidence }
}

function finite(value: number): number {
  if (Number.isNaN(value)) return 0
  return Math.max(-AS_GOOD_AS_INFINITE, Math.min(AS_GOOD_AS_INFINITE, value))
}
