import type { Course } from './course.ts'

/**
 * The name under which users are watched while a bypass holds the rollout: they are on the
 * candidate all that time. Null when no bypass is in effect, or when the rollout goes on with it
 * and its group is watched anyway.
 */
export function bypassWatch({ rollout, response }: Course): string | null {
  if (rollout?.stage.at !== 'halted' || response?.stage.at !== 'in-effect') return null
  return `bypass/${rollout.openings}.${response.decision.number}`
}
