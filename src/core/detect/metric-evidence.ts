import { isoInstant } from '../kernel/instant.ts'
import type { ArmNumbers, Effect, MetricEvidence } from '../words/verdict.ts'
import { type Comparison, compare, sayComparison } from './comparison.ts'
import { detectableOf, type EffectSetting, effectOf } from './metric-effect.ts'
import type { MetricWatch } from './metric-watch.ts'
import { sayEffect } from './say-effect.ts'
import { sayOdds } from './say-numbers.ts'

/** One look at one metric: everything that a person would ask for, and the sentence that says it. */
export interface MetricLook {
  readonly metric: MetricWatch
  readonly comparison: Comparison
  readonly effect: Effect | null
  readonly detectable: number | null
  /** `errors: candidate 34 of 412 (8.3 %) against control 3 of 7,790 (0.04 %), 60 to 900 times as many` */
  readonly sentence: string
  readonly logEToFire: number
}

export function lookAt(metric: MetricWatch, setting: EffectSetting): MetricLook {
  const comparison = compare(metric)
  const effect = effectOf(metric, comparison, setting)
  const compared = sayComparison(metric, comparison)
  return {
    metric,
    comparison,
    effect,
    detectable: detectableOf(metric, comparison, setting),
    sentence: effect === null ? compared : `${compared}, ${sayEffect(effect)}`,
    logEToFire: setting.logFire - Math.log(metric.weight),
  }
}

/** One metric's evidence, with the verdict and its reason as the caller found them. */
export function evidenceOf(
  { metric, comparison, effect, detectable, logEToFire }: MetricLook,
  verdict: MetricEvidence['verdict'],
  because: string,
): MetricEvidence {
  const { candidate, control } = comparison
  return {
    metric: metric.name,
    verdict,
    because: metric.shadow ? `${because} (${sayShadow(metric)})` : because,
    candidate,
    control,
    ratio: ratioOf(candidate, control),
    effect,
    detectable,
    logE: metric.logE,
    logEToFire,
    asOf: metric.arms.candidate.watermark?.at ?? null,
    ...(metric.shadow ? { shadow: { wouldHaveHaltedAt: metric.wouldHaveHalted?.at ?? null } } : {}),
  }
}

function sayShadow({ wouldHaveHalted }: MetricWatch): string {
  return wouldHaveHalted === null
    ? 'shadow: recorded, never acted on'
    : `shadow: it would have halted the rollout at ${isoInstant(wouldHaveHalted.at)}, and never acts`
}

/** The sentence of a metric that failed. */
export function sayFailure({ metric, sentence }: MetricLook): string {
  return `${sentence}; a fair candidate would look this bad ${sayOdds(metric.logE)}`
}

function ratioOf(candidate: ArmNumbers, control: ArmNumbers): number | null {
  if (candidate.mean !== undefined || control.mean !== undefined) {
    const [one = 0, other = 0] = [candidate.mean, control.mean]
    return one > 0 && other > 0 ? one / other : null
  }
  if (candidate.n === 0 || control.n === 0 || control.events === 0) return null
  return candidate.events / candidate.n / (control.events / control.n)
}
