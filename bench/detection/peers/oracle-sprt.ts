import { rateRatio } from '../../../src/core/detect/statistics/rate-ratio.ts'
import type { DetectorKind } from '../detector.ts'
import type { World } from '../world.ts'

const LOG_FIRE = Math.log(100)

/**
 * The best sequential test there is for a known ratio of error rates (Wald 1947), given that ratio
 * and the moment it began. It is what "delay over the limit" could be at best: the limit itself
 * knows neither looks nor overshoot.
 */
export const ORACLE_SPRT: DetectorKind = {
  name: 'oracle SPRT',
  says: 'the sequential probability ratio test that knows the true ratio and its onset, α = 1 %',
  role: 'oracle',
  watches: 'errors',
  open: ({ world }) => {
    const ratio = trueRatio(world)
    const from = world.fault?.fromSeconds ?? 0
    let logE = 0
    return {
      look({ fresh, seconds }) {
        if (seconds <= from) return false
        const { candidate, baseline, fleet } = fresh
        const [logL = 0] = rateRatio(
          {
            n1: candidate.requests,
            x1: candidate.errors,
            n0: baseline.requests + fleet.requests,
            x0: baseline.errors + fleet.errors,
          },
          1,
          1,
          [ratio],
        )
        logE += logL
        return logE >= LOG_FIRE
      },
    }
  },
}

/** In a healthy world it looks for the smallest ratio that any failing world has. */
const SMALLEST_RATIO = 1.5

function trueRatio({ fault, endpoints }: World): number {
  const healthy = endpoints[0]?.errors ?? 0
  return fault?.errors === undefined ? SMALLEST_RATIO : fault.errors / healthy
}
