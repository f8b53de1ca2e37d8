import { z } from 'zod'
import { DriverFailure } from '../kernel/failure.ts'
import { type Instant, sayDuration } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import { retryWait, type Step } from './step.ts'

const StepRef = { step: z.string(), attempt: z.number().int().positive(), at: z.number().int() }

/** What can happen to the steps of a plan; part of the events of every stream that carries plans out. */
export const stepEvents = {
  /** The intention, recorded before the effect: whoever finds it looks first, then asks. */
  'step.began': z.object({ ...StepRef, says: z.string() }),
  /** `retryAt` is null when it will not be tried again. */
  'step.failed': z.object({
    ...StepRef,
    failure: DriverFailure,
    retryAt: z.number().int().nullable(),
  }),
  /** Recorded only when the outside system was seen in the wanted state. */
  'step.seen': z.object({ ...StepRef, evidence: z.string() }),
}

export type StepEvent =
  | { readonly type: 'step.began'; readonly data: z.output<(typeof stepEvents)['step.began']> }
  | { readonly type: 'step.failed'; readonly data: z.output<(typeof stepEvents)['step.failed']> }
  | { readonly type: 'step.seen'; readonly data: z.output<(typeof stepEvents)['step.seen']> }

/**
 * How far a plan has come. Its steps are taken one after the other; each is asked for, then seen.
 *
 * - `acting`: the current attempt is under way; only its own report moves the plan.
 * - `waiting`: the last attempt failed and the next one begins at `retryAt`.
 * - `done`: every step was seen.
 * - `failed`: a step used up its attempts, or trying again could not help.
 */
export interface Progress {
  readonly plan: readonly Step[]
  readonly index: number
  readonly attempt: number
  readonly beganAt: Instant
  readonly mode: 'acting' | 'waiting' | 'done' | 'failed'
  readonly retryAt: Instant | null
  readonly failure: DriverFailure | null
}

export type StepRefusal = 'no-plan-under-way' | 'stale-attempt'

/** The state of a plan nobody has begun. An empty plan is done from the start. */
export function planned(plan: readonly Step[], now: Instant): Progress {
  const mode = plan.length === 0 ? 'done' : 'waiting'
  return { plan, index: 0, attempt: 0, beganAt: now, mode, retryAt: now, failure: null }
}

export function currentStep(progress: Progress): Step | null {
  return progress.mode === 'done' ? null : (progress.plan[progress.index] ?? null)
}

/** Begins the first or the next attempt, when it is time. */
export function tickPlan(progress: Progress, now: Instant): readonly StepEvent[] {
  const step = currentStep(progress)
  if (step === null || progress.mode !== 'waiting') return []
  if (progress.retryAt !== null && now < progress.retryAt) return []
  return [began(step, progress.attempt + 1, now)]
}

/** Takes the news that the current attempt was seen in effect, and begins the next step at once. */
export function stepSeen(
  progress: Progress,
  report: { readonly step: string; readonly attempt: number; readonly evidence: string },
  now: Instant,
): Result<readonly StepEvent[], StepRefusal> {
  const stale = refuse(progress, report)
  if (stale !== null) return no(stale)
  const { step, attempt, evidence } = report
  const seen: StepEvent = { type: 'step.seen', data: { step, attempt, at: now, evidence } }
  const next = progress.plan[progress.index + 1]
  return yes(next === undefined ? [seen] : [seen, began(next, 1, now)])
}

/** Takes the news that the current attempt failed. */
export function stepFailed(
  progress: Progress,
  report: { readonly step: string; readonly attempt: number; readonly failure: DriverFailure },
  now: Instant,
): Result<readonly StepEvent[], StepRefusal> {
  const stale = refuse(progress, report)
  if (stale !== null) return no(stale)
  const step = currentStep(progress)
  invariant(step !== null, 'a plan that is acting has a current step')
  const { attempt, failure } = report
  const last = failure.retry === 'never' || attempt >= step.attemptsMax
  const retryAt = last ? null : now + retryWait(attempt)
  return yes([{ type: 'step.failed', data: { step: step.id, attempt, at: now, failure, retryAt } }])
}

/** When time alone will move this plan; null when it waits for a report. */
export function planDueAt(progress: Progress): Instant | null {
  return progress.mode === 'waiting' ? progress.retryAt : null
}

/** Why a failed plan failed, in a sentence. */
export function sayPlanFailure(progress: Progress): string {
  const step = progress.plan[progress.index]
  const times = progress.attempt === 1 ? 'once' : `${progress.attempt} times`
  return `could not ${step?.says ?? 'finish'} (tried ${times}): ${progress.failure?.detail ?? 'no reason given'}`
}

export function evolvePlan(progress: Progress, event: StepEvent): Progress {
  switch (event.type) {
    case 'step.began': {
      const index = progress.plan.findIndex((step) => step.id === event.data.step)
      const { attempt, at } = event.data
      return { ...progress, index, attempt, beganAt: at, mode: 'acting', retryAt: null }
    }
    case 'step.failed': {
      const { failure, retryAt } = event.data
      return { ...progress, mode: retryAt === null ? 'failed' : 'waiting', retryAt, failure }
    }
    case 'step.seen': {
      const index = progress.index + 1
      const rest = { ...progress, failure: null, retryAt: event.data.at }
      return index === progress.plan.length
        ? { ...rest, mode: 'done' }
        : { ...rest, index, attempt: 0, mode: 'waiting' }
    }
  }
}

/** The failure that an attempt ends with when it was not seen in effect in time. */
export function notSeenInTime(step: Step, lastSeen: string): DriverFailure {
  const detail = `not seen within ${sayDuration(step.withinMs)}; last seen: ${lastSeen}`
  const retry = step.oneWindow === true ? 'never' : 'after-looking'
  return { reason: 'timed-out', retry, detail }
}

function began(step: Step, attempt: number, at: Instant): StepEvent {
  return { type: 'step.began', data: { step: step.id, attempt, at, says: step.says } }
}

function refuse(
  progress: Progress,
  report: { readonly step: string; readonly attempt: number },
): StepRefusal | null {
  if (progress.mode !== 'acting') return 'no-plan-under-way'
  const current = currentStep(progress)
  if (current?.id !== report.step || progress.attempt !== report.attempt) return 'stale-attempt'
  return null
}
