import type { Instant } from '../kernel/instant.ts'
import type { Group, Strategy } from '../strategy/schema.ts'
import { BUCKETS } from '../words/exposure-share.ts'
import { add } from './counter.ts'
import { failingVerdict, shadowed } from './failing-verdict.ts'
import { controlSeen } from './gauge-evidence.ts'
import { habitsFrom, type Learnt, learn } from './lessons.ts'
import {
  type ArmWatch,
  CONTROL_SHARE_MIN,
  closeSlice,
  type MetricBaseline,
  type MetricWatch,
  newMetricWatch,
  takeAbsence,
  takeIn,
} from './metric-watch.ts'
import { marginOf } from './not-worse.ts'
import type { Poll } from './reading.ts'
import {
  excessRoutes,
  newRouteTable,
  routeBaseline,
  type Tried,
  takeInRoutes,
  type WorstRoute,
} from './routes.ts'
import { type AskedSplit, newSplitWatch, type SplitWatch, watchSplit } from './split.ts'
import { WATCH_VERSION, type WatchState } from './watch-state.ts'
import { weightsOf } from './weights.ts'

/** The source whose requests are split on purpose; what others count may differ between the arms by itself. */
const ROUTER = 'router'

/** The control as learnt before a group: what a group without concurrent control is compared with. */
export interface Baseline {
  readonly metrics: Readonly<Record<string, MetricBaseline>>
  readonly routes: Readonly<Record<string, Tried>>
}

/** What detection must know about the group it is to watch. */
export interface WatchConfig {
  readonly startedAt: Instant
  readonly group: Pick<Group, 'share' | 'bake' | 'minExposure'>
  /** In how many groups of this rollout the false-alarm budget is shared. */
  readonly groups: number
  readonly detection: Pick<Strategy['detection'], 'falseAlarms' | 'staleAfter' | 'metrics'>
  readonly baseline: Baseline | null
  /** How the router was asked to split the requests; absent where that cannot be said in numbers. */
  readonly split?: AskedSplit
  /** What past good groups of this workload taught, by metric. */
  readonly learnt?: Learnt
}

/**
 * Begins to watch one group. No evidence is carried over from other groups; a baseline only tells
 * what the control is like. The strategy's `falseAlarms` holds for the whole rollout: each group
 * gets an equal part, α/groups, so that by the union bound all groups together stay within it
 * (an equal split costs ln(groups) nats and favours no group).
 */
export function startWatch(config: WatchConfig): WatchState {
  const { group, detection, startedAt, baseline } = config
  const weights = weightsOf(detection.metrics)
  const opened = { at: startedAt, bake: group.bake }
  const metrics = detection.metrics.map((metric, index) => {
    const weight = weights[index] ?? 0
    const habits = habitsFrom(config.learnt?.[metric.name])
    return newMetricWatch(metric, weight, opened, baseline?.metrics[metric.name], habits)
  })
  return {
    version: WATCH_VERSION,
    startedAt,
    bakeMs: group.bake,
    minExposure: Math.max(1, group.minExposure),
    margin: marginOf(group.minExposure),
    controlExpected: group.share <= BUCKETS * (1 - CONTROL_SHARE_MIN),
    staleAfter: detection.staleAfter,
    logFire: Math.log(Math.max(1, config.groups) / detection.falseAlarms),
    metrics,
    failing: {},
    routes: newRouteTable(baseline?.routes ?? {}),
    split: config.split === undefined ? null : newSplitWatch(config.split, startedAt),
    fired: null,
  }
}

/**
 * Takes in what one source answered. Every request counts once, whatever is repeated, late or out
 * of order; a lost poll only delays.
 */
export function observe(state: WatchState, poll: Poll, now: Instant): WatchState {
  const setting = { ...state, now }
  const metrics = state.metrics.map((metric) => {
    if (metric.source !== poll.source) return metric
    const own = poll.readings.filter((reading) => reading.metric === metric.name)
    const absences = (poll.absences ?? []).filter((absence) => absence.metric === metric.name)
    const told = absences.reduce(takeAbsence, metric)
    const taken = own.reduce((watch, reading) => takeIn(watch, reading, now), told)
    return shadowed(closeSlice(taken, setting), state, now)
  })
  const { [poll.source]: _, ...failing } = state.failing
  const routes = poll.readings.reduce(takeInRoutes, state.routes)
  const split = poll.source === ROUTER ? splitSeen(state.split, metrics, now) : state.split
  const next = { ...state, metrics, failing, routes, split }
  return next.fired === null ? { ...next, fired: failingVerdict(next) } : next
}

/** By the router's own count, the fullest that there is: of errors rather than of known latencies. */
function splitSeen(
  split: SplitWatch | null,
  metrics: readonly MetricWatch[],
  now: Instant,
): SplitWatch | null {
  const counting = metrics.find(({ source, kind }) => source === ROUTER && kind === 'error-rate')
  if (split === null || counting === undefined) return split
  const { candidate, control } = counting.arms
  return watchSplit(split, { candidate: servedBy(candidate), control: servedBy(control) }, now)
}

function servedBy({ judged, pending }: ArmWatch): number {
  return judged.requests + pending.requests
}

/** Takes in that a source could not be read. Its metrics are in `error` until it answers again. */
export function sourceFailed(state: WatchState, source: string, because: string): WatchState {
  return { ...state, failing: { ...state.failing, [source]: because } }
}

/**
 * The control as this watch knows it, for the next group's `startWatch`. A watch that runs before
 * the first group opens teaches a blue-green switch what its control was like.
 */
export function baselineOf(state: WatchState): Baseline {
  return {
    metrics: Object.fromEntries(
      state.metrics.map((metric) => [metric.name, metricBaseline(metric)]),
    ),
    routes: routeBaseline(state.routes),
  }
}

function metricBaseline({ baseline, arms, edgesMs, evidence }: MetricWatch): MetricBaseline {
  // What still waits for the candidate is known of the control all the same.
  const { judged, pending } = arms.control
  const known = { counts: add(add(baseline, judged), pending), edgesMs }
  return evidence.kind === 'gauge' ? { ...known, gauge: controlSeen(evidence) } : known
}

/**
 * What is known of the workload's habits after a group of a release that turned out well. A watch that
 * fired teaches too, up to then: whoever knew better and let the release go on has called it a false
 * alarm, and without learning from it there would be one in every rollout.
 */
export function learnFrom(before: Learnt, { metrics }: WatchState): Learnt {
  const lessons = metrics.flatMap(({ name, evidence }) => {
    const lesson = evidence.kind === 'gauge' ? undefined : learn(before[name], evidence)
    return lesson === undefined ? [] : [[name, lesson] as const]
  })
  return { ...before, ...Object.fromEntries(lessons) }
}

/** The routes on which the candidate really fails more than the control, the clearest first; so a decision knows what failed. */
export function worstRoutes(state: WatchState): readonly WorstRoute[] {
  const tolerance = state.metrics.find(({ kind }) => kind === 'error-rate')?.tolerance ?? 1
  return excessRoutes(state.routes, tolerance)
}
