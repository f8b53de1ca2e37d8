import { describe, expect, test } from 'vitest'
import { type DriverFailure, failure } from '../kernel/failure.ts'
import {
  currentStep,
  evolvePlan,
  notSeenInTime,
  type Progress,
  planDueAt,
  planned,
  type StepEvent,
  sayPlanFailure,
  stepFailed,
  stepSeen,
  tickPlan,
} from './plan.ts'
import { retryWait, type Step } from './step.ts'

const timedOut = failure('timed-out', 'after-looking', 'no answer in 30s')
const denied = failure('denied', 'never', 'the platform answered 403')

function step(id: string): Step {
  const action = { kind: 'drain', stack: 'green' } as const
  return { id, says: `do ${id}`, action, attemptsMax: 2, withinMs: 30_000 }
}

const PLAN = [step('one'), step('two')]

function began(id: string, attempt: number, at: number): StepEvent {
  return { type: 'step.began', data: { step: id, attempt, at, says: `do ${id}` } }
}

function seen(id: string, attempt: number, at: number): StepEvent {
  return { type: 'step.seen', data: { step: id, attempt, at, evidence: 'looked' } }
}

function failed(
  id: string,
  attempt: number,
  at: number,
  why: DriverFailure,
  retryAt: number | null,
): StepEvent {
  return { type: 'step.failed', data: { step: id, attempt, at, failure: why, retryAt } }
}

function after(...events: readonly StepEvent[]): Progress {
  return events.reduce(evolvePlan, planned(PLAN, 0))
}

describe('a plan of steps', () => {
  test('begins its first step as soon as it is looked at', () => {
    expect(tickPlan(after(), 5)).toStrictEqual([began('one', 1, 5)])
  })

  test('begins nothing more while a step is under way', () => {
    expect(tickPlan(after(began('one', 1, 0)), 60_000)).toStrictEqual([])
  })

  test('begins the next step in the same breath in which the one before was seen', () => {
    const report = { step: 'one', attempt: 1, evidence: 'looked' }
    expect(stepSeen(after(began('one', 1, 0)), report, 7)).toStrictEqual({
      ok: true,
      value: [seen('one', 1, 7), began('two', 1, 7)],
    })
  })

  test('is done when its last step was seen, and not before', () => {
    const almost = after(began('one', 1, 0), seen('one', 1, 1), began('two', 1, 1))
    expect(almost.mode).toBe('acting')
    const done = evolvePlan(almost, seen('two', 1, 2))
    expect([done.mode, currentStep(done), planDueAt(done)]).toStrictEqual(['done', null, null])
  })

  test('is done from the start when there is nothing to do', () => {
    expect(planned([], 0).mode).toBe('done')
  })

  test('tries a step again after a wait, when trying again may help', () => {
    const report = { step: 'one', attempt: 1, failure: timedOut }
    const outcome = stepFailed(after(began('one', 1, 0)), report, 1_000)
    expect(outcome).toStrictEqual({ ok: true, value: [failed('one', 1, 1_000, timedOut, 1_250)] })

    const waiting = after(began('one', 1, 0), failed('one', 1, 1_000, timedOut, 1_250))
    expect(planDueAt(waiting)).toBe(1_250)
    expect(tickPlan(waiting, 1_249)).toStrictEqual([])
    expect(tickPlan(waiting, 1_250)).toStrictEqual([began('one', 2, 1_250)])
  })

  test.each([
    { because: 'its attempts are used up', attempt: 2, why: timedOut },
    { because: 'trying again could never help', attempt: 1, why: denied },
  ])('has failed when $because', ({ attempt, why }) => {
    const acting = after(began('one', attempt, 0))
    const outcome = stepFailed(acting, { step: 'one', attempt, failure: why }, 9)
    expect(outcome).toStrictEqual({ ok: true, value: [failed('one', attempt, 9, why, null)] })
    const over = evolvePlan(acting, failed('one', attempt, 9, why, null))
    expect([over.mode, tickPlan(over, 99_999)]).toStrictEqual(['failed', []])
    const times = attempt === 1 ? 'once' : '2 times'
    expect(sayPlanFailure(over)).toBe(`could not do one (tried ${times}): ${why.detail}`)
  })

  test.each([
    { news: 'an earlier attempt', step: 'one', attempt: 1 },
    { news: 'another step', step: 'two', attempt: 2 },
  ])('takes no news of $news', ({ step: id, attempt }) => {
    const second = after(began('one', 1, 0), failed('one', 1, 1, timedOut, 2), began('one', 2, 2))
    const stale = { ok: false, problem: 'stale-attempt' }
    expect(stepSeen(second, { step: id, attempt, evidence: 'late' }, 3)).toStrictEqual(stale)
    expect(stepFailed(second, { step: id, attempt, failure: denied }, 3)).toStrictEqual(stale)
  })

  test('takes no news while nothing is under way', () => {
    const report = { step: 'one', attempt: 1, evidence: 'never asked' }
    expect(stepSeen(after(), report, 3)).toStrictEqual({ ok: false, problem: 'no-plan-under-way' })
  })

  test('says what was seen last when a step was not seen in time', () => {
    expect(notSeenInTime(step('one'), '3 requests in flight')).toStrictEqual({
      reason: 'timed-out',
      retry: 'after-looking',
      detail: 'not seen within 30s; last seen: 3 requests in flight',
    })
  })
})

test.each([
  [1, 250],
  [2, 500],
  [5, 4_000],
  [7, 10_000],
  [400, 10_000],
])('after attempt %i the next one waits %i ms', (attempt, wait) => {
  expect(retryWait(attempt)).toBe(wait)
})
