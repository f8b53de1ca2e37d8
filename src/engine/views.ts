import type { Course } from '../core/course/course.ts'
import { summaryOf } from '../core/course/summary.ts'
import type { View } from '../ports/event-store.ts'

/** The row of a rollout in the list of rollouts; ids sort by the time of the start, then by name. */
export function rolloutView(state: Course): View | null {
  const { rollout } = state
  if (rollout === null) return null
  const id = `${String(rollout.at).padStart(15, '0')}/${rollout.id}`
  return { kind: 'rollout', id, summary: summaryOf(state) }
}
