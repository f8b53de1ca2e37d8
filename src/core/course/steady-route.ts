import { routeTo } from '../rollout/group-plan.ts'
import type { Route } from '../step/step.ts'
import { BUCKETS } from '../words/exposure-share.ts'
import type { Course } from './course.ts'

/**
 * Where the traffic belongs when a rollout is over: all of it on the release that completed, or all
 * of it back on the old stack. Null where it was left as it stood: then nobody but a person knows.
 */
export function steadyRoute({ rollout }: Course): Route | null {
  if (rollout === null) return null
  const { stage } = rollout
  if (stage.at === 'completed') return asRoute(rollout, BUCKETS)
  const isBack = stage.at === 'ended' && stage.outcome === 'mitigated'
  return isBack ? asRoute(rollout, 0) : null
}

function asRoute(rollout: Parameters<typeof routeTo>[0], buckets: number): Route | null {
  const action = routeTo(rollout, buckets, [])
  return action.kind === 'route' ? action.route : null
}
