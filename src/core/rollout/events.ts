import { z } from 'zod'
import type { EventOf } from '../kernel/events.ts'
import { Signal } from '../signal/signal.ts'
import { stepEvents } from '../step/plan.ts'
import { Step } from '../step/step.ts'
import { ALERT_EFFECTS, Alerts } from '../strategy/alerts.ts'
import type { Strategy } from '../strategy/schema.ts'
import { HealthChange } from '../words/health.ts'
import { ReleaseName } from '../words/release.ts'
import { TestOutcome, TestRound } from '../words/test-outcome.ts'
import { Verdict, VerdictKind } from '../words/verdict.ts'
import { WorkloadState } from '../words/workload-state.ts'
import { Failing } from './failing.ts'

const at = z.number().int()
const says = z.string()

/** Everything that can happen to the exposure of one release, in the order it usually happens. */
export const rolloutEvents = {
  'rollout.started': z.object({
    id: z.string(),
    workload: z.string(),
    release: ReleaseName,
    /** The reviewed file in parsed form, so that the rollout keeps to what was reviewed. */
    strategy: z
      .custom<Strategy>((value) => typeof value === 'object' && value !== null)
      .transform(withAlerts),
    strategyDigest: z.string(),
    by: z.string(),
    /** Whose hotfix this is, if it is one. */
    hotfixFor: z.string().nullable(),
    at,
  }),
  /** The whole state before anything was changed: what "back" means for this rollout. */
  'rollout.baseline-captured': z.object({
    state: WorkloadState,
    /** The stack that serves users; null when nothing was there, which makes this the first release. */
    serving: z.string().nullable(),
    release: z.string().nullable(),
    /** Digest of the sealed last known good state that this equals; null when none was sealed or it differs. */
    sealed: z.string().nullable(),
    /** How it differs from what was sealed. */
    drift: z.array(z.string()),
    at,
  }),
  'rollout.baseline-unknown': z.object({ because: z.string(), retryAt: at.nullable(), at }),
  'group.waiting': z.object({
    group: z.string(),
    for: z.enum(['window', 'promote', 'signals']),
    until: at.nullable(),
    because: says,
    at,
  }),
  'group.opened': z.object({
    group: z.string(),
    index: z.number().int(),
    plan: z.array(Step),
    because: says,
    at,
  }),
  /** A round of tests of a group that has its share. */
  'group.testing': z.object({
    group: z.string(),
    round: TestRound.exclude(['before']),
    plan: z.array(Step),
    because: says,
    at,
  }),
  /** One run of one test ended; `step.seen` or `step.failed` says what that meant for the plan. */
  'test.ended': TestOutcome.extend({
    step: z.string(),
    attempt: z.number().int().positive(),
    at,
  }),
  'verdict.reached': z.object({
    group: z.string(),
    was: VerdictKind.nullable(),
    verdict: Verdict,
    at,
  }),
  /** A metric that only watches would have halted the rollout, had it been allowed to act. Said once per group. */
  'shadow.would-have-halted': z.object({
    group: z.string(),
    metric: z.string(),
    because: says,
    at,
  }),
  /** Components, flows or the group became well or ill; all that one look brought. */
  'health.changed': z.object({ group: z.string(), changes: z.array(HealthChange).min(1), at }),
  /** `verdict` is the last look; null for a first release, which has nothing to be compared with. */
  'group.passed': z.object({
    group: z.string(),
    verdict: Verdict.nullable(),
    because: says,
    at,
  }),
  'rollout.paused': z.object({ by: z.string(), because: says, at }),
  'rollout.resumed': z.object({ by: z.string(), because: says, at }),
  /** The rollout waits for a person who has not come yet. */
  'rollout.reminded': z.object({
    for: z.enum(['promote', 'resume', 'signals']),
    because: says,
    at,
  }),
  'rollout.halted': z.object({ failing: Failing, at }),
  /** Something outside says that something is wrong. `effect` is what it does to this rollout while it fires. */
  'signal.fired': z.object({
    signal: Signal,
    /** The group that was exposed when it began; null when none was. */
    group: z.string().nullable(),
    effect: z.enum(ALERT_EFFECTS),
    because: says,
    at,
  }),
  'signal.resolved': z.object({
    signal: Signal,
    group: z.string().nullable(),
    because: says,
    at,
  }),
  /** A user reports trouble. Who it was is kept as a hash, so that one user counts once. */
  'report.received': z.object({
    reporter: z.string(),
    says,
    arm: z.enum(['candidate', 'control', 'unknown']),
    /** The first group that holds the user; null when it cannot be told. */
    group: z.string().nullable(),
    release: z.string().nullable(),
    because: says,
    occurredAt: at,
    at,
  }),
  /** A source that promised to be heard again and again is heard. */
  'source.heard': z.object({ source: z.string(), because: says, at }),
  /** It is not: what it would have said is unknown. `since` is null when it was never heard. */
  'source.silent': z.object({
    source: z.string(),
    since: at.nullable(),
    because: says,
    at,
  }),
  /** The router no longer showed the share that was asked for, and was asked again. */
  'exposure.reasserted': z.object({
    seen: z.number(),
    wanted: z.number(),
    evidence: z.string(),
    at,
  }),
  'rollout.completed': z.object({ because: says, at }),
  'rollout.ended': z.object({
    outcome: z.enum(['mitigated', 'not-mitigated', 'superseded']),
    because: says,
    at,
  }),
  ...stepEvents,
}

export type RolloutEvent = EventOf<typeof rolloutEvents>

/** Rollouts that were started before alerts could be heard keep the usual settings. */
function withAlerts(strategy: Strategy): Strategy {
  const { detection } = strategy
  return Object.hasOwn(detection, 'alerts')
    ? strategy
    : { ...strategy, detection: { ...detection, alerts: Alerts.parse({}) } }
}
