import type { WorkloadView } from '../../contract/workload-view.ts'
import type { Workload } from '../../core/rollout/workload.ts'

/** A workload as people see it: its last known good state by name and digest, not in full. */
export function workloadViewOf(name: string, workload: Workload): WorkloadView {
  const { active, lastKnownGood, quarantined } = workload
  return {
    name,
    active: active === null ? null : { rollout: active.rollout, release: active.release },
    lastKnownGood:
      lastKnownGood === null
        ? null
        : {
            release: lastKnownGood.release,
            rollout: lastKnownGood.rollout,
            serving: lastKnownGood.serving,
            digest: lastKnownGood.digest,
            evidence: lastKnownGood.evidence,
            at: lastKnownGood.at,
          },
    quarantined: Object.entries(quarantined).map(([release, { rollout, because }]) => ({
      release,
      rollout,
      because,
    })),
  }
}
