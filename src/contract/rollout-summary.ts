import { z } from 'zod'
import { Phase } from './rollout-view.ts'
import { At, RolloutId } from './shapes.ts'

/** One row of the list of rollouts. */
export const RolloutSummary = z.object({
  id: RolloutId,
  workload: z.string(),
  release: z.string(),
  phase: Phase,
  startedAt: At,
  endedAt: At.nullable(),
})
export type RolloutSummary = z.output<typeof RolloutSummary>
