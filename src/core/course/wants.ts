import type { Instant } from '../kernel/instant.ts'
import { responseDueAt } from '../mitigate/decide-response.ts'
import { isOver } from '../rollout/rollout.ts'
import { isFirstRelease, type Rollout } from '../rollout/state.ts'
import { currentStep, type Progress } from '../step/plan.ts'
import type { Route, Step } from '../step/step.ts'
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
  const { stage } = rollout
  switch (stage.at) {
    case 'preparing':
      return { ...NOTHING, capture: true, dueAt: stage.retryAt }
    case 'waiting':
      return {
        ...NOTHING,
        keep: keepShare(rollout, false),
        dueAt: rollout.paused === null ? earliest(stage.until, bypassEnds) : bypassEnds,
      }
    case 'opening':
      return {
        ...NOTHING,
        ...planWants(rollout, stage.progress, rollout.paused !== null),
        measure: isFirstRelease(rollout)
          ? null
          : { watch: `before/${rollout.openings}`, index: stage.index, judges: false },
      }
    case 'baking':
      return {
        ...NOTHING,
        measure: isFirstRelease(rollout)
          ? null
          : { watch: `${stage.index}/${rollout.openings}`, index: stage.index, judges: true },
        keep: keepShare(rollout, false),
        dueAt: bypassEnds,
      }
    case 'halted':
      return { ...NOTHING, ...haltedWants(state, rollout) }
    case 'completed':
    case 'ended':
      return NOTHING
  }
}

function haltedWants({ response }: Course, rollout: Rollout): Partial<Wants> {
  if (response === null) return { keep: keepShare(rollout, true) }
  if (response.stage.at === 'acting') return planWants(rollout, response.stage.progress, false)
  return { keep: keepShare(rollout, true), dueAt: responseDueAt(response) }
}

function planWants(
  rollout: Rollout,
  progress: Progress,
  isPaused: boolean,
): Pick<Wants, 'step' | 'dueAt'> {
  const step = currentStep(progress)
  const { attempt, beganAt } = progress
  if (progress.mode === 'acting' && step !== null) {
    return { step: { effectId: `${rollout.id}/${step.id}`, step, attempt, beganAt }, dueAt: null }
  }
  return { step: null, dueAt: isPaused ? null : progress.retryAt }
}

function keepShare(rollout: Rollout, onlyDown: boolean): Wants['keep'] {
  return rollout.route === null ? null : { route: rollout.route, onlyDown }
}

function earliest(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
