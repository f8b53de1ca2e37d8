import { EMPTY_HEALTH_BOOK, forgetHealth, noteHealth } from '../health/news.ts'
import type { Instant } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { evolvePlan, planned, type StepEvent } from '../step/plan.ts'
import type { Route } from '../step/step.ts'
import { type HealthChange, isIll } from '../words/health.ts'
import type { Verdict } from '../words/verdict.ts'
import type { RolloutEvent } from './events.ts'
import type { Failing } from './failing.ts'
import { isOk } from './gate.ts'
import { groupHealth } from './health-gate.ts'
import { isClear } from './heed.ts'
import { withFired, withResolved } from './signals.ts'
import { type GroupRecord, groupAt, type Rollout, type RolloutState } from './state.ts'

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
      testings: 0,
      watched: null,
      reminded: { times: 0, at: data.at },
      route: null,
      exposures: [],
      signals: [],
      sources: {},
      reports: [],
      health: EMPTY_HEALTH_BOOK,
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
    case 'group.testing':
      return testing(state, event.data)
    case 'test.ended':
      // Kept for people; what it means for the group is said by the step's own facts.
      return state
    case 'step.began':
    case 'step.failed':
    case 'step.seen':
      return evolveStep(state, event)
    case 'verdict.reached':
      return evolveVerdict(state, event.data.verdict, event.data.at)
    case 'shadow.would-have-halted': {
      const { watched } = state
      if (watched === null) return state
      const shadows = [...(watched.shadows ?? []), event.data.metric]
      return { ...state, watched: { ...watched, shadows } }
    }
    case 'health.changed':
      return evolveHealth(state, event.data.changes, event.data.at)
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
    case 'signal.fired': {
      const { signal, group, effect, at } = event.data
      const signals = withFired(state.signals, signal, { group, effect })
      return afterNews({ ...state, signals }, effect !== 'record', at)
    }
    case 'signal.resolved': {
      const { signal, group, at } = event.data
      const signals = withResolved(state.signals, signal)
      return afterNews({ ...state, signals }, group !== null, at)
    }
    case 'report.received': {
      const { reporter, arm } = event.data
      const others = state.reports.filter((one) => one.reporter !== reporter)
      return { ...state, reports: [...others, { reporter, arm }] }
    }
    case 'source.heard':
    case 'source.silent': {
      const { source, because, at } = event.data
      const isHeard = event.type === 'source.heard'
      const sources = { ...state.sources, [source]: { isHeard, because } }
      return afterNews({ ...state, sources }, true, at)
    }
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

function testing(
  state: Rollout,
  { round, plan, at }: Extract<RolloutEvent, { type: 'group.testing' }>['data'],
): Rollout {
  const counted = { ...state, testings: state.testings + 1 }
  if (state.stage.at !== 'baking') return counted
  const tests = { round, begunAt: at, progress: planned(plan, at) }
  return { ...counted, stage: { ...state.stage, tests } }
}

function evolveStep(state: Rollout, event: StepEvent): Rollout {
  if (state.stage.at === 'baking' && state.stage.tests !== null) {
    const tests = { ...state.stage.tests, progress: evolvePlan(state.stage.tests.progress, event) }
    return { ...state, stage: { ...state.stage, tests } }
  }
  if (state.stage.at !== 'opening') return state
  const progress = evolvePlan(state.stage.progress, event)
  const current = progress.plan[progress.index]
  const routed =
    event.type === 'step.began' && current?.action.kind === 'route'
      ? withRoute(state, current.action.route, event.data.at)
      : state
  if (progress.mode !== 'done') return { ...routed, stage: { ...state.stage, progress } }
  return baking(routed, state.stage.index, event.data.at)
}

/** The router is asked for a share: from now on users may have it. */
export function withRoute(state: Rollout, route: Route, at: Instant): Rollout {
  const { buckets } = route
  const index = indexOf(state)
  return { ...state, route, exposures: [...state.exposures, { index, buckets, at }] }
}

/**
 * News from outside may break the unbroken stretch of good health, which then begins anew once all is
 * quiet again; and a group that was not opened because of it has its turn.
 */
function afterNews(state: Rollout, counts: boolean, at: Instant): Rollout {
  const { stage } = state
  const clear = isClear(state)
  if (stage.at === 'waiting' && stage.for === 'signals' && clear)
    return { ...state, stage: { ...stage, for: 'turn', until: at } }
  if (stage.at !== 'baking' || !counts) return state
  const isWell =
    clear &&
    stage.verdict !== null &&
    isOk(stage.verdict) &&
    !isIll(groupHealth(state, stage.index))
  return { ...state, stage: { ...stage, healthySince: isWell ? at : null } }
}

function evolveVerdict(state: Rollout, verdict: Verdict, at: Instant): Rollout {
  const groups = withVerdict(state, verdict)
  if (state.stage.at !== 'baking') return { ...state, groups }
  const healthySince = wellSince(state, verdict, at)
  return { ...state, groups, stage: { ...state.stage, verdict, healthySince } }
}

/** Illness breaks the stretch of good health; it begins anew once all is well again. */
function evolveHealth(state: Rollout, changes: readonly HealthChange[], at: Instant): Rollout {
  const next = { ...state, health: noteHealth(state.health, changes, at) }
  const { stage } = state
  if (stage.at !== 'baking' || stage.verdict === null) return next
  return { ...next, stage: { ...stage, healthySince: wellSince(next, stage.verdict, at) } }
}

/** The start of the unbroken stretch in which neither the verdict nor the health of the group spoke against it. */
function wellSince(state: Rollout, verdict: Verdict, at: Instant): Instant | null {
  const { stage } = state
  if (stage.at !== 'baking' || !isOk(verdict) || !isClear(state)) return null
  return isIll(groupHealth(state, stage.index)) ? null : (stage.healthySince ?? at)
}

function halted(state: Rollout, failing: Failing, haltedAt: Instant): Rollout {
  const { stage, watched } = state
  const groups = failing.verdict === null ? state.groups : withVerdict(state, failing.verdict)
  // Evidence may cross while the next group is waited for or opened: the exposed group failed.
  const judgedIndex = blamesGroup(failing) ? watched?.index : undefined
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

function blamesGroup({ kind }: Failing): boolean {
  return kind === 'verdict' || kind === 'health' || kind === 'alert' || kind === 'report'
}

function resumed(state: Rollout, at: Instant): Rollout {
  const going: Rollout = { ...state, paused: null, reports: [], reminded: { times: 0, at } }
  const { stage } = state
  if (stage.at === 'baking') {
    // A test that could not be run is run again, with the whole round it belongs to.
    const tests = stage.tests?.progress.mode === 'failed' ? null : stage.tests
    return { ...going, stage: { ...stage, since: at, tests } }
  }
  if (stage.at === 'opening' && stage.progress.mode === 'failed') {
    const turn = { at: 'waiting', index: stage.index, for: 'turn', until: at } as const
    return { ...going, openings: state.openings + 1, stage: turn }
  }
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
    // How the group was before is no evidence of how it is.
    health: forgetHealth(state.health, { kind: 'group', name: groupAt(state, index).name }),
    watched,
    stage: { at: 'baking', index, since, healthySince: null, verdict: null, tests: null },
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
