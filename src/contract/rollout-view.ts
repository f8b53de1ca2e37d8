import { z } from 'zod'
import { MessageKind } from '../core/communicate/incident.ts'
import type { Phase as CorePhase } from '../core/course/summary.ts'
import { ALERT_EFFECTS, SEVERITIES } from '../core/strategy/alerts.ts'
import { EntityHealth, HealthState } from '../core/words/health.ts'
import { MitigationKind } from '../core/words/mitigation-kind.ts'
import { Verdict } from '../core/words/verdict.ts'
import { At, Buckets, RolloutId } from './shapes.ts'

/**
 * Where a rollout stands, in one word.
 *
 * - `preparing`: nothing was changed yet; the present state is being captured.
 * - `waiting`: the next group may not be opened yet, or waits for a person's `promote`.
 * - `opening`, `baking`: a group is being started and tested; it serves and evidence grows.
 * - `paused`: a person's wish, or nothing could be measured.
 * - `asking`, `mitigating`: it halted; a way out waits for approvals, or is being carried out.
 * - `held`: it halted, and everything stays as it is until a person decides.
 * - `bypassed`: it halted, and the faulty part is switched off until a person decides.
 * - `completed`: every group passed.
 * - `mitigated`, `not-mitigated`, `superseded`: it ended after a failure.
 */
export const Phase = z.enum([
  'preparing',
  'waiting',
  'opening',
  'baking',
  'paused',
  'asking',
  'mitigating',
  'held',
  'bypassed',
  'completed',
  'mitigated',
  'not-mitigated',
  'superseded',
] as const satisfies readonly CorePhase[])
export type Phase = z.output<typeof Phase>

/**
 * How a finished or waiting rollout ends a program that watches it: 0 done and healthy, 10 failed
 * and mitigated, 11 failed and not mitigated, 12 waiting for a person; null while it goes on.
 */
export const ExitCode = z.union([z.literal(0), z.literal(10), z.literal(11), z.literal(12)])
export type ExitCode = z.output<typeof ExitCode>

/** One step of exposure and what it came to. */
export const GroupView = z.object({
  name: z.string(),
  index: z.int().nonnegative(),
  /** The share of the traffic that this group gives to the candidate. */
  share: Buckets,
  /** How many subjects get the candidate whatever their bucket. */
  cohort: z.int().nonnegative(),
  bakeMs: z.int().nonnegative(),
  /** Requests that the candidate must have served before this group can pass. */
  minExposure: z.int().nonnegative(),
  manual: z.boolean(),
  state: z.enum(['ahead', 'skipped', 'waiting', 'opening', 'baking', 'passed', 'stopped']),
  openedAt: At.nullable(),
  bakingSince: At.nullable(),
  /** Start of the unbroken stretch of good health, which has to last for the whole bake. */
  healthySince: At.nullable(),
  /** Requests that the candidate has served in this group, as of the last verdict. */
  exposed: z.int().nonnegative(),
  passed: z.boolean(),
  verdict: Verdict.nullable(),
  /** As it was last told; `unknown` while nothing was. */
  health: HealthState,
})
export type GroupView = z.output<typeof GroupView>

/** How one component or flow is, and since when. */
export const HealthView = EntityHealth.extend({ since: At })
export type HealthView = z.output<typeof HealthView>

/** One step of a plan: asked for, then seen. Only `seen` means that it is so. */
export const StepView = z.object({
  id: z.string(),
  says: z.string(),
  state: z.enum(['ahead', 'under-way', 'retrying', 'seen', 'failed']),
  attempt: z.int().nonnegative(),
  attemptsMax: z.int().positive(),
  /** What was seen, or why the last attempt failed; null before either. */
  because: z.string().nullable(),
  since: At.nullable(),
  retryAt: At.nullable(),
})
export type StepView = z.output<typeof StepView>

/** What became of one test of one group, in one round of it. */
export const TestView = z.object({
  name: z.string(),
  group: z.string(),
  /** `before` users reached the group, once they did (`exposed`), or at the end of its bake. */
  round: z.enum(['before', 'exposed', 'baked']),
  verdict: z.enum(['pass', 'fail', 'error']),
  because: z.string(),
  /** How it was known that the release under test answered; null when it was not. */
  provedBy: z.string().nullable(),
  counts: z
    .object({
      tests: z.int().nonnegative(),
      failures: z.int().nonnegative(),
      errors: z.int().nonnegative(),
      skipped: z.int().nonnegative(),
    })
    .nullable(),
  /** Paths on the server: reports, screenshots. */
  artefacts: z.array(z.string()),
  startedAt: At,
  tookMs: z.number().nonnegative(),
})
export type TestView = z.output<typeof TestView>

/** What made the rollout halt. */
export const FailingView = z.object({
  kind: z.enum(['verdict', 'health', 'smoke', 'deploy', 'no-data', 'operator', 'alert', 'report']),
  group: z.string(),
  because: z.string(),
  metrics: z.array(z.string()),
  routes: z.array(z.string()),
  verdict: Verdict.nullable(),
})
export type FailingView = z.output<typeof FailingView>

/** One thing that was said from outside about the rollout, and what it does. */
export const SignalView = z.object({
  source: z.string(),
  /** The same for as long as it is about the same fault. */
  fingerprint: z.string(),
  name: z.string(),
  severity: z.enum(SEVERITIES),
  /** What it does while it fires; `record` also where it began before anybody had the candidate. */
  effect: z.enum(ALERT_EFFECTS),
  status: z.enum(['firing', 'resolved']),
  group: z.string().nullable(),
  startsAt: At,
  seenAt: At,
})
export type SignalView = z.output<typeof SignalView>

/** What was chosen, why, what else was possible and why not, and whose yes it needs. */
export const DecisionView = z.object({
  number: z.int().positive(),
  chosen: MitigationKind,
  branch: z.string(),
  bypass: z.string().nullable(),
  /** What users lose while the bypass is in effect; null for any other way out. */
  usersLose: z.string().nullable(),
  because: z.string(),
  /** `tree`, or the person who chose it by hand. */
  by: z.string(),
  others: z.array(z.object({ branch: z.string(), choose: MitigationKind, because: z.string() })),
  approvals: z.array(
    z.object({
      role: z.string(),
      needed: z.int().positive(),
      because: z.string(),
      given: z.array(z.object({ by: z.string(), at: At })),
    }),
  ),
  /** Until when the missing approvals are waited for; null when none is. */
  waitsUntil: At.nullable(),
  /** What an approval is bound to: send it back with `approve`. */
  hash: z.string(),
})
export type DecisionView = z.output<typeof DecisionView>

/** How far the way out that was decided has come. */
export const MitigationView = z.object({
  choose: MitigationKind,
  /** On whose yes, or which rule let it act alone. */
  authority: z.string(),
  state: z.enum(['under-way', 'in-effect', 'did-not-help', 'expired']),
  because: z.string().nullable(),
  steps: z.array(StepView),
  beganAt: At,
  /** When a bypass has to be decided anew. */
  until: At.nullable(),
})
export type MitigationView = z.output<typeof MitigationView>

/** One message of the incident and whether the other side has accepted it. */
export const MessageView = z.object({
  id: z.string(),
  kind: MessageKind,
  audience: z.string(),
  channel: z.string(),
  subject: z.string(),
  state: z.enum(['owed', 'delivered', 'superseded', 'given-up']),
  writtenAt: At,
  deliveredAt: At.nullable(),
})
export type MessageView = z.output<typeof MessageView>

/** Everything that people want to know of one rollout. */
export const RolloutView = z.object({
  id: RolloutId,
  workload: z.string(),
  release: z.string(),
  startedBy: z.string(),
  hotfixFor: z.string().nullable(),
  phase: Phase,
  /** The present state in one sentence. */
  because: z.string(),
  exitCode: ExitCode.nullable(),
  /** What users get now: the share that was last asked for, and whether it was seen. */
  exposure: z.object({
    share: Buckets,
    seen: z.boolean(),
    /** The stacks; null before the present state was captured. */
    candidate: z.string().nullable(),
    control: z.string().nullable(),
    /** The release that serves on the other side; null on a first release. */
    lastKnownGood: z.string().nullable(),
  }),
  groups: z.array(GroupView),
  /** Every component and flow as it was last told to be for users of the candidate, dependencies first. */
  health: z.array(HealthView),
  /** The step of opening or testing a group that is under way. */
  step: StepView.nullable(),
  /** The last outcome of every test, oldest first. */
  tests: z.array(TestView),
  paused: z.object({ by: z.string(), because: z.string(), at: At }).nullable(),
  failing: FailingView.nullable(),
  /** What was heard from outside, the most pressing first. */
  signals: z.array(SignalView),
  /** The sources that promised to be heard again and again. */
  sources: z.array(z.object({ source: z.string(), isHeard: z.boolean(), because: z.string() })),
  /** How many different users reported trouble, by what they had. */
  reports: z.object({
    candidate: z.int().nonnegative(),
    control: z.int().nonnegative(),
    unknown: z.int().nonnegative(),
  }),
  decision: DecisionView.nullable(),
  mitigation: MitigationView.nullable(),
  /** Ways out that were offered or taken before and did not end the failure. */
  tried: z.array(z.object({ branch: z.string(), choose: MitigationKind, because: z.string() })),
  outcome: z
    .object({
      kind: z.enum(['completed', 'mitigated', 'not-mitigated', 'superseded']),
      because: z.string(),
    })
    .nullable(),
  incident: z
    .object({
      openedAt: At,
      because: z.string(),
      resolvedAt: At.nullable(),
      messages: z.array(MessageView),
    })
    .nullable(),
  postmortem: z.object({ openedAt: At, dueAt: At, path: z.string().nullable() }).nullable(),
  times: z.object({
    startedAt: At,
    haltedAt: At.nullable(),
    decidedAt: At.nullable(),
    mitigationBeganAt: At.nullable(),
    mitigatedAt: At.nullable(),
    endedAt: At.nullable(),
  }),
})
export type RolloutView = z.output<typeof RolloutView>
