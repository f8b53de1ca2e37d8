import type { Instant } from '../kernel/instant.ts'
import type { Verdict } from '../words/verdict.ts'
import { compare } from './comparison.ts'
import { mergedLogE } from './merged-evidence.ts'
import type { EffectSetting } from './metric-effect.ts'
import { evidenceOf, lookAt, sayFailure } from './metric-evidence.ts'
import type { MetricWatch } from './metric-watch.ts'
import type { WatchState } from './watch-state.ts'

/** One user's request and its two retries are one event to the user; fewer bad requests than this never halt a rollout. */
const EVENTS_MIN = 3

/**
 * The failing verdict, if the merged evidence of the acting metrics has crossed 1/α and rests on
 * more than a couple of requests; null otherwise.
 */
export function failingVerdict(state: Omit<WatchState, 'fired'>): Verdict | null {
  const acting = state.metrics.filter(({ shadow }) => !shadow)
  if (acting.length === 0 || mergedLogE(acting) < state.logFire) return null
  const guilty = acting.filter((metric) => isGuilty(metric, acting.length, state.logFire))
  // What is minor adds to the evidence of others and never halts by itself.
  if (guilty.every(({ severity }) => severity === 'minor')) return null
  const looks = state.metrics.map((metric) => lookAt(metric, state))
  const failing = looks.filter(({ metric }) => guilty.includes(metric))
  return {
    kind: 'fail',
    because: failing.map(sayFailure).join('; '),
    exposed: exposed(state),
    evidence: looks.map((look) => {
      const { metric, sentence } = look
      if (metric.wouldHaveHalted !== null) {
        return evidenceOf(look, 'fail', metric.wouldHaveHalted.because)
      }
      return failing.includes(look)
        ? evidenceOf(look, 'fail', sayFailure(look))
        : evidenceOf(look, 'inconclusive', sentence)
    }),
  }
}

/** Notes the first moment at which a shadow metric would have halted the rollout. */
export function shadowed(metric: MetricWatch, setting: EffectSetting, now: Instant): MetricWatch {
  if (!metric.shadow || metric.wouldHaveHalted !== null) return metric
  if (metric.severity === 'minor' || !isGuilty(metric, 1, setting.logFire)) return metric
  return { ...metric, wouldHaveHalted: { at: now, because: sayFailure(lookAt(metric, setting)) } }
}

/** A metric carries a failure when it brings its part of the merged evidence; one always does when the mean crosses. */
function isGuilty(metric: MetricWatch, among: number, logFire: number): boolean {
  const part = Math.log(metric.weight) + metric.logE
  return part >= logFire - Math.log(among) && isSolid(metric)
}

/** A gauge is not counted in requests; its own test waits for enough samples. */
function isSolid(metric: MetricWatch): boolean {
  return metric.kind === 'gauge' || compare(metric).candidate.events >= EVENTS_MIN
}

/** Requests of the candidate that every acting metric has judged: the least measured one counts. A gauge counts none. */
export function exposed(state: Pick<WatchState, 'metrics'>): number {
  const counts = state.metrics
    .filter(({ shadow, kind }) => !shadow && kind !== 'gauge')
    .map(({ arms }) => arms.candidate.judged.requests)
  return counts.length === 0 ? 0 : Math.floor(Math.min(...counts))
}
