import type { DetectorKind } from '../detector.ts'
import type { Look } from '../look.ts'
import { isFast, succeeds } from './argo.ts'
import { type Stretch, Stretches } from './stretches.ts'

/** Failed checks at which the next tick rolls back; the documentation says five to ten. */
const THRESHOLD = 5

/** Flagger's analysis (fluxcd/flagger at 15bd6ad5) with its built-in metrics, a check per minute. Failed checks are never forgiven. */
export const FLAGGER: readonly DetectorKind[] = [
  {
    name: 'Flagger, ≥ 99 %',
    says: 'request-success-rate of 99 % each minute, threshold 5',
    role: 'peer',
    watches: 'errors',
    open: () => canary(succeeds(99)),
  },
  {
    name: 'Flagger, p99 ≤ 500 ms',
    says: 'request-duration of at most 500 ms each minute, threshold 5',
    role: 'peer',
    watches: 'latency',
    open: () => canary(isFast),
  },
]

function canary(passes: (candidate: Stretch['candidate']) => boolean | null) {
  const stretches = new Stretches()
  let failedChecks = 0
  return {
    look(look: Look): boolean {
      const stretch = stretches.take(look)
      if (stretch === null) return false
      if (failedChecks >= THRESHOLD) return true
      // No data is a failed check, as a failed one is.
      if (passes(stretch.candidate) !== true) failedChecks += 1
      return false
    },
  }
}
