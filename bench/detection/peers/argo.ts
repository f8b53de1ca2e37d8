import { MINUTE, type Millis } from '../../../src/core/kernel/instant.ts'
import type { DetectorKind } from '../detector.ts'
import type { Look } from '../look.ts'
import { latencyQuantile } from './latency-quantile.ts'
import { failedPercent, type Stretch, Stretches } from './stretches.ts'

/** More consecutive errors (no data, say) than this make the run an error, which stops the rollout. */
const CONSECUTIVE_ERRORS_MAX = 4

type Condition = (candidate: Stretch['candidate']) => boolean | null

/** An AnalysisRun: a condition on the candidate alone, measured once per interval. */
interface Analysis {
  readonly interval: Millis
  /** The run fails on the measurement after so many failures, counted over its whole life. */
  readonly failureLimit: number
  readonly success: Condition
}

/** Argo Rollouts' AnalysisRun (argoproj/argo-rollouts at 9f8d111d), as its documentation sets it and as a careful team would. */
export const ARGO: readonly DetectorKind[] = [
  {
    name: 'Argo, 5 min, ≥ 95 %',
    says: 'the documented example: success of 95 % each five minutes, failureLimit 3',
    role: 'peer',
    watches: 'errors',
    open: () => run({ interval: 5 * MINUTE, failureLimit: 3, success: succeeds(95) }),
  },
  {
    name: 'Argo, 1 min, ≥ 99 %',
    says: 'success of 99 % each minute, failureLimit 2',
    role: 'peer',
    watches: 'errors',
    open: () => run({ interval: MINUTE, failureLimit: 2, success: succeeds(99) }),
  },
  {
    name: 'Argo, p99 ≤ 500 ms',
    says: 'p99 of at most 500 ms each minute, failureLimit 2',
    role: 'peer',
    watches: 'latency',
    open: () => run({ interval: MINUTE, failureLimit: 2, success: isFast }),
  },
]

/** A condition on the share of requests that succeed; null without requests. */
export function succeeds(percent: number): Condition {
  return (candidate) =>
    candidate.requests === 0 ? null : 100 - failedPercent(candidate) >= percent
}

/** A condition on the 99th percentile, as examples have it; null without requests. */
export function isFast({ latency, requests }: Stretch['candidate']): boolean | null {
  return requests === 0 ? null : latencyQuantile(latency, 0.99) <= 500
}

function run({ interval, failureLimit, success }: Analysis) {
  const stretches = new Stretches(interval)
  let failed = 0
  let errors = 0
  return {
    look(look: Look): boolean {
      const stretch = stretches.take(look)
      if (stretch === null) return false
      const ok = success(stretch.candidate)
      errors = ok === null ? errors + 1 : 0
      if (ok === false) failed += 1
      return failed > failureLimit || errors > CONSECUTIVE_ERRORS_MAX
    },
  }
}
