import { z } from 'zod'
import { At } from './shapes.ts'

/** What is known of a workload from one rollout to the next. */
export const WorkloadView = z.object({
  name: z.string(),
  /** The rollout that holds the workload; there is at most one. */
  active: z.object({ rollout: z.string(), release: z.string() }).nullable(),
  /** The state that "back" means, sealed after a healthy rollout. */
  lastKnownGood: z
    .object({
      release: z.string(),
      rollout: z.string(),
      serving: z.string(),
      digest: z.string(),
      evidence: z.string(),
      at: At,
    })
    .nullable(),
  /** Releases that may not be exposed again until somebody lifts it. */
  quarantined: z.array(z.object({ release: z.string(), rollout: z.string(), because: z.string() })),
})
export type WorkloadView = z.output<typeof WorkloadView>
