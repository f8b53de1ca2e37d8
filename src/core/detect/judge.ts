import type { Instant } from '../kernel/instant.ts'
import type { MetricEvidence, Verdict, VerdictKind } from '../words/verdict.ts'
import { warmAfter } from './cold-start.ts'
import { exposed } from './failing-verdict.ts'
import { isFresh, saySilence } from './freshness.ts'
import { unsureOfGauge } from './gauge-verdict.ts'
import { LEANING } from './leaning.ts'
import { compare, evidenceOf } from './metric-evidence.ts'
import type { MetricWatch } from './metric-watch.ts'
import { sayCount, sayPercent } from './say-numbers.ts'
import type { WatchState } from './watch-state.ts'

/** A candidate worse by the margin gets the certificate, even for a moment, at most once in fifty groups. */
const LOG_CERTIFIED = Math.log(50)
/** Worst first; a verdict is the worst that any acting metric says. */
const SEVERITY: readonly VerdictKind[] = ['fail', 'error', 'no-data', 'inconclusive', 'pass']

/**
 * Says what is known about the group at this moment. A failure, once reached, stays. Otherwise the
 * worst acting metric decides, in the order error, no data, inconclusive, pass; shadow metrics are
 * shown and never heard. A pass needs fresh data of both sides, the minimum exposure, evidence that does
 * not lean towards failure, and for error rates a certificate that a clearly worse candidate would not have got.
 */
export function judge(state: WatchState, now: Instant): Verdict {
  if (state.fired !== null) return { ...state.fired, exposed: exposed(state) }
  const found = state.metrics.map((metric) => {
    const [kind, because] = metricVerdict(metric, state, now)
    return { metric, evidence: evidenceOf(metric, state.logFire, kind, because) }
  })
  const acting = found.filter(({ metric }) => !metric.shadow).map(({ evidence }) => evidence)
  const kind = worst(acting)
  return {
    kind,
    because:
      acting.length === 0
        ? 'every metric is a shadow: nothing may say that this group is well'
        : sentences(acting, kind),
    exposed: exposed(state),
    evidence: found.map(({ evidence }) => evidence),
  }
}

function worst(evidence: readonly MetricEvidence[]): VerdictKind {
  if (evidence.length === 0) return 'inconclusive'
  return SEVERITY.find((kind) => evidence.some(({ verdict }) => verdict === kind)) ?? 'inconclusive'
}

function sentences(evidence: readonly MetricEvidence[], kind: VerdictKind): string {
  return evidence
    .filter(({ verdict }) => verdict === kind)
    .map(({ because }) => because)
    .join('; ')
}

function metricVerdict(
  metric: MetricWatch,
  state: WatchState,
  now: Instant,
): readonly [VerdictKind, string] {
  const failure = state.failing[metric.source]
  if (metric.wouldHaveHalted !== null) return ['fail', metric.wouldHaveHalted.because]
  if (failure !== undefined) return ['error', `${metric.name}: ${metric.source}: ${failure}`]
  if (metric.problem !== null) return ['error', metric.problem]
  return (
    missing(metric, state, now) ?? unsure(metric, state, now) ?? ['pass', compare(metric).sentence]
  )
}

/** Which side has no fresh data, if one has not. At the very start there is nothing yet, which is no alarm. */
function missing(
  metric: MetricWatch,
  state: WatchState,
  now: Instant,
): readonly [VerdictKind, string] | null {
  const silent = (['candidate', 'control'] as const).find(
    (arm) =>
      (arm === 'candidate' || state.controlExpected) &&
      !isFresh(metric.arms[arm], state.staleAfter, now),
  )
  if (silent === undefined) return null
  const begun = metric.arms[silent].movedAt !== null
  if (!begun && now - state.startedAt <= state.staleAfter) {
    return ['inconclusive', `${metric.name}: no measurement of the ${silent} yet`]
  }
  const watch = metric.arms[silent]
  return ['no-data', saySilence(metric, { arm: silent, watch }, state.staleAfter, now)]
}

function unsure(
  metric: MetricWatch,
  state: WatchState,
  now: Instant,
): readonly [VerdictKind, string] | null {
  if (metric.evidence.kind === 'gauge') {
    const why = unsureOfGauge(metric, metric.evidence, state, now)
    return why === null ? null : ['inconclusive', `${metric.name}: ${why}`]
  }
  const served = metric.arms.candidate.judged.requests
  if (served < state.minExposure) {
    return [
      'inconclusive',
      `${metric.name}: the candidate has served ${sayCount(served)} of the ${sayCount(state.minExposure)} requests that this group needs`,
    ]
  }
  if (now - state.startedAt < warmAfter(state.bakeMs)) {
    return ['inconclusive', `${metric.name}: the candidate is still warming up`]
  }
  const { evidence } = metric
  if (evidence.kind === 'latency' && evidence.edges === null) {
    return [
      'inconclusive',
      `${metric.name}: the control's latency is not known well enough to compare with yet`,
    ]
  }
  if (metric.logE >= LEANING * (state.logFire - Math.log(metric.weight))) {
    const isProven = metric.logE >= state.logFire - Math.log(metric.weight)
    const why =
      isProven && metric.severity === 'minor'
        ? 'that is minor: it holds the group and does not halt it'
        : 'suspicious, but not proven'
    return ['inconclusive', `${compare(metric).sentence}; ${why}`]
  }
  if (evidence.kind === 'error-rate' && evidence.certificate < LOG_CERTIFIED) {
    return [
      'inconclusive',
      `${compare(metric).sentence}; too few requests to rule out that it fails ${sayPercent(state.margin)} more of them`,
    ]
  }
  return null
}
