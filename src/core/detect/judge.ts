import type { Instant } from '../kernel/instant.ts'
import type { Effect, MetricEvidence, Verdict, VerdictKind } from '../words/verdict.ts'
import { warmAfter } from './cold-start.ts'
import { exposed } from './failing-verdict.ts'
import { isFresh, saySilence } from './freshness.ts'
import { unsureOfGauge } from './gauge-verdict.ts'
import { LEANING } from './leaning.ts'
import { evidenceOf, lookAt, type MetricLook } from './metric-evidence.ts'
import type { MetricWatch } from './metric-watch.ts'
import { LOG_CERTIFIED } from './not-worse.ts'
import { saySeen } from './say-effect.ts'
import { sayCount, sayPercent } from './say-numbers.ts'
import { sayDoubt } from './split.ts'
import type { WatchState } from './watch-state.ts'

/** Worst first; a verdict is the worst that any acting metric says. */
const SEVERITY: readonly VerdictKind[] = ['fail', 'error', 'no-data', 'inconclusive', 'pass']

const MEASURES: Readonly<Record<MetricWatch['kind'], Effect['measure']>> = {
  'error-rate': 'times-as-many',
  latency: 'times-as-slow',
  gauge: 'more-by',
}

/** What one metric says, and how it says so once the numbers are worked out. */
interface Finding {
  readonly kind: VerdictKind
  readonly say: (look: MetricLook) => string
}

/**
 * Says what is known about the group at this moment. A failure, once reached, stays. Otherwise the
 * worst acting metric decides, in the order error, no data, inconclusive, pass; shadow metrics are
 * shown and never heard. A pass needs fresh data of both sides, the minimum exposure, evidence that does
 * not lean towards failure, and for error rates a certificate that a clearly worse candidate would not have got.
 */
export function judge(state: WatchState, now: Instant): Verdict {
  if (state.fired !== null) return { ...state.fired, exposed: exposed(state) }
  const looks = state.metrics.map((metric) => {
    const { kind, say } = findingOf(metric, state, now)
    const look = lookAt(metric, state)
    return { metric, evidence: evidenceOf(look, kind, say(look)) }
  })
  const doubt = doubtOf(state)
  const acting = looks.filter(({ metric }) => !metric.shadow).map(({ evidence }) => evidence)
  const kind = worst([...acting.map(({ verdict }) => verdict), ...kindOf(doubt)])
  const why =
    acting.length === 0
      ? 'every metric is a shadow: nothing may say that this group is well'
      : sentences(acting, kind)
  return {
    kind,
    because: kind === 'error' && doubt !== null ? [doubt, why].filter(Boolean).join('; ') : why,
    exposed: exposed(state),
    evidence: looks.map(({ evidence }) => evidence),
  }
}

/** The kind of `judge` alone, without the intervals and sentences that cost a hundred times as much. */
export function verdictKind(state: WatchState, now: Instant): VerdictKind {
  if (state.fired !== null) return state.fired.kind
  const acting = state.metrics.filter(({ shadow }) => !shadow)
  const kinds = acting.map((metric) => findingOf(metric, state, now).kind)
  return worst([...kinds, ...kindOf(doubtOf(state))])
}

/** Why the two arms may not be compared at all, or null. It never fails a release and never lets one pass. */
function doubtOf({ split }: WatchState): string | null {
  return split === null ? null : sayDoubt(split)
}

function kindOf(doubt: string | null): readonly VerdictKind[] {
  return doubt === null ? [] : ['error']
}

function worst(kinds: readonly VerdictKind[]): VerdictKind {
  return SEVERITY.find((kind) => kinds.includes(kind)) ?? 'inconclusive'
}

function sentences(evidence: readonly MetricEvidence[], kind: VerdictKind): string {
  return evidence
    .filter(({ verdict }) => verdict === kind)
    .map(({ because }) => because)
    .join('; ')
}

function findingOf(metric: MetricWatch, state: WatchState, now: Instant): Finding {
  const failure = state.failing[metric.source]
  const { wouldHaveHalted, problem, name, source } = metric
  if (wouldHaveHalted !== null) return found('fail', wouldHaveHalted.because)
  if (failure !== undefined) return found('error', `${name}: ${source}: ${failure}`)
  if (problem !== null) return found('error', problem)
  return (
    missing(metric, state, now) ??
    unsure(metric, state, now) ?? {
      kind: 'pass',
      say: ({ sentence, detectable }) =>
        `${sentence}; ${saySeen(MEASURES[metric.kind], detectable)}`,
    }
  )
}

function found(kind: VerdictKind, because: string): Finding {
  return { kind, say: () => because }
}

/** Which side has no fresh data, if one has not. At the very start there is nothing yet, which is no alarm. */
function missing(metric: MetricWatch, state: WatchState, now: Instant): Finding | null {
  const silent = (['candidate', 'control'] as const).find(
    (arm) =>
      (arm === 'candidate' || state.controlExpected) &&
      !isFresh(metric.arms[arm], state.staleAfter, now),
  )
  if (silent === undefined) return null
  const begun = metric.arms[silent].movedAt !== null
  if (!begun && now - state.startedAt <= state.staleAfter) {
    return found('inconclusive', `${metric.name}: no measurement of the ${silent} yet`)
  }
  const watch = metric.arms[silent]
  return found('no-data', saySilence(metric, { arm: silent, watch }, state.staleAfter, now))
}

function unsure(metric: MetricWatch, state: WatchState, now: Instant): Finding | null {
  const { name, evidence } = metric
  if (evidence.kind === 'gauge') {
    const why = unsureOfGauge(metric, evidence, state, now)
    return why === null ? null : found('inconclusive', `${name}: ${why}`)
  }
  const served = metric.arms.candidate.judged.requests
  if (served < state.minExposure) {
    const what = `the candidate has served ${sayCount(served)} of the ${sayCount(state.minExposure)} requests that this group needs`
    return found('inconclusive', `${name}: ${what}`)
  }
  if (now - state.startedAt < warmAfter(state.bakeMs)) {
    return found('inconclusive', `${name}: the candidate is still warming up`)
  }
  if (evidence.kind === 'latency' && evidence.edges === null) {
    const what = "the control's latency is not known well enough to compare with yet"
    return found('inconclusive', `${name}: ${what}`)
  }
  return leaning(metric, state) ?? uncertified(metric, state)
}

function leaning(metric: MetricWatch, { logFire }: WatchState): Finding | null {
  const toFire = logFire - Math.log(metric.weight)
  if (metric.logE < LEANING * toFire) return null
  const why =
    metric.logE >= toFire && metric.severity === 'minor'
      ? 'that is minor: it holds the group and does not halt it'
      : 'suspicious, but not proven'
  return { kind: 'inconclusive', say: ({ sentence }) => `${sentence}; ${why}` }
}

function uncertified({ evidence }: MetricWatch, { margin }: WatchState): Finding | null {
  if (evidence.kind !== 'error-rate' || evidence.certificate >= LOG_CERTIFIED) return null
  const why = `too few requests to rule out that it fails ${sayPercent(margin)} more of them`
  return { kind: 'inconclusive', say: ({ sentence }) => `${sentence}; ${why}` }
}
