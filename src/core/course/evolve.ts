import { type ResponseEvent, responseEvents } from '../mitigate/events.ts'
import { evolveResponse } from '../mitigate/response.ts'
import type { RolloutEvent } from '../rollout/events.ts'
import { evolveRollout, withRoute } from '../rollout/evolve.ts'
import type { RolloutState } from '../rollout/state.ts'
import { currentStep, type StepEvent, stepEvents } from '../step/plan.ts'
import type { Course, CourseEvent } from './course.ts'

/** Folds one fact into the course: it belongs to the exposure, to the answer to its failure, or to both. */
export function evolveCourse(state: Course, event: CourseEvent): Course {
  if (isStepEvent(event)) {
    return state.rollout?.stage.at === 'halted'
      ? mitigationStep(state, event)
      : { ...state, rollout: evolveRollout(state.rollout, event) }
  }
  if (isResponseEvent(event)) {
    const response = evolveResponse(state.response, event)
    const isTakingBack = event.type === 'mitigation.began' && event.data.choose !== 'bypass'
    return { ...state, rollout: isTakingBack ? takenBack(state.rollout) : state.rollout, response }
  }
  const rollout = evolveRollout(state.rollout, event)
  if (event.type === 'rollout.halted') return { ...state, rollout, failing: event.data.failing }
  // A bypass stays in effect while the rollout goes on; any other answer is taken back.
  const isLeft = event.type === 'rollout.resumed' && state.response?.stage.at !== 'in-effect'
  return { ...state, rollout, response: isLeft ? null : state.response }
}

/** From here on nobody knows what the candidate still has: whoever resumes opens its group anew. */
function takenBack(rollout: RolloutState): RolloutState {
  if (rollout?.stage.at !== 'halted') return rollout
  return { ...rollout, stage: { ...rollout.stage, exposed: false } }
}

function mitigationStep(state: Course, event: StepEvent): Course {
  const response = evolveResponse(state.response, event)
  const stage = response?.stage
  const action = stage?.at === 'acting' ? currentStep(stage.progress)?.action : undefined
  if (event.type !== 'step.began' || action?.kind !== 'route' || state.rollout === null) {
    return { ...state, response }
  }
  return { ...state, response, rollout: withRoute(state.rollout, action.route, event.data.at) }
}

function isStepEvent(event: CourseEvent): event is StepEvent {
  return Object.hasOwn(stepEvents, event.type)
}

function isResponseEvent(event: RolloutEvent | ResponseEvent): event is ResponseEvent {
  return Object.hasOwn(responseEvents, event.type)
}
