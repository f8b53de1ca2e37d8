import type { Course } from '../course/course.ts'
import { phaseOf } from '../course/summary.ts'
import type { Response } from '../mitigate/response.ts'

/** Enough of a decision's hash to tell it from the others of the same rollout. */
const HASH_SHOWN = 8

/**
 * Where a failure stands, as people speak of it. `isOver` is true when users are not being hurt
 * any more, or nobody is going to do anything about it: then whoever heard the start hears the end.
 */
export interface Situation {
  readonly name:
    | 'held'
    | 'asking'
    | 'mitigating'
    | 'resumed'
    | 'paused'
    | 'bypassed'
    | 'completed'
    | 'mitigated'
    | 'not-mitigated'
    | 'superseded'
  /** Equal keys are the same situation; a message with this key has told of it. */
  readonly key: string
  readonly isOver: boolean
}

/** The situation of a rollout that has failed; null for one that nobody has started. */
export function situationOf(course: Course): Situation | null {
  const { rollout, response } = course
  const phase = phaseOf(course)
  switch (phase) {
    case 'unknown':
      return null
    case 'completed':
    case 'mitigated':
    case 'not-mitigated':
    case 'superseded':
      return { name: phase, key: phase, isOver: true }
    case 'asking':
    case 'mitigating':
    case 'held':
      return { name: phase, key: `${phase}/${decisionKey(course)}`, isOver: false }
    case 'bypassed':
      return bypassed(response)
    case 'preparing':
    case 'waiting':
    case 'opening':
    case 'baking':
    case 'paused': {
      if (response?.stage.at === 'in-effect') return bypassed(response)
      if (phase === 'paused')
        return { name: 'paused', key: `paused/${rollout?.paused?.at ?? 0}`, isOver: false }
      return { name: 'resumed', key: 'resumed', isOver: false }
    }
  }
}

/** Names the decision that waits or acts; a rollout that is resumed and fails again decides anew. */
export function decisionKey({ rollout, response }: Course): string {
  const hash = response?.decision.hash.slice(0, HASH_SHOWN) ?? 'none'
  return `${rollout?.openings ?? 0}-${hash}`
}

function bypassed(response: Response | null): Situation {
  const since = response?.stage.at === 'in-effect' ? response.stage.since : 0
  return { name: 'bypassed', key: `bypassed/${since}`, isOver: true }
}
