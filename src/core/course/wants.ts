import type { Instant } from '../kernel/instant.ts'
import { responseDueAt } from '../mitigate/decide-response.ts'
import { reminderDueAt } from '../rollout/reminder.ts'
import { isOver } from '../rollout/rollout.ts'
import { isFirstRelease, type Rollout, watchOf } from '../rollout/state.ts'
import { testsDueAt } from '../rollout/testing.ts'
import { currentStep, type Progress, planDueAt } from '../step/plan.ts'
import type { Route, Step } from '../step/step.ts'
import { bypassWatch } from './bypass-watch.ts'
import type { Course } from './course.ts'

/** A step that should be under way now. */
export interface StepWant {
  /** The same for every attempt, in every process, for ever. */
  readonly effectId: string
  readonly step: Step
  readonly attempt: number
  readonly beganAt: Instant
}

/** What should be happening for a rollout, from its state alone. Whoever looks sees the same. */
export interface Wants {
  /** The whole state is to be captured before anything is changed. */
  readonly capture: boolean
  readonly step: StepWant | null
  /**
   * The evidence is to be looked at; a new `watch` begins without old evidence. Before a group is
   * exposed only the control is learnt (`judges` is false): there is nothing to judge yet.
   */
  readonly measure: {
    readonly watch: string
    readonly index: number
    readonly judges: boolean
  } | null
  /** The share that the router should show; after a halt it may only show less. */
  readonly keep: { readonly route: Route; readonly onlyDown: boolean } | null
  /** When time alone will change something; null when only news will. */
  readonly dueAt: Instant | null
}

const NOTHING: Wants = { capture: false, step: null, measure: null, keep: null, dueAt: null }

export function wantsOf(state: Course): Wants {
  const { rollout, response } = state
  if (rollout === null) return NOTHING
  const bypassEnds = response?.stage.at === 'in-effect' ? response.stage.until : null
  if (isOver(rollout)) return { ...NOTHING, dueAt: bypassEnds }
  const { stage, paused } = rollout
  if (stage.at === 'halted') return { ...NOTHING, ...haltedWants(state, rollout) }
  const measure = measureOf(rollout)
  const keep = keepShare(rollout, false)
  const always = { ...NOTHING, measure, dueAt: earliest(reminderDueAt(rollout), bypassEnds) }
  switch (stage.at) {
    case 'preparing':
      // The look at the world changes nothing, so a pause does not put it off.
      return { ...always, capture: true, dueAt: stage.retryAt }
    case 'waiting': {
      const turnAt = paused === null ? stage.until : null
      return { ...always, keep, dueAt: earliest(turnAt, always.dueAt) }
    }
    case 'opening': {
      const { step, dueAt } = planWants(rollout, stage.progress)
      return { ...always, step, dueAt: earliest(paused === null ? dueAt : null, always.dueAt) }
    }
    case 'baking': {
      const { tests } = stage
      const step = tests === null ? null : planWants(rollout, tests.progress).step
      const turnAt = paused === null ? testsDueAt(rollout) : null
      return { ...always, keep, step, dueAt: earliest(turnAt, always.dueAt) }
    }
    case 'completed':
    case 'ended':
      return NOTHING
  }
}

function haltedWants(state: Course, rollout: Rollout): Partial<Wants> {
  const { response } = state
  if (response === null) return { keep: keepShare(rollout, true) }
  const dueAt = responseDueAt(response)
  const measure = haltedMeasure(state, rollout)
  if (response.stage.at === 'acting') {
    return { step: planWants(rollout, response.stage.progress).step, measure, dueAt }
  }
  return { keep: keepShare(rollout, true), measure, dueAt }
}

/** A bypass is judged; otherwise the verdict stands, and the traffic is only looked at, for whoever watches. */
function haltedMeasure(state: Course, rollout: Rollout): Wants['measure'] {
  const { response } = state
  if (response === null || isFirstRelease(rollout) || rollout.stage.at !== 'halted') return null
  const { index } = rollout.stage
  const watch = bypassWatch(state)
  return watch === null
    ? {
        watch: `halted/${rollout.openings}.${response.decision.number}/${response.stage.at}`,
        index,
        judges: false,
      }
    : { watch, index, judges: true }
}

/** While anybody has the candidate, the group whose share they have is watched. */
function measureOf(rollout: Rollout): Wants['measure'] {
  if (isFirstRelease(rollout)) return null
  const { stage, watched } = rollout
  const watch = watchOf(rollout)
  if (watched !== null && watch !== null) return { watch, index: watched.index, judges: true }
  if (stage.at !== 'opening') return null
  return { watch: `before/${rollout.openings}`, index: stage.index, judges: false }
}

function planWants(rollout: Rollout, progress: Progress): Pick<Wants, 'step' | 'dueAt'> {
  const step = currentStep(progress)
  const { attempt, beganAt } = progress
  if (progress.mode === 'acting' && step !== null) {
    return { step: { effectId: `${rollout.id}/${step.id}`, step, attempt, beganAt }, dueAt: null }
  }
  return { step: null, dueAt: planDueAt(progress) }
}

function keepShare(rollout: Rollout, onlyDown: boolean): Wants['keep'] {
  return rollout.route === null ? null : { route: rollout.route, onlyDown }
}

function earliest(...dues: readonly (Instant | null)[]): Instant | null {
  const known = dues.filter((due) => due !== null)
  return known.length === 0 ? null : Math.min(...known)
}
