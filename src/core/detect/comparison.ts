import { sayDuration } from '../kernel/instant.ts'
import type { ArmNumbers } from '../words/verdict.ts'
import type { Counts } from './counter.ts'
import type { GaugeEvidence, Spread } from './gauge-evidence.ts'
import { type LatencyEvidence, leadingEdge } from './latency-evidence.ts'
import type { MetricWatch } from './metric-watch.ts'
import { sayAmount, sayCount, sayShareOf } from './say-numbers.ts'
import { above, total } from './statistics/histogram.ts'

/** Both arms of a metric in the numbers that people ask for. */
export interface Comparison {
  readonly candidate: ArmNumbers
  readonly control: ArmNumbers
  /** Whether the control ran beside the candidate; otherwise it is that of before. */
  readonly isBeside: boolean
  /** The bucket at whose upper edge latencies are compared; null for other kinds and before it is chosen. */
  readonly edge: number | null
}

/** Compares by failed requests, by requests slower than the edge at which the candidate stands out, or by means. */
export function compare(metric: MetricWatch): Comparison {
  switch (metric.evidence.kind) {
    case 'error-rate':
      return compareErrors(metric)
    case 'latency':
      return compareLatency(metric, metric.evidence)
    case 'gauge':
      return compareMeans(metric.evidence)
  }
}

/** `errors: candidate 34 of 412 (8.3 %) against control 3 of 7,790 (0.04 %)` */
export function sayComparison(metric: MetricWatch, comparison: Comparison): string {
  const { candidate, control, isBeside, edge } = comparison
  const where = isBeside ? 'control' : 'the control before'
  switch (metric.kind) {
    case 'error-rate':
      return `${metric.name}: candidate ${sayArm(candidate)} against ${where} ${sayArm(control)}`
    case 'latency': {
      if (edge === null) return `${metric.name}: no latencies compared yet`
      const limit = sayDuration(metric.edgesMs[edge] ?? 0)
      return `${metric.name}: slower than ${limit} were candidate ${sayArm(candidate)} against ${where} ${sayArm(control)}`
    }
    case 'gauge':
      return `${metric.name}: candidate ${sayMean(candidate)} against ${where} ${sayMean(control)}`
  }
}

function compareErrors(metric: MetricWatch): Comparison {
  const { counts, isBeside } = reference(metric)
  const candidate = failedOf(metric.arms.candidate.judged)
  return { candidate, control: failedOf(counts), isBeside, edge: null }
}

function failedOf({ requests, errors }: Counts): ArmNumbers {
  return { n: requests, events: errors }
}

function compareLatency(metric: MetricWatch, evidence: LatencyEvidence): Comparison {
  const { counts, isBeside } = reference(metric)
  const edge = leadingEdge(evidence)
  const slower = ({ latency }: Counts): ArmNumbers => ({
    n: total(latency),
    events: edge === null ? 0 : above(latency, edge),
  })
  const candidate = slower(metric.arms.candidate.judged)
  return { candidate, control: slower(counts), isBeside, edge }
}

function compareMeans({ seen, before }: GaugeEvidence): Comparison {
  const isBeside = seen.control.n > 0
  const control = meanOf(isBeside ? seen.control : before)
  return { candidate: meanOf(seen.candidate), control, isBeside, edge: null }
}

/** What the candidate is held against: the control beside it, or the one before it. */
export function reference({ arms: { control }, baseline }: MetricWatch): {
  readonly counts: Counts
  readonly isBeside: boolean
} {
  const isBeside = control.judged.requests > 0
  return { counts: isBeside ? control.judged : baseline, isBeside }
}

function meanOf({ n, sum }: Spread): ArmNumbers {
  return n === 0 ? { n, events: 0 } : { n, events: 0, mean: sum / n }
}

function sayArm({ events, n }: ArmNumbers): string {
  return sayShareOf(events, n)
}

function sayMean({ n, mean }: ArmNumbers): string {
  return mean === undefined ? 'not measured' : `${sayAmount(mean)} (mean of ${sayCount(n)})`
}
