import type { Instant } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { evolvePlan, planned, type StepEvent } from '../step/plan.ts'
import type { Verdict } from '../words/verdict.ts'
import type { RolloutEvent } from './events.ts'
import { isOk } from './gate.ts'
import type { GroupRecord, Rollout, RolloutState, Stage } from './state.ts'

/** Folds one fact into the rollout. */
// oxlint-disable-next-line max-lines-per-function -- one case per event reads better whole.
export function evolveRollout(state: RolloutState, event: RolloutEvent): RolloutState {
  if (event.type === 'rollout.started') {
    const stage = { at: 'preparing', tries: 0, retryAt: event.data.at } as const
    const { data } = event
    return {
      ...data,
      baseline: null,
      stage,
      paused: null,
      openings: 0,
      route: null,
      endedAt: null,
      groups: [],
    }
  }
  invariant(state !== null, `'${event.type}' before the rollout was started`)
  switch (event.type) {
    case 'rollout.baseline-captured': {
      const { at, ...baseline } = event.data
      const { groups } = state.strategy.exposure
      // The first release cannot be compared: it goes straight to its last group.
      const index = baseline.serving === null ? groups.length - 1 : 0
      return { ...state, baseline, stage: { at: 'waiting', index, for: 'turn', until: at } }
    }
    case 'rollout.baseline-unknown': {
      const tries = state.stage.at === 'preparing' ? state.stage.tries + 1 : 1
      return { ...state, stage: { at: 'preparing', tries, retryAt: event.data.retryAt } }
    }
    case 'group.waiting': {
      const index = indexOf(state)
      return {
        ...state,
        stage: { at: 'waiting', index, for: event.data.for, until: event.data.until },
      }
    }
    case 'group.opened': {
      const { index, plan, at, group } = event.data
      const record: GroupRecord = { name: group, index, openedAt: at, verdict: null, passed: false }
      const groups = [...state.groups.filter((known) => known.index !== index), record]
      const stage = { at: 'opening', index, progress: planned(plan, at) } as const
      return { ...state, openings: state.openings + 1, groups, stage }
    }
    case 'step.began':
    case 'step.failed':
    case 'step.seen':
      return evolveStep(state, event)
    case 'verdict.reached':
      return evolveVerdict(state, event.data.verdict, event.data.at)
    case 'group.passed': {
      const index = indexOf(state)
      const { verdict, at } = event.data
      const groups = state.groups.map((known) =>
        known.index === index
          ? { ...known, passed: true, verdict: verdict ?? known.verdict }
          : known,
      )
      return {
        ...state,
        groups,
        stage: { at: 'waiting', index: index + 1, for: 'turn', until: at },
      }
    }
    case 'rollout.paused':
      return { ...state, paused: event.data }
    case 'rollout.resumed':
      return { ...state, paused: null, ...resumed(state, event.data.at) }
    case 'rollout.halted': {
      const { failing, at } = event.data
      const exposed = state.stage.at === 'baking'
      const stage = { at: 'halted', index: indexOf(state), failing, haltedAt: at, exposed } as const
      const groups = failing.verdict === null ? state.groups : withVerdict(state, failing.verdict)
      return { ...state, groups, paused: null, stage }
    }
    case 'exposure.reasserted':
      return state
    case 'rollout.completed':
      return {
        ...state,
        endedAt: event.data.at,
        stage: { at: 'completed', because: event.data.because },
      }
    case 'rollout.ended': {
      const { outcome, because, at } = event.data
      return { ...state, endedAt: at, stage: { at: 'ended', outcome, because } }
    }
  }
}

function evolveStep(state: Rollout, event: StepEvent): Rollout {
  if (state.stage.at !== 'opening') return state
  const progress = evolvePlan(state.stage.progress, event)
  const current = progress.plan[progress.index]
  const route =
    event.type === 'step.began' && current?.action.kind === 'route'
      ? current.action.route
      : state.route
  if (progress.mode !== 'done') return { ...state, route, stage: { ...state.stage, progress } }
  const { index } = state.stage
  return { ...state, route, stage: startBaking(index, event.data.at) }
}

function evolveVerdict(state: Rollout, verdict: Verdict, at: Instant): Rollout {
  const groups = withVerdict(state, verdict)
  if (state.stage.at !== 'baking') return { ...state, groups }
  const healthySince = isOk(verdict) ? (state.stage.healthySince ?? at) : null
  return { ...state, groups, stage: { ...state.stage, verdict, healthySince } }
}

function resumed(state: Rollout, at: Instant): Partial<Rollout> {
  const { stage } = state
  if (stage.at === 'baking') return { stage: { ...stage, since: at } }
  if (stage.at !== 'halted') return {}
  // Old evidence is not carried over: what is resumed is looked at anew.
  const openings = state.openings + 1
  if (stage.exposed) return { openings, stage: startBaking(stage.index, at) }
  return { openings, stage: { at: 'waiting', index: stage.index, for: 'turn', until: at } }
}

function startBaking(index: number, since: Instant): Stage {
  return { at: 'baking', index, since, healthySince: null, verdict: null }
}

function withVerdict(state: Rollout, verdict: Verdict): readonly GroupRecord[] {
  const index = indexOf(state)
  return state.groups.map((known) => (known.index === index ? { ...known, verdict } : known))
}

function indexOf(state: Rollout): number {
  return 'index' in state.stage ? state.stage.index : 0
}
