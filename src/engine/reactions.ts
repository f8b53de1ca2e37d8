import type { Incident, IncidentCommand } from '../core/communicate/incident.ts'
import { messagesOwed } from '../core/communicate/messages.ts'
import type { Course } from '../core/course/course.ts'
import { phaseOf } from '../core/course/summary.ts'
import type { Instant } from '../core/kernel/instant.ts'
import type { Postmortem, PostmortemCommand } from '../core/learn/postmortem.ts'
import { isOver } from '../core/rollout/rollout.ts'

/** A command to another stream that follows from the state of a rollout. Repeating it changes nothing. */
export type Reaction =
  | { readonly to: 'incident'; readonly command: IncidentCommand }
  | { readonly to: 'postmortem'; readonly command: PostmortemCommand }

export interface ReactingTo {
  readonly course: Course
  readonly incident: Incident | null
  readonly postmortem: Postmortem | null
}

/**
 * What a rollout's state means for its incident and its postmortem. Derived from the state and
 * not from a queue of events, so nothing is lost when the process dies between the two.
 */
export function reactionsTo(state: ReactingTo, now: Instant): readonly Reaction[] {
  const { course, incident, postmortem } = state
  const { rollout } = course
  const because = whatFailed(course)
  if (rollout === null || because === null) return []
  const { id, workload, strategy } = rollout
  if (incident === null) {
    const { audiences } = strategy.communication
    const command = {
      type: 'open',
      rollout: id,
      workload,
      because,
      audiences,
      now,
    } as const
    return [{ to: 'incident', command }]
  }
  if (postmortem === null) {
    return [{ to: 'postmortem', command: { type: 'open', rollout: id, workload, now } }]
  }
  const reactions: Reaction[] = []
  const messages = messagesOwed(course, incident, strategy, now)
  if (messages.length > 0)
    reactions.push({ to: 'incident', command: { type: 'write', messages, now } })
  if (incident.resolvedAt === null && isOver(rollout) && 'because' in rollout.stage) {
    const command = {
      type: 'resolve',
      outcome: phaseOf(course),
      because: rollout.stage.because,
      now,
    } as const
    reactions.push({ to: 'incident', command })
  }
  return reactions
}

/**
 * Why a rollout counts as failed; null while it does not. One that ended before it changed
 * anything has failed too: a failed deployment is written up without exception.
 */
function whatFailed({ rollout, failing }: Course): string | null {
  if (failing !== null) return failing.because
  if (rollout?.stage.at !== 'ended' || rollout.stage.outcome !== 'not-mitigated') return null
  return rollout.stage.because
}
