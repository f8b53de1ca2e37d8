import type { Effect } from '../words/verdict.ts'
import { likelyRate } from './baseline-rate.ts'
import { type Comparison, reference } from './comparison.ts'
import { GAUGE_TEST, type GaugeEvidence, tolerable } from './gauge-evidence.ts'
import { CONTROL_SHARE_MIN, type MetricWatch } from './metric-watch.ts'
import { noticeableRatio } from './noticeable.ts'
import {
  quantileOf,
  ratioInterval,
  separateRatioInterval,
  slowdownInterval,
} from './statistics/confidence-sequence.ts'
import { detectableShift } from './statistics/detectable.ts'
import { detectableMean, meanInterval } from './statistics/mean-difference.ts'
import type { WatchState } from './watch-state.ts'

/** How sure the intervals are, at all looks together: what people read as "the interval". */
const CONFIDENCE = 0.95
const ALPHA = 1 - CONFIDENCE
/** The quantiles that people speak of; the one nearest to where the candidate stands out is shown. */
const SPOKEN_QUANTILES: readonly number[] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999]

/** What a metric is measured against. */
export type EffectSetting = Pick<WatchState, 'logFire' | 'controlExpected'>

/** How much worse the candidate is, with an interval that holds at every look; null while nothing can be said. */
export function effectOf(
  metric: MetricWatch,
  comparison: Comparison,
  setting: EffectSetting,
): Effect | null {
  switch (metric.evidence.kind) {
    case 'error-rate':
      return timesAsMany(comparison, setting)
    case 'latency':
      return timesAsSlow(metric, comparison)
    case 'gauge':
      return apartBy(metric.evidence, comparison)
  }
}

function timesAsMany(comparison: Comparison, setting: EffectSetting): Effect | null {
  const counts = countsOf(comparison)
  const isBeside = runsBeside(comparison, setting)
  const interval = (isBeside ? ratioInterval : separateRatioInterval)(counts, ALPHA)
  if (interval === null) return null
  const { n1, x1, n0, x0 } = counts
  const estimate = x0 > 0 ? x1 / n1 / (x0 / n0) : null
  return { measure: 'times-as-many', estimate, ...interval, confidence: CONFIDENCE }
}

function timesAsSlow(metric: MetricWatch, comparison: Comparison): Effect | null {
  const { control, edge } = comparison
  if (edge === null || control.n === 0) return null
  const below = 1 - control.events / control.n
  const [quantile] = SPOKEN_QUANTILES.toSorted((a, b) => Math.abs(a - below) - Math.abs(b - below))
  if (quantile === undefined) return null
  const arms = {
    candidate: metric.arms.candidate.judged.latency,
    control: reference(metric).counts.latency,
  }
  const interval = slowdownInterval(arms, metric.edgesMs, quantile, ALPHA)
  if (interval === null) return null
  const one = quantileOf(arms.candidate, metric.edgesMs, quantile)
  const other = quantileOf(arms.control, metric.edgesMs, quantile)
  const estimate = one === null || other === null || other === 0 ? null : one / other
  return { measure: 'times-as-slow', quantile, estimate, ...interval, confidence: CONFIDENCE }
}

function apartBy(evidence: GaugeEvidence, { candidate, control }: Comparison): Effect | null {
  const interval = meanInterval(evidence.apart, GAUGE_TEST, ALPHA)
  if (interval === null || candidate.mean === undefined || control.mean === undefined) return null
  const estimate = candidate.mean - control.mean
  return { measure: 'more-by', estimate, ...interval, confidence: CONFIDENCE }
}

/**
 * The smallest effect, in the measure of `effectOf`, that would have been noticed by now in about every
 * second case; null when nothing would have been. It is what makes a pass worth something.
 */
export function detectableOf(
  metric: MetricWatch,
  comparison: Comparison,
  setting: EffectSetting,
): number | null {
  const logEToFire = setting.logFire - Math.log(metric.weight)
  switch (metric.evidence.kind) {
    case 'error-rate':
      return detectableErrors(metric, comparison, setting, logEToFire)
    case 'latency': {
      if (!runsBeside(comparison, setting) || metric.evidence.edges === null) return null
      const { tolerance, allow, edgesMs, arms } = metric
      const seen = { candidate: comparison.candidate.n, control: comparison.control.n }
      const forgiven = { edgesMs, tolerance: tolerance * metric.habits.slower, allowMs: allow }
      return detectableShift(seen, arms.control.judged.latency, forgiven, logEToFire)
    }
    case 'gauge': {
      if (!setting.controlExpected || comparison.control.mean === undefined) return null
      const { tolerance, allow, evidence } = metric
      const { noise } = metric.habits
      const { highest } = tolerable(comparison.control.mean, { tolerance, allow, noise })
      const beyond = detectableMean(evidence.apart, GAUGE_TEST, logEToFire)
      return beyond === null ? null : highest - comparison.control.mean + beyond
    }
  }
}

function detectableErrors(
  { tolerance, allow, habits }: MetricWatch,
  comparison: Comparison,
  setting: EffectSetting,
  logEToFire: number,
): number | null {
  const { n1, n0, x0 } = countsOf(comparison)
  const isBeside = runsBeside(comparison, setting)
  const { hosts } = habits.noise
  const seen = { candidate: n1, control: n0, rate: likelyRate(n0, x0), isBeside }
  return noticeableRatio({ ...seen, tolerance, allow, hosts, logEToFire })
}

function runsBeside({ candidate, control, isBeside }: Comparison, setting: EffectSetting): boolean {
  const share = control.n / (candidate.n + control.n)
  return setting.controlExpected && isBeside && share >= CONTROL_SHARE_MIN
}

function countsOf({ candidate, control }: Comparison) {
  return { n1: candidate.n, x1: candidate.events, n0: control.n, x0: control.events }
}
