import { type Instant, sayDuration } from '../kernel/instant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import { type Progress, planned, sayPlanFailure, tickPlan } from '../step/plan.ts'
import { isSameBinding, type TestOutcome } from '../words/test-outcome.ts'
import type { RolloutRefusal } from './commands.ts'
import type { RolloutEvent } from './events.ts'
import { bindingOf, testSteps, testsOf } from './group-tests.ts'
import { groupAt, isFirstRelease, type Rollout, type Stage } from './state.ts'

type Baking = Extract<Stage, { at: 'baking' }>
type AfterRound = NonNullable<Baking['tests']>['round']

/**
 * What is still to be tested before a baking group may pass: nothing (`done`), something that is
 * under way or failed (`wait`), or a round that has to begin. The last round counts only when it
 * began after the whole bake: health that broke and came back is tested anew.
 */
export function testsLeft(
  rollout: Rollout,
  { index, tests, healthySince }: Baking,
  now: Instant,
): 'done' | 'wait' | AfterRound {
  if (isFirstRelease(rollout) || testsOf(rollout, index, 'exposed').length === 0) return 'done'
  if (tests === null) return 'exposed'
  if (tests.progress.mode !== 'done') return 'wait'
  const { bake } = groupAt(rollout, index)
  const bakedAt = (healthySince ?? now) + bake
  if (tests.round === 'exposed' || tests.begunAt < bakedAt) return now < bakedAt ? 'wait' : 'baked'
  return 'done'
}

/** Begins a round of the group that bakes. */
export function beginTests(
  rollout: Rollout,
  index: number,
  round: AfterRound,
  now: Instant,
): readonly RolloutEvent[] {
  const group = groupAt(rollout, index)
  const prefix = `${group.name}/${rollout.openings}/${round}-${rollout.testings + 1}`
  const plan = testSteps(rollout, index, round, rollout.openings).map((step, place) => ({
    ...step,
    id: `${prefix}/${place + 1}-smoke`,
  }))
  const because =
    round === 'exposed'
      ? `users reach group '${group.name}': its tests run once more`
      : `group '${group.name}' has baked for ${sayDuration(group.bake)}: its tests run a last time`
  const data = { group: group.name, round, plan, because, at: now }
  return [{ type: 'group.testing', data }, ...tickPlan(planned(plan, now), now)]
}

/** The tests of the group that bakes, as time moves them: the first round, or another try. */
export function tickTests(rollout: Rollout, now: Instant): readonly RolloutEvent[] {
  const { stage } = rollout
  if (stage.at !== 'baking') return []
  if (stage.tests !== null) return tickPlan(stage.tests.progress, now)
  return testsLeft(rollout, stage, now) === 'exposed'
    ? beginTests(rollout, stage.index, 'exposed', now)
    : []
}

/** When time alone moves the tests of a baking group; null when only news does. */
export function testsDueAt(rollout: Rollout): Instant | null {
  const { stage } = rollout
  if (stage.at !== 'baking') return null
  if (stage.tests === null) {
    return testsLeft(rollout, stage, stage.since) === 'exposed' ? stage.since : null
  }
  return stage.tests.progress.mode === 'waiting' ? stage.tests.progress.retryAt : null
}

/**
 * The recorded outcome of the test that is under way; nothing for any other step. Refused when the
 * report brings none, for unmeasured is not passed, and when it is bound to anything else: another
 * rollout, group, opening, round, release or stack.
 */
export function testEnded(
  rollout: Rollout,
  progress: Progress,
  report: { readonly step: string; readonly attempt: number; readonly test?: TestOutcome },
  expected: 'pass' | 'not-pass',
  now: Instant,
): Result<readonly RolloutEvent[], RolloutRefusal> {
  const action = progress.plan.find(({ id }) => id === report.step)?.action
  if (action?.kind !== 'smoke') return yes([])
  const { test, step, attempt } = report
  if (test === undefined || (test.verdict === 'pass') !== (expected === 'pass')) {
    const detail = `the report of test '${action.smoke.name}' does not bear it out`
    return no({ code: 'not-measured', detail })
  }
  const bound = bindingOf(rollout.id, action)
  if (test.test !== action.smoke.name || !isSameBinding(test.of, bound)) {
    const detail = `the outcome is of group '${test.of.group}' and release '${test.of.release}', opening ${test.of.opening}; this is group '${bound.group}' and release '${bound.release}', opening ${bound.opening}`
    return no({ code: 'borrowed-evidence', detail })
  }
  return yes([{ type: 'test.ended', data: { ...test, step, attempt, at: now } }])
}

/** A test that could not be run says nothing of the release: the rollout waits for a person. */
export function pauseForTest(progress: Progress, now: Instant): RolloutEvent {
  const because = `${sayPlanFailure(progress)}. The release was not tested, so it does not go on: repair the test, then resume, or abort`
  return { type: 'rollout.paused', data: { by: 'goaround', because, at: now } }
}
