import type { JournalHead } from '../core/backtest/journal.ts'
import { judge, verdictKind } from '../core/detect/judge.ts'
import type { Learnt } from '../core/detect/lessons.ts'
import type { Poll, Reading } from '../core/detect/reading.ts'
import type { AskedSplit } from '../core/detect/split.ts'
import {
  type Baseline,
  baselineOf,
  learnFrom,
  observe,
  sourceFailed,
  startWatch,
  worstRoutes,
} from '../core/detect/watch.ts'
import { WATCH_VERSION, type WatchState } from '../core/detect/watch-state.ts'
import { type HealthWatch, NEW_HEALTH_WATCH } from '../core/health/watch-health.ts'
import type { DriverFailure } from '../core/kernel/failure.ts'
import type { Instant, Millis } from '../core/kernel/instant.ts'
import { type Result, yes } from '../core/kernel/result.ts'
import { candidateStack, controlStack, groupAt, type Rollout } from '../core/rollout/state.ts'
import type { Metric } from '../core/strategy/schema.ts'
import { BUCKETS } from '../core/words/exposure-share.ts'
import type { Verdict, VerdictKind } from '../core/words/verdict.ts'
import type { Clock } from '../ports/clock.ts'
import type { Drivers } from '../ports/drivers.ts'
import type { Recorder } from '../ports/recorder.ts'
import { LATENCY_EDGES_MS, type StackCounts, type TrafficSample } from '../ports/router.ts'
import type { Watch as TelemetryWatch } from '../ports/telemetry.ts'
import type { TelemetryBatch } from './telemetry-batch.ts'

/**
 * One lost answer is a hiccup; from this many in a row on the source counts as failing, which
 * breaks a bake. Data that grows old meanwhile is no data in any case.
 */
const SILENCE_MAX = 3

/** A user who sticks to an arm sends about ten requests where one was drawn. */
const STICKY_WORTH = 0.1

/** What is remembered of one watch; it may be lost, which only delays. */
export interface Measuring {
  readonly watch: string
  /** The group that is watched, by name. */
  readonly group: string
  readonly state: WatchState
  /** How often in a row each source could not be read. */
  readonly silence: Readonly<Record<string, number>>
  /** The control as learnt before this watch. */
  readonly baseline: Baseline | null
  readonly traffic: TrafficSample | null
  /** What good rollouts taught before this one, and what the groups before this watch add if all ends well. */
  readonly learnt: Learnt
  readonly taught: Learnt
  readonly health: HealthWatch
}

export interface MeasureContext {
  readonly drivers: Drivers
  readonly clock: Clock
  readonly telemetry: TelemetryBatch
  readonly recorder?: Recorder
}

/** Begins a watch. What an earlier watch learnt of the control comes along; its evidence does not. */
export function beginMeasuring(
  rollout: Rollout,
  watch: string,
  index: number,
  before: Measuring | null,
  learnt: Learnt,
  now: Instant,
  bake: Millis = groupAt(rollout, index).bake,
): Measuring {
  const { detection, exposure } = rollout.strategy
  const baseline = before === null ? null : baselineOf(before.state)
  const exposing = exposure.groups.filter(({ share }) => share > 0).length
  const group = { ...groupAt(rollout, index), bake }
  const split = askedSplit(rollout)
  const common = { startedAt: now, group, groups: exposing, detection, baseline, learnt }
  const state = startWatch(split === null ? common : { ...common, split })
  const { name } = group
  return {
    watch,
    group: name,
    state,
    silence: {},
    baseline,
    traffic: before?.traffic ?? null,
    health: NEW_HEALTH_WATCH,
    learnt,
    taught: before === null ? learnt : taughtBy(before),
  }
}

/**
 * How the router was asked to split the requests. Null while nobody is exposed, and where a cohort gets the
 * candidate whatever its bucket: nobody knows how many requests that is.
 */
function askedSplit({ route, strategy }: Rollout): AskedSplit | null {
  if (route === null || route.buckets === 0 || route.cohort.length > 0) return null
  const { traffic } = strategy
  const isSticky = traffic.driver === 'builtin' && traffic.subjectHeader !== undefined
  return { share: route.buckets / BUCKETS, worth: isSticky ? STICKY_WORTH : 1 }
}

/** What is known of the workload's habits once this watch has ended well too. */
export function taughtBy({ taught, state }: Measuring): Learnt {
  return learnFrom(taught, state)
}

/** A remembered watch, if it is the one that is wanted and of a shape that this version reads. */
export function resumeMeasuring(saved: unknown, watch: string): Measuring | null {
  const found = remembered(saved)
  return found?.watch === watch ? found : null
}

/** What was remembered last, whatever it watched, if this version reads its shape. */
export function remembered(saved: unknown): Measuring | null {
  return isMeasuring(saved) ? saved : null
}

/** Checkpoints are written by this very file: the version vouches for the rest of the shape. */
function isMeasuring(saved: unknown): saved is Measuring {
  if (typeof saved !== 'object' || saved === null || !('state' in saved)) return false
  if (!('health' in saved)) return false
  const { state } = saved
  const version =
    typeof state === 'object' && state !== null && 'version' in state ? state.version : null
  return version === WATCH_VERSION
}

/** Reads every source once and takes in what they answered. */
export async function measureOnce(
  measuring: Measuring,
  rollout: Rollout,
  context: MeasureContext,
  signal: AbortSignal,
): Promise<Measuring> {
  const traffic = await readRouter(rollout, context, signal)
  let next = traffic.ok
    ? heard(
        { ...measuring, traffic: traffic.value },
        routerPoll(rollout, traffic.value),
        rollout,
        context,
      )
    : unheard(measuring, 'router', traffic.problem.detail, rollout, context)
  const sources = new Set(rollout.strategy.detection.metrics.map(({ source }) => source))
  sources.delete('router')
  for (const source of sources) {
    const answer = await readSource(source, rollout, measuring.group, context)
    if (!answer.ok) next = unheard(next, source, answer.problem.detail, rollout, context)
    else if (answer.value.broken === null) next = heard(next, answer.value.poll, rollout, context)
    else {
      // What could be read is evidence all the same; what could not keeps the group from passing.
      const { poll, broken } = answer.value
      const { silence } = next
      next = unheard(
        { ...heard(next, poll, rollout, context), silence },
        source,
        broken,
        rollout,
        context,
      )
    }
  }
  return next
}

function heard(
  measuring: Measuring,
  poll: Poll,
  rollout: Rollout,
  { clock, recorder }: MeasureContext,
): Measuring {
  const at = clock.now()
  recorder?.note(headOf(rollout), { kind: 'heard', at, poll })
  const { [poll.source]: _, ...silence } = measuring.silence
  return { ...measuring, silence, state: observe(measuring.state, poll, at) }
}

function unheard(
  measuring: Measuring,
  source: string,
  because: string,
  rollout: Rollout,
  { clock, recorder }: MeasureContext,
): Measuring {
  const times = (measuring.silence[source] ?? 0) + 1
  const silence = { ...measuring.silence, [source]: times }
  if (times < SILENCE_MAX) return { ...measuring, silence }
  recorder?.note(headOf(rollout), { kind: 'failed', at: clock.now(), source, because })
  return { ...measuring, silence, state: sourceFailed(measuring.state, source, because) }
}

/** The rollout as its recording names it. */
export function headOf({ id, workload, release }: Rollout): JournalHead {
  return { rollout: id, workload, release }
}

/** The kind of verdict alone: cheap enough for every look of every rollout. */
export function kindNow(measuring: Measuring, now: Instant): VerdictKind {
  return verdictKind(measuring.state, now)
}

export function judgeNow(
  measuring: Measuring,
  now: Instant,
): { readonly verdict: Verdict; readonly routes: readonly string[] } {
  const verdict = judge(measuring.state, now)
  const routes =
    verdict.kind === 'fail' ? worstRoutes(measuring.state).map(({ route }) => route) : []
  return { verdict, routes }
}

async function readRouter(rollout: Rollout, { drivers }: MeasureContext, signal: AbortSignal) {
  const router = await drivers.router(rollout.strategy)
  return router.ok ? router.value.count(signal) : router
}

const NOTHING_SERVED: StackCounts = {
  requests: 0,
  errors: 0,
  latency: [...LATENCY_EDGES_MS, 0].map(() => 0),
  routes: {},
}

function routerPoll(rollout: Rollout, sample: TrafficSample): Poll {
  const metrics = rollout.strategy.detection.metrics.filter(({ source }) => source === 'router')
  const readings = metrics.flatMap((metric) =>
    arms(rollout).map(({ arm, stack }) => {
      // A router lists a stack from its first request on: until then it has served none.
      return routerReading(metric, arm, sample, sample.stacks[stack] ?? NOTHING_SERVED)
    }),
  )
  return { source: 'router', readings }
}

function routerReading(
  metric: Metric,
  arm: Reading['arm'],
  sample: TrafficSample,
  counts: StackCounts,
): Reading {
  const { at, epoch } = sample
  const { requests, errors, latency, routes } = counts
  const base = { metric: metric.name, arm, at, epoch, requests, errors }
  if (metric.kind === 'error-rate') return { ...base, edgesMs: [], latency: [], routes }
  const edgesMs = latency.length === 0 ? [] : LATENCY_EDGES_MS
  return { ...base, edgesMs, latency }
}

async function readSource(
  source: string,
  rollout: Rollout,
  group: string,
  { drivers, telemetry }: MeasureContext,
): Promise<Result<{ readonly poll: Poll; readonly broken: string | null }, DriverFailure>> {
  const opened = await drivers.source(rollout.strategy, source)
  if (!opened.ok) return opened
  const watches = telemetryWatches(rollout, source, group)
  const answer = await telemetry.read(
    opened.value,
    watches.map(({ watch }) => watch),
    rollout.strategy.detection.every,
  )
  if (!answer.ok) return answer
  const readings = answer.value.readings.flatMap((found): readonly Reading[] => {
    const asked = watches.find(({ watch }) => watch.key === found.key)
    if (asked === undefined) return []
    const { key: _, ...counters } = found
    return [{ ...counters, metric: asked.metric, arm: asked.arm, epoch: source }]
  })
  const unread = answer.value.unread.flatMap(({ key, kind, because }) => {
    const asked = watches.find(({ watch }) => watch.key === key)
    return asked === undefined ? [] : [{ ...asked, kind, because }]
  })
  // A shadow metric is never heard, not even when it cannot be read.
  const broken = unread.find(({ kind, shadow }) => kind === 'broken' && !shadow)
  return yes({ poll: { source, readings, absences: unread }, broken: broken?.because ?? null })
}

function telemetryWatches(
  rollout: Rollout,
  source: string,
  group: string,
): readonly {
  readonly metric: string
  readonly shadow: boolean
  readonly arm: Reading['arm']
  readonly watch: TelemetryWatch
}[] {
  const metrics = rollout.strategy.detection.metrics.filter((metric) => metric.source === source)
  return metrics.flatMap((metric) =>
    arms(rollout).map(({ arm, stack, release }) => {
      const { requests, errors, buckets, value } = metric.query ?? {}
      const query = {
        ...(requests === undefined ? {} : { requests }),
        ...(errors === undefined ? {} : { errors }),
        ...(buckets === undefined ? {} : { buckets }),
        ...(value === undefined ? {} : { value }),
      }
      const labels = { workload: rollout.workload, stack, release, rollout: rollout.id, group }
      const key = `${rollout.id}/${metric.name}/${arm}`
      const { name, shadow } = metric
      return {
        metric: name,
        shadow,
        arm,
        watch: { key, metric: name, kind: metric.kind, query, labels },
      }
    }),
  )
}

function arms(
  rollout: Rollout,
): readonly { readonly arm: Reading['arm']; readonly stack: string; readonly release: string }[] {
  return [
    { arm: 'candidate', stack: candidateStack(rollout), release: rollout.release },
    { arm: 'control', stack: controlStack(rollout), release: rollout.baseline?.release ?? '' },
  ]
}
