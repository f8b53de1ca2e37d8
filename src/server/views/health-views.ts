import type { HealthView } from '../../contract/rollout-view.ts'
import type { Rollout } from '../../core/rollout/state.ts'

/** Components and flows as they were last told to be; the groups have their own place. */
export function healthViews({ health }: Rollout): readonly HealthView[] {
  return Object.values(health.entities).filter(({ kind }) => kind !== 'group')
}
