import { healthOf } from '../health/news.ts'
import { MINUTE } from '../kernel/instant.ts'
import type { Failing } from '../rollout/failing.ts'
import { blocking } from '../rollout/signals.ts'
import type { Rollout } from '../rollout/state.ts'
import { SEVERITIES } from '../strategy/alerts.ts'
import type { Facts } from '../strategy/facts.ts'
import { CRITICALITIES } from '../strategy/schema.ts'
import { BUCKETS } from '../words/exposure-share.ts'
import { type HealthState, worstHealth } from '../words/health.ts'
import type { MitigationKind } from '../words/mitigation-kind.ts'
import { type Tried, wayOutOf } from './ways-out.ts'

/** Gathers what the conditions of the decision tree may ask about. */
export function factsOf(rollout: Rollout, failing: Failing, tried: readonly Tried[]): Facts {
  const { workload, exposure, mitigations } = rollout.strategy
  const worst = failing.verdict?.evidence
    .filter((one) => failing.metrics.includes(one.metric))
    .toSorted((a, b) => (b.ratio ?? 0) - (a.ratio ?? 0))[0]
  const candidate = worst?.candidate ?? { n: 0, events: 0 }
  return {
    exposure: {
      model: exposure.model,
      share: (rollout.route?.buckets ?? 0) / BUCKETS,
      group: failing.group,
      groupIndex: exposure.groups.findIndex(({ name }) => name === failing.group),
      groups: exposure.groups.length,
    },
    failure: {
      verdict: failing.kind === 'verdict' ? 'fail' : failing.kind,
      metrics: failing.metrics,
      routes: failing.routes,
      worstRatio: worst?.ratio ?? 0,
      errorRate: candidate.n === 0 ? 0 : candidate.events / candidate.n,
      sentence: failing.because,
    },
    health: healthFacts(rollout, failing.group),
    workload: {
      name: workload.name,
      criticality: workload.criticality,
      criticalityRank: CRITICALITIES.indexOf(workload.criticality),
      infrastructure: workload.infrastructure,
    },
    release: { candidate: rollout.release, lastKnownGood: rollout.baseline?.release ?? '' },
    able: {
      fallback: isPossible('fallback', rollout, failing),
      rollback: isPossible('rollback', rollout, failing),
      bypass: isPossible('bypass', rollout, failing),
      hotfix: isPossible('hotfix', rollout, failing),
    },
    effort: { hotfixMinutes: (mitigations.hotfix?.effort ?? 0) / MINUTE },
    alerts: alertsOf(rollout),
    attempt: tried.length,
  }
}

/** Only what counts against the rollout: a condition must not be moved by what was there before. */
function alertsOf(rollout: Rollout): Facts['alerts'] {
  const fires = blocking(rollout)
  return {
    firing: [...new Set(fires.map(({ name }) => name))],
    severities: SEVERITIES.filter((severity) => fires.some((one) => one.severity === severity)),
  }
}

function healthFacts({ health }: Rollout, group: string): Facts['health'] {
  const entities = Object.values(health.entities)
  const parts = entities.filter(({ kind }) => kind !== 'group')
  const flows = parts.filter(({ kind }) => kind === 'flow').map(({ state }) => state)
  const named = (wanted: HealthState) =>
    parts.filter(({ state }) => state === wanted).map(({ name }) => name)
  return {
    group: healthOf(health, { kind: 'group', name: group }),
    flows: flows.length === 0 ? 'unknown' : worstHealth(flows),
    unhealthy: named('unhealthy'),
    degraded: named('degraded'),
    unknown: named('unknown'),
  }
}

function isPossible(kind: MitigationKind, rollout: Rollout, failing: Failing): boolean {
  const branches = rollout.strategy.decision.tree.filter(({ choose }) => choose === kind)
  return branches.some((branch) => wayOutOf(branch, rollout, failing).possible)
}
