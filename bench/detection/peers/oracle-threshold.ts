import { MINUTE } from '../../../src/core/kernel/instant.ts'
import type { DetectorKind } from '../detector.ts'
import { BAKE_MS, type World } from '../world.ts'
import { logGamma } from './log-gamma.ts'
import { Stretches } from './stretches.ts'

const ALPHA = 0.01
const LOOKS = BAKE_MS / MINUTE

/** The best threshold per minute there is for one who knows the healthy rate: the lowest that a healthy candidate crosses in at most 1 % of bakes. */
export const ORACLE_THRESHOLD: DetectorKind = {
  name: 'oracle threshold',
  says: 'failed requests per minute, at the lowest threshold with 1 % false alarms for the true healthy rate',
  role: 'oracle',
  watches: 'errors',
  open: ({ world }) => {
    const stretches = new Stretches()
    const threshold = lowestThreshold(healthyErrorsPerMinute(world))
    return {
      look: (look) => (stretches.take(look)?.candidate.errors ?? 0) >= threshold,
    }
  },
}

function healthyErrorsPerMinute({ perSecond, endpoints, mix }: World): number {
  const rate = endpoints.reduce(
    (sum, { errors }, k) => sum + errors * (mix('candidate', 0)[k] ?? 0),
    0,
  )
  return perSecond.candidate * 60 * rate
}

/** The smallest c with P(a Poisson number reaches c in any of the looks) ≤ α. */
export function lowestThreshold(mean: number): number {
  let below = Math.exp(-mean)
  let c = 1
  while (1 - below ** LOOKS > ALPHA) {
    below += Math.exp(c * Math.log(mean) - mean - logGamma(c + 1))
    c += 1
  }
  return c
}
