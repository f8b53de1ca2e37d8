import type { Instant, Millis } from '../kernel/instant.ts'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import { budgetOf } from '../strategy/objective.ts'
import type { Metric } from '../strategy/schema.ts'
import { add, type Counts, NOTHING, type Tally, tally, type Watermark } from './counter.ts'
import {
  type ErrorEvidence,
  errorLogE,
  growErrorEvidence,
  newErrorEvidence,
} from './error-evidence.ts'
import { clockWasPutRight } from './freshness.ts'
import {
  type GaugeEvidence,
  gaugeLogE,
  growGaugeEvidence,
  newGaugeEvidence,
  type Spread,
  tookSample,
} from './gauge-evidence.ts'
import type { Habits } from './habits.ts'
import {
  growLatencyEvidence,
  type LatencyEvidence,
  latencyLogE,
  NO_LATENCY_EVIDENCE,
} from './latency-evidence.ts'
import type { Absence, Arm, Reading } from './reading.ts'
import type { Slice } from './slice.ts'
import { total } from './statistics/histogram.ts'

/**
 * A slice waits this long for the other arm. Shorter would throw away errors that came while the
 * control happened to be idle; longer would hold evidence back on a workload with hardly any traffic.
 */
const SLICE_MAX: Millis = 10 * SECOND
/** Without a request of the candidate the control is gathered this long; longer, and its rate could have drifted meanwhile. */
const GATHER_MAX: Millis = MINUTE
/** The memory of the arms' shares, in requests: long enough to be calm, short enough to notice a switch within seconds. */
const SHARE_MEMORY = 100

/** One arm of one metric: what was read last, what was judged, and what waits for the other arm. */
export interface ArmWatch {
  readonly watermark: Watermark | null
  /** Our own time when the watermark last moved; a source with a wrong clock cannot look fresh by it. */
  readonly movedAt: Instant | null
  /** Why the source has nothing of this arm, where it says so; null once it has. */
  readonly absence: string | null
  readonly judged: Counts
  readonly pending: Counts
}

type Evidence = ErrorEvidence | LatencyEvidence | GaugeEvidence

/** One metric within one group: O(1) state, JSON. */
export interface MetricWatch {
  readonly name: string
  readonly source: string
  readonly kind: Metric['kind']
  readonly tolerance: number
  /** Tolerated on top, in the metric's unit: a share of the requests, milliseconds, or the gauge's own. */
  readonly allow: number
  /** The share of requests that may fail by the workload's objective; null without one. */
  readonly budget: number | null
  readonly severity: NonNullable<Metric['severity']>
  /** Share of the false-alarm budget; the acting metrics' weights sum to one. */
  readonly weight: number
  readonly shadow: boolean
  /** When a shadow metric would have halted the rollout, and why; later calm does not take it back. */
  readonly wouldHaveHalted: { readonly at: Instant; readonly because: string } | null
  readonly arms: Readonly<Record<Arm, ArmWatch>>
  readonly edgesMs: readonly number[]
  /** Why the readings cannot be compared, or null. */
  readonly problem: string | null
  /** The control as learnt before this group. Never evidence about the candidate. */
  readonly baseline: Counts
  readonly sliceOpenedAt: Instant
  /** Requests per arm in recent memory, fading. */
  readonly recent: Readonly<Record<Arm, number>>
  readonly evidence: Evidence
  /** ln E of the evidence. */
  readonly logE: number
  /** What healthy releases of this workload do, as far as it is known. */
  readonly habits: Habits
}

/** One metric of the control, as it was before. */
export interface MetricBaseline {
  readonly counts: Counts
  readonly edgesMs: readonly number[]
  /** What a gauge showed. */
  readonly gauge?: Spread
}

const UNREAD: ArmWatch = {
  watermark: null,
  movedAt: null,
  absence: null,
  judged: NOTHING,
  pending: NOTHING,
}

export function newMetricWatch(
  metric: Metric,
  weight: number,
  opened: { readonly at: Instant; readonly bake: Millis },
  baseline: MetricBaseline | undefined,
  habits: Habits,
): MetricWatch {
  const { name, source, kind, tolerance, shadow } = metric
  return {
    name,
    source,
    kind,
    tolerance,
    allow: metric.allow?.amount ?? 0,
    budget: metric.slo === undefined ? null : budgetOf(metric.slo),
    severity: metric.severity ?? 'major',
    weight,
    shadow,
    wouldHaveHalted: null,
    arms: { candidate: UNREAD, control: UNREAD },
    edgesMs: baseline?.edgesMs ?? [],
    problem: null,
    baseline: baseline?.counts ?? NOTHING,
    sliceOpenedAt: opened.at,
    recent: { candidate: 0, control: 0 },
    evidence: newEvidence(metric, opened.bake, baseline?.gauge, habits),
    logE: 0,
    habits,
  }
}

function newEvidence(
  metric: Metric,
  bake: Millis,
  before: Spread | undefined,
  habits: Habits,
): Evidence {
  switch (metric.kind) {
    case 'error-rate':
      return newErrorEvidence(metric.tolerance, bake, habits)
    case 'latency':
      return NO_LATENCY_EVIDENCE
    case 'gauge':
      return newGaugeEvidence(metric.direction ?? 'increase', before)
  }
}

/** Takes in one reading; what is new in it waits until both arms can be judged over the same stretch. */
export function takeIn(metric: MetricWatch, reading: Reading, now: Instant): MetricWatch {
  const arm = metric.arms[reading.arm]
  if (metric.evidence.kind === 'gauge' && !Number.isFinite(reading.gauge?.mean)) return metric
  const news = tally(markFor(arm, reading, now), measured(metric.kind, reading))
  if (news === null) return metric
  if (metric.kind === 'latency') {
    if (reading.latency.length === 0) return metric
    if (metric.edgesMs.length > 0 && !sameEdges(metric.edgesMs, reading.edgesMs)) {
      return { ...metric, ...startOver(metric, reading) }
    }
  }
  const pending = news.fresh === null ? arm.pending : add(arm.pending, news.fresh)
  const next = { ...arm, watermark: news.watermark, movedAt: now, absence: null, pending }
  const edgesMs = metric.kind === 'latency' ? reading.edgesMs : metric.edgesMs
  const arms = { ...metric.arms, [reading.arm]: next }
  return {
    ...metric,
    edgesMs,
    problem: null,
    arms,
    evidence: sampled(metric.evidence, reading, news),
  }
}

/** Takes in that the source has nothing of this arm, and why. */
export function takeAbsence(metric: MetricWatch, { arm, because }: Absence): MetricWatch {
  const arms = { ...metric.arms, [arm]: { ...metric.arms[arm], absence: because } }
  return { ...metric, arms }
}

/** The counters to take the difference from; a mark in the future would hide everything until then. */
function markFor({ watermark }: ArmWatch, reading: Reading, now: Instant): Watermark | null {
  if (watermark === null || !clockWasPutRight(watermark.at, reading.at, now)) return watermark
  return { ...watermark, at: reading.at - 1 }
}

/** A gauge keeps the sample itself; like a counter, its first reading only marks the start. */
function sampled(evidence: Evidence, { arm, at, gauge }: Reading, { fresh }: Tally): Evidence {
  if (evidence.kind !== 'gauge' || gauge === undefined || fresh === null) return evidence
  return tookSample(evidence, arm, { at, mean: gauge.mean })
}

/** A latency metric counts the requests whose latency it knows, so that both say the same; a gauge counts none. */
function measured(kind: MetricWatch['kind'], reading: Reading): Reading {
  switch (kind) {
    case 'error-rate':
      return reading
    case 'latency':
      return { ...reading, requests: total(reading.latency), errors: 0 }
    case 'gauge':
      return { ...reading, requests: 0, errors: 0, edgesMs: [], latency: [] }
  }
}

/**
 * Buckets that changed cannot be compared. While nothing was read yet only the baseline is
 * dropped; afterwards the metric says that it cannot be judged.
 */
function startOver(metric: MetricWatch, reading: Reading): Partial<MetricWatch> {
  const untouched = metric.arms.candidate === UNREAD && metric.arms.control === UNREAD
  if (untouched) return { baseline: NOTHING, edgesMs: [] }
  return {
    problem: `${metric.name}: the ${reading.arm}'s latency buckets differ from those before; let both arms report the same bucket edges`,
  }
}

function sameEdges(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((edge, k) => edge === b[k])
}

/** What a watch knows about the group when it closes a slice. */
export interface SliceSetting {
  readonly now: Instant
  readonly startedAt: Instant
  readonly bakeMs: Millis
  /** False once the group's share leaves the control too little traffic to be compared with. */
  readonly controlExpected: boolean
  readonly margin: number
}

/** Judges what waits, if it is ripe: both arms' differences over the same stretch, once. */
export function closeSlice(metric: MetricWatch, setting: SliceSetting): MetricWatch {
  if (metric.evidence.kind === 'gauge') return comparePair(metric, metric.evidence, setting)
  if (!ripe(metric, setting)) return metric
  const { candidate, control } = metric.arms
  const recent = remember(metric)
  const slice: Slice = {
    candidate: candidate.pending,
    control: control.pending,
    past: add(metric.baseline, control.judged),
    company: setting.controlExpected ? companyOf(recent) : 'alone',
    tolerance: metric.tolerance,
    allow: metric.allow,
    budget: metric.budget,
    age: Math.max(0, setting.now - setting.startedAt),
    elapsed: Math.max(0, setting.now - metric.sliceOpenedAt),
    bake: setting.bakeMs,
    habits: metric.habits,
    margin: setting.margin,
    edgesMs: metric.edgesMs,
  }
  return {
    ...metric,
    ...weigh(metric.evidence, slice),
    recent,
    sliceOpenedAt: setting.now,
    arms: { candidate: judge(candidate), control: judge(control) },
  }
}

/** A gauge has no requests to gather: it is judged whenever both arms have shown a new value. */
function comparePair(
  metric: MetricWatch,
  before: GaugeEvidence,
  { now, startedAt, bakeMs, controlExpected }: SliceSetting,
): MetricWatch {
  if (!controlExpected) return metric
  const { tolerance, allow, habits } = metric
  const { noise } = habits
  const age = Math.max(0, now - startedAt)
  const evidence = growGaugeEvidence(before, { tolerance, allow, age, bake: bakeMs, noise })
  return evidence === before ? metric : { ...metric, evidence, logE: gaugeLogE(evidence) }
}

function weigh(
  before: ErrorEvidence | LatencyEvidence,
  slice: Slice,
): Pick<MetricWatch, 'evidence' | 'logE'> {
  if (before.kind === 'latency') {
    const evidence = growLatencyEvidence(before, slice)
    return { evidence, logE: latencyLogE(evidence) }
  }
  const evidence = growErrorEvidence(before, slice)
  return { evidence, logE: errorLogE(evidence, slice.habits) }
}

function judge(arm: ArmWatch): ArmWatch {
  return { ...arm, judged: add(arm.judged, arm.pending), pending: NOTHING }
}

/** Depends on how many requests there were and never on how they went, so that waiting cannot favour an outcome. */
function ripe({ arms, sliceOpenedAt }: MetricWatch, setting: SliceSetting): boolean {
  const [n1, n0] = [arms.candidate.pending.requests, arms.control.pending.requests]
  const age = setting.now - sliceOpenedAt
  if (n1 === 0) return n0 > 0 && age >= GATHER_MAX
  return n0 > 0 || !setting.controlExpected || age >= SLICE_MAX
}

function remember({ arms, recent }: MetricWatch): MetricWatch['recent'] {
  const [n1, n0] = [arms.candidate.pending.requests, arms.control.pending.requests]
  const fading = Math.exp(-(n1 + n0) / SHARE_MEMORY)
  return { candidate: recent.candidate * fading + n1, control: recent.control * fading + n0 }
}

function companyOf({ candidate, control }: MetricWatch['recent']): Slice['company'] {
  const share = control / (candidate + control)
  if (share < CONTROL_SHARE_MIN) return 'alone'
  return share < CONTROL_SHARE_AMPLE ? 'even' : 'beside'
}

/** Below this share of the traffic the control says too little about the present to be compared with. */
export const CONTROL_SHARE_MIN = 0.2
/** Above this share the control's own successes add nothing to what its errors say. */
const CONTROL_SHARE_AMPLE = 0.75
