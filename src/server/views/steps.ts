import type { StepView } from '../../contract/rollout-view.ts'
import type { CourseEvent } from '../../core/course/course.ts'
import type { Instant } from '../../core/kernel/instant.ts'
import type { StepEvent } from '../../core/step/plan.ts'
import type { Step } from '../../core/step/step.ts'

/** The steps of a plan that nobody has begun. */
export function aheadOf(plan: readonly Step[]): readonly StepView[] {
  return plan.map(({ id, says, attemptsMax }) => ({
    id,
    says,
    attemptsMax,
    state: 'ahead',
    attempt: 0,
    because: null,
    since: null,
    retryAt: null,
  }))
}

/** The steps after one more fact about one of them. */
export function withStep(steps: readonly StepView[], event: StepEvent): readonly StepView[] {
  return steps.map((one) => (one.id === event.data.step ? { ...one, ...changeOf(event) } : one))
}

export function isStepEvent(event: CourseEvent): event is StepEvent {
  return ['step.began', 'step.seen', 'step.failed'].includes(event.type)
}

function changeOf({ type, data }: StepEvent): Partial<StepView> {
  const since: Instant = data.at
  switch (type) {
    case 'step.began':
      return { state: 'under-way', attempt: data.attempt, since, retryAt: null }
    case 'step.seen':
      return { state: 'seen', because: data.evidence, since }
    case 'step.failed': {
      const { retryAt, failure } = data
      const state = retryAt === null ? 'failed' : 'retrying'
      return { state, because: failure.detail, since, retryAt }
    }
  }
}
