import type { HealthSignal } from '../strategy/health.ts'
import { BUCKETS } from '../words/exposure-share.ts'
import type { HealthState } from '../words/health.ts'
import type { Verdict, VerdictKind } from '../words/verdict.ts'
import type { Rate } from './rates.ts'
import type { HealthSeen } from './seen.ts'
import type { Level } from './settle.ts'

/** A state with its reason. */
export interface Told {
  readonly state: HealthState
  readonly because: string
}

/** The pace at which a budget metric is taken for ill where the strategy does not say: a tolerated burn, and the pager's of the SRE workbook. */
const BURN_DEGRADED = 2
const BURN_UNHEALTHY = 14.4

/** What a verdict means for health: only what was judged well is well, and thin evidence is not knowing. */
export function ofVerdict(kind: VerdictKind): HealthState {
  if (kind === 'pass') return 'healthy'
  return kind === 'fail' ? 'unhealthy' : 'unknown'
}

/** The group's verdict as one reason. */
export function toldByVerdict({ kind, because }: Verdict): Told {
  return { state: ofVerdict(kind), because }
}

/** Whatever fires about a group degrades it, declared as a signal or not. */
export function toldByAlerts({ firing }: HealthSeen): readonly Told[] {
  return (firing ?? []).map((name) => ({ state: 'degraded', because: `alert '${name}' is firing` }))
}

/**
 * What a signal that has waited already says: a test was repeated, an alert held for its time, a
 * verdict bounds its false alarms. Null for a threshold, which has yet to be settled.
 */
export function toldAtOnce(signal: HealthSignal, seen: HealthSeen): Told | null {
  const { smoke, alert, metric, means } = signal
  if (smoke !== undefined) return toldBySmoke(smoke, means, seen)
  if (alert !== undefined) return toldByAlert(alert, means, seen)
  if (metric === undefined)
    return { state: 'unknown', because: 'the signal names nothing that is measured' }
  if (limitsOf(signal, seen) !== null) return null
  const evidence = seen.verdict.evidence.find((one) => one.metric === metric)
  if (evidence === undefined) return { state: 'unknown', because: `${metric} is not measured` }
  return { state: ofVerdict(evidence.verdict), because: evidence.because }
}

function toldBySmoke(name: string, means: 'degraded' | 'unhealthy', seen: HealthSeen): Told {
  const outcome = seen.smokes[name]
  const what = `smoke test '${name}'`
  if (outcome === undefined)
    return { state: 'unknown', because: `${what} was not run in this group` }
  switch (outcome) {
    case 'passed':
      return { state: 'healthy', because: `${what} passed in this group` }
    case 'failed':
      return { state: means, because: `${what} failed in this group` }
    case 'error':
      return { state: 'unknown', because: `${what} could not be run` }
  }
}

function toldByAlert(name: string, means: 'degraded' | 'unhealthy', { firing }: HealthSeen): Told {
  if (firing === null) {
    return { state: 'unknown', because: `no source of alerts is heard, so '${name}' may be firing` }
  }
  return firing.includes(name)
    ? { state: means, because: `alert '${name}' is firing` }
    : { state: 'healthy', because: `alert '${name}' is not firing` }
}

/** Shares of bad requests above which a metric is ill; null when its verdict decides instead. */
function limitsOf(
  { metric, degradedAbove, unhealthyAbove, degradedBurn, unhealthyBurn }: HealthSignal,
  { budgets }: HealthSeen,
): { readonly degraded: number; readonly unhealthy: number } | null {
  const budget = metric === undefined ? undefined : budgets[metric]
  if (budget !== undefined && degradedAbove === undefined && unhealthyAbove === undefined) {
    const unhealthy = unhealthyBurn ?? Math.max(BURN_UNHEALTHY, degradedBurn ?? 0)
    const degraded = degradedBurn ?? Math.min(BURN_DEGRADED, unhealthy)
    return { degraded: degraded * budget, unhealthy: unhealthy * budget }
  }
  if (degradedAbove === undefined && unhealthyAbove === undefined) return null
  const unhealthy =
    unhealthyAbove === undefined ? Number.POSITIVE_INFINITY : unhealthyAbove / BUCKETS
  const degraded = degradedAbove === undefined ? unhealthy : degradedAbove / BUCKETS
  return { degraded, unhealthy }
}

/** What one period of a metric says against the signal's thresholds, which it has to exceed. */
export function levelOf(
  signal: HealthSignal,
  rate: Rate | undefined,
  seen: HealthSeen,
): Level | null {
  const limits = limitsOf(signal, seen)
  if (limits === null || rate === undefined || rate.period === null) return null
  const bad = rate.period.events / rate.period.n
  if (bad > limits.unhealthy) return 'unhealthy'
  return bad > limits.degraded ? 'degraded' : 'healthy'
}
