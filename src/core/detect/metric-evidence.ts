import { isoInstant, sayDuration } from '../kernel/instant.ts'
import type { ArmNumbers, MetricEvidence } from '../words/verdict.ts'
import type { GaugeEvidence, Spread } from './gauge-evidence.ts'
import { type LatencyEvidence, leadingEdge } from './latency-evidence.ts'
import type { MetricWatch } from './metric-watch.ts'
import { sayAmount, sayCount, sayOdds, sayShareOf } from './say-numbers.ts'
import { above, total } from './statistics/histogram.ts'

/** Both arms of a metric in the numbers that people ask for, and the sentence that compares them. */
export interface Comparison {
  readonly candidate: ArmNumbers
  readonly control: ArmNumbers
  readonly sentence: string
}

/** Compares by failed requests, by requests slower than the edge at which the candidate stands out, or by means. */
export function compare(metric: MetricWatch): Comparison {
  switch (metric.evidence.kind) {
    case 'error-rate':
      return compareErrors(metric)
    case 'latency':
      return compareLatency(metric, metric.evidence)
    case 'gauge':
      return compareMeans(metric, metric.evidence)
  }
}

function compareErrors(metric: MetricWatch): Comparison {
  const { candidate } = metric.arms
  const { counts, where } = reference(metric)
  const one = { n: candidate.judged.requests, events: candidate.judged.errors }
  const other = { n: counts.requests, events: counts.errors }
  const sentence = `${metric.name}: candidate ${sayShareOf(one.events, one.n)} against ${where} ${sayShareOf(other.events, other.n)}`
  return { candidate: one, control: other, sentence }
}

function compareLatency(metric: MetricWatch, evidence: LatencyEvidence): Comparison {
  const { counts, where } = reference(metric)
  const edge = leadingEdge(evidence)
  const slower = (latency: readonly number[]): ArmNumbers => ({
    n: total(latency),
    events: edge === null ? 0 : above(latency, edge),
  })
  const [one, other] = [slower(metric.arms.candidate.judged.latency), slower(counts.latency)]
  if (edge === null) {
    return { candidate: one, control: other, sentence: `${metric.name}: no latencies compared yet` }
  }
  const limit = sayDuration(metric.edgesMs[edge] ?? 0)
  const sentence = `${metric.name}: slower than ${limit} were candidate ${sayShareOf(one.events, one.n)} against ${where} ${sayShareOf(other.events, other.n)}`
  return { candidate: one, control: other, sentence }
}

/** What the candidate is held against: the control beside it, or the one before it. */
function reference({ arms: { control }, baseline }: MetricWatch) {
  return control.judged.requests > 0
    ? { counts: control.judged, where: 'control' }
    : { counts: baseline, where: 'the control before' }
}

function compareMeans({ name }: MetricWatch, { seen, before }: GaugeEvidence): Comparison {
  const concurrent = seen.control.n > 0
  const [one, other] = [meanOf(seen.candidate), meanOf(concurrent ? seen.control : before)]
  const where = concurrent ? 'control' : 'the control before'
  const sentence = `${name}: candidate ${sayMean(one)} against ${where} ${sayMean(other)}`
  return { candidate: one, control: other, sentence }
}

function meanOf({ n, sum }: Spread): ArmNumbers {
  return n === 0 ? { n, events: 0 } : { n, events: 0, mean: sum / n }
}

function sayMean({ n, mean }: ArmNumbers): string {
  return mean === undefined ? 'not measured' : `${sayAmount(mean)} (mean of ${sayCount(n)})`
}

/** One metric's evidence, with the verdict and its reason as the caller found them. */
export function evidenceOf(
  metric: MetricWatch,
  logFire: number,
  verdict: MetricEvidence['verdict'],
  because: string,
): MetricEvidence {
  const { candidate, control } = compare(metric)
  return {
    metric: metric.name,
    verdict,
    because: metric.shadow ? `${because} (${sayShadow(metric)})` : because,
    candidate,
    control,
    ratio: ratioOf(candidate, control),
    logE: metric.logE,
    logEToFire: logFire - Math.log(metric.weight),
    ...(metric.shadow ? { shadow: { wouldHaveHaltedAt: metric.wouldHaveHalted?.at ?? null } } : {}),
  }
}

function sayShadow({ wouldHaveHalted }: MetricWatch): string {
  return wouldHaveHalted === null
    ? 'shadow: recorded, never acted on'
    : `shadow: it would have halted the rollout at ${isoInstant(wouldHaveHalted.at)}, and never acts`
}

/** The sentence of a metric that failed. */
export function sayFailure(metric: MetricWatch): string {
  return `${compare(metric).sentence}; a fair candidate would look this bad ${sayOdds(metric.logE)}`
}

function ratioOf(candidate: ArmNumbers, control: ArmNumbers): number | null {
  if (candidate.mean !== undefined || control.mean !== undefined) {
    const [one = 0, other = 0] = [candidate.mean, control.mean]
    return one > 0 && other > 0 ? one / other : null
  }
  if (candidate.n === 0 || control.n === 0 || control.events === 0) return null
  return candidate.events / candidate.n / (control.events / control.n)
}
