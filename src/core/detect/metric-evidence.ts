import { sayDuration } from '../kernel/instant.ts'
import type { MetricEvidence } from '../words/verdict.ts'
import { leadingEdge } from './latency-evidence.ts'
import type { MetricWatch } from './metric-watch.ts'
import type { Tried } from './routes.ts'
import { sayOdds, sayShareOf } from './say-numbers.ts'
import { above, total } from './statistics/histogram.ts'

/** Both arms of a metric in the numbers that people ask for, and the sentence that compares them. */
export interface Comparison {
  readonly candidate: Tried
  readonly control: Tried
  readonly sentence: string
}

/** Compares by failed requests, or by requests slower than the edge at which the candidate stands out. */
export function compare(metric: MetricWatch): Comparison {
  const { candidate, control } = metric.arms
  const concurrent = control.judged.requests > 0
  const reference = concurrent ? control.judged : metric.baseline
  const where = concurrent ? 'control' : 'the control before'
  if (metric.evidence.kind === 'error-rate') {
    const one = { n: candidate.judged.requests, events: candidate.judged.errors }
    const other = { n: reference.requests, events: reference.errors }
    const sentence = `${metric.name}: candidate ${sayShareOf(one.events, one.n)} against ${where} ${sayShareOf(other.events, other.n)}`
    return { candidate: one, control: other, sentence }
  }
  const edge = leadingEdge(metric.evidence)
  const slower = (latency: readonly number[]): Tried => ({
    n: total(latency),
    events: edge === null ? 0 : above(latency, edge),
  })
  const [one, other] = [slower(candidate.judged.latency), slower(reference.latency)]
  if (edge === null) {
    return { candidate: one, control: other, sentence: `${metric.name}: no latencies compared yet` }
  }
  const limit = sayDuration(metric.edgesMs[edge] ?? 0)
  const sentence = `${metric.name}: slower than ${limit} were candidate ${sayShareOf(one.events, one.n)} against ${where} ${sayShareOf(other.events, other.n)}`
  return { candidate: one, control: other, sentence }
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
    because: metric.shadow ? `${because} (shadow: recorded, never acted on)` : because,
    candidate,
    control,
    ratio: ratioOf(candidate, control),
    logE: metric.logE,
    logEToFire: logFire - Math.log(metric.weight),
  }
}

/** The sentence of a metric that failed. */
export function sayFailure(metric: MetricWatch): string {
  return `${compare(metric).sentence}; a fair candidate would look this bad ${sayOdds(metric.logE)}`
}

function ratioOf(candidate: Tried, control: Tried): number | null {
  if (candidate.n === 0 || control.n === 0 || control.events === 0) return null
  return candidate.events / candidate.n / (control.events / control.n)
}
