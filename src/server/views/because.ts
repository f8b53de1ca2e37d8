import type { Course } from '../../core/course/course.ts'
import { missingApprovals } from '../../core/decide/approvals.ts'
import { type Instant, sayDuration } from '../../core/kernel/instant.ts'
import type { Response } from '../../core/mitigate/response.ts'
import { disquiet } from '../../core/rollout/heed.ts'
import { groupAt, type Rollout } from '../../core/rollout/state.ts'
import { currentStep } from '../../core/step/plan.ts'

/** The present state of a rollout in one sentence, for the top of every picture of it. */
export function becauseOf(course: Course, now: Instant): string {
  const { rollout, response, failing } = course
  if (rollout === null) return 'nobody has started it'
  if (rollout.paused !== null) return `${rollout.paused.by} paused it: ${rollout.paused.because}`
  const { stage } = rollout
  switch (stage.at) {
    case 'preparing':
      return stage.tries === 0
        ? `the present state of ${rollout.workload} is being captured; nothing was changed yet`
        : `the present state of ${rollout.workload} could not be captured yet (${stage.tries} ${stage.tries === 1 ? 'try' : 'tries'}); nothing was changed`
    case 'waiting':
      return sayWaiting(rollout, stage, now)
    case 'opening':
      return `group '${groupName(rollout, stage.index)}': ${currentStep(stage.progress)?.says ?? 'opening'}`
    case 'baking': {
      const evidence = disquiet(rollout)?.because ?? stage.verdict?.because ?? 'no evidence yet'
      return `group '${groupName(rollout, stage.index)}' serves and is being watched: ${evidence}`
    }
    case 'halted':
      return response === null || failing === null
        ? `it halted: ${stage.failing.because}`
        : sayResponse(response, now)
    case 'completed':
    case 'ended':
      return stage.because
  }
}

function sayWaiting(
  rollout: Rollout,
  stage: Extract<Rollout['stage'], { at: 'waiting' }>,
  now: Instant,
): string {
  const group = groupName(rollout, stage.index)
  if (stage.for === 'promote') return `group '${group}' waits for a person's 'promote'`
  if (stage.for === 'signals')
    return `group '${group}' is not opened yet: ${disquiet(rollout)?.because ?? 'it is quiet again'}`
  if (stage.for === 'turn' || stage.until === null) return `group '${group}' is opened next`
  return `group '${group}' may be opened in ${sayDuration(Math.max(0, stage.until - now))}, when its window begins`
}

function sayResponse(response: Response, now: Instant): string {
  const { decision, stage } = response
  switch (stage.at) {
    case 'asking': {
      const missing = missingApprovals(decision, response.approvals)
      const who = missing.map(({ role, count }) => `${count} × ${role}`).join(', ')
      return `${decision.choose} waits for the yes of ${who}: ${decision.because}`
    }
    case 'acting':
      return `${decision.choose} is under way: ${currentStep(stage.progress)?.says ?? 'finishing'}`
    case 'in-effect': {
      const left =
        stage.until === null ? '' : ` for another ${sayDuration(Math.max(0, stage.until - now))}`
      return `${decision.choose} is in effect${left}; a person decides how it goes on`
    }
    case 'holding':
    case 'over':
      return `nothing moves until a person decides: ${decision.because}`
  }
}

function groupName(rollout: Rollout, index: number): string {
  return groupAt(rollout, index).name
}
