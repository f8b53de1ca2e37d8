import type { Instant } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { evolvePlan, planned, type StepEvent } from '../step/plan.ts'
import type { Verdict } from '../words/verdict.ts'
import type { RolloutEvent } from './events.ts'
import type { Failing } from './failing.ts'
import { isOk } from './gate.ts'
import type { GroupRecord, Rollout, RolloutState } from './state.ts'

/** Folds one fact into the rollout. */
// oxlint-disable-next-line max-lines-per-function -- one case per event reads better whole.
export function evolveRollout(state: RolloutState, event: RolloutEvent): RolloutState {
  if (event.type === 'rollout.started') {
    const { data } = event
    return {
      ...data,
      baseline: null,
      stage: { at: 'preparing', tries: 0, retryAt: data.at },
      paused: null,
      openings: 0,
      watched: null,
      reminded: { times: 0, at: data.at },
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
      const { for: what, until, at } = event.data
      const reminded = { times: 0, at }
      return { ...state, reminded, stage: { at: 'waiting', index, for: what, until } }
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
      return { ...state, paused: event.data, reminded: { times: 0, at: event.data.at } }
    case 'rollout.resumed':
      return resumed(state, event.data.at)
    case 'rollout.reminded':
      return { ...state, reminded: { times: state.reminded.times + 1, at: event.data.at } }
    case 'rollout.halted':
      return halted(state, event.data.failing, event.data.at)
    case 'exposure.reasserted':
      return state
    case 'rollout.completed': {
      const { because, at } = event.data
      return { ...state, watched: null, endedAt: at, stage: { at: 'completed', because } }
    }
    case 'rollout.ended': {
      const { outcome, because, at } = event.data
      return { ...state, watched: null, endedAt: at, stage: { at: 'ended', outcome, because } }
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
  return baking({ ...state, route }, state.stage.index, event.data.at)
}

function evolveVerdict(state: Rollout, verdict: Verdict, at: Instant): Rollout {
  const groups = withVerdict(state, verdict)
  if (state.stage.at !== 'baking') return { ...state, groups }
  const healthySince = isOk(verdict) ? (state.stage.healthySince ?? at) : null
  return { ...state, groups, stage: { ...state.stage, verdict, healthySince } }
}

function halted(state: Rollout, failing: Failing, haltedAt: Instant): Rollout {
  const { stage, watched } = state
  const groups = failing.verdict === null ? state.groups : withVerdict(state, failing.verdict)
  // Evidence may cross while the next group is waited for or opened: the exposed group failed.
  const judgedIndex = failing.kind === 'verdict' ? watched?.index : undefined
  const exposed =
    stage.at === 'baking' ||
    (stage.at === 'waiting' && judgedIndex !== undefined) ||
    (stage.at === 'halted' && stage.exposed)
  const index = judgedIndex ?? indexOf(state)
  return {
    ...state,
    groups,
    paused: null,
    watched: null,
    stage: { at: 'halted', index, failing, haltedAt, exposed },
  }
}

function resumed(state: Rollout, at: Instant): Rollout {
  const going: Rollout = { ...state, paused: null, reminded: { times: 0, at } }
  const { stage } = state
  if (stage.at === 'baking') return { ...going, stage: { ...stage, since: at } }
  if (stage.at !== 'halted') return going
  // Old evidence is not carried over: what is resumed is looked at anew.
  const anew = { ...going, openings: state.openings + 1 }
  if (stage.exposed) return baking(anew, stage.index, at)
  return { ...anew, stage: { at: 'waiting', index: stage.index, for: 'turn', until: at } }
}

function baking(state: Rollout, index: number, since: Instant): Rollout {
  const watched = { index, opening: state.openings }
  return {
    ...state,
    watched,
    stage: { at: 'baking', index, since, healthySince: null, verdict: null },
  }
}

/** Evidence is always that of the watched group; once halted, of the group that failed. */
function withVerdict(state: Rollout, verdict: Verdict): readonly GroupRecord[] {
  const index = state.watched?.index ?? indexOf(state)
  return state.groups.map((known) => (known.index === index ? { ...known, verdict } : known))
}

function indexOf(state: Rollout): number {
  return 'index' in state.stage ? state.stage.index : 0
}
