import { z } from 'zod'
import { HOUR, MINUTE, SECOND } from '../kernel/instant.ts'
import { MitigationKind } from '../words/mitigation-kind.ts'
import { Channel } from './channels.ts'
import { Platform, Smoke, TelemetrySource, Traffic } from './connections.ts'
import { Duration, Name, Share } from './quantities.ts'

/** More groups than this is a schedule, not a rollout; each costs a bake. */
const GROUPS_MAX = 20
const LIST_MAX = 50

/** The two sides that a workload keeps: one serves, the other receives the next release. */
export const StackName = Name

const Component = z.strictObject({
  name: Name,
  platform: Platform,
  /** How many instances each stack needs to carry all the traffic. */
  replicas: z.int().min(1).max(1000).default(1),
})

const Workload = z.strictObject({
  name: Name,
  owner: z.string().max(200).optional(),
  criticality: z
    .enum(['low', 'medium', 'high', 'business-critical', 'mission-critical'])
    .default('medium'),
  infrastructure: z.enum(['mutable', 'immutable']).default('immutable'),
  /** The two stacks; the first is taken as serving when nothing has been rolled out yet. */
  stacks: z.tuple([StackName, StackName]).default(['blue', 'green']),
  components: z.array(Component).min(1).max(LIST_MAX),
  /** Files whose digest is part of the last known good state. */
  configuration: z.array(z.string().max(1000)).max(LIST_MAX).default([]),
})

const Group = z.strictObject({
  name: Name,
  /** Share of subjects that get the candidate once this group is open. */
  share: Share,
  /** Subjects (user ids) that get the candidate whatever their bucket. */
  cohort: z.array(z.string().max(200)).max(1000).default([]),
  bake: Duration,
  /** Requests that the candidate must have served in this group before it can pass. */
  minExposure: z.int().nonnegative().default(50),
  /** How long to wait for the minimum exposure and fresh data before a person is asked. */
  giveUpAfter: Duration.optional(),
  smoke: z.array(Smoke).max(LIST_MAX).default([]),
  /** When this group may be opened; outside it the rollout waits. Never delays a halt. */
  windows: z
    .array(
      z.strictObject({
        days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).min(1),
        from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time such as "09:00"'),
        to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time such as "17:00"'),
        zone: z.string().max(60).default('UTC'),
      }),
    )
    .max(LIST_MAX)
    .default([]),
  /** Wait for a person's `promote` before this group is opened. */
  manual: z.boolean().default(false),
})

const Metric = z.strictObject({
  name: Name,
  /** Which source measures it: `router`, or the name of an entry under `detection.sources`. */
  source: Name.default('router'),
  kind: z.enum(['error-rate', 'latency']),
  /** How much worse than the control is still fine: a ratio, `1` means "not worse at all". */
  tolerance: z.number().min(1).max(100).default(1),
  /** Weight of this metric in the false-alarm budget; they are scaled to sum to one. */
  weight: z.number().positive().max(100).default(1),
  /** For Prometheus: PromQL of a counter per arm, with `$stack`, `$release`, `$workload`. */
  query: z
    .strictObject({
      /** error-rate: all requests. */
      requests: z.string().max(4000).optional(),
      /** error-rate: the failed ones. */
      errors: z.string().max(4000).optional(),
      /** latency: a classic histogram's `_bucket` series. */
      buckets: z.string().max(4000).optional(),
    })
    .optional(),
  /** Evaluates and records what it would have done, and never acts. */
  shadow: z.boolean().default(false),
})

const Detection = z.strictObject({
  /** How often the evidence is looked at. */
  every: Duration.default(500),
  /** The chance of halting a good rollout, for the whole rollout and however often we look. */
  falseAlarms: z.number().positive().max(0.2).default(0.01),
  /** Data older than this is no data. */
  staleAfter: Duration.default(15 * SECOND),
  /** What a group without data does: wait for it, or halt. It never passes. */
  onNoData: z.enum(['wait', 'halt']).default('wait'),
  sources: z.array(TelemetrySource).max(LIST_MAX).default([]),
  metrics: z.array(Metric).min(1).max(LIST_MAX),
})

/** A branch of the decision tree. The first whose condition holds and whose way out is possible is taken. */
const Branch = z.strictObject({
  name: Name,
  /** CEL over the facts of the failure; see the facts in docs/strategy.md. Absent means always. */
  when: z.string().max(2000).optional(),
  choose: MitigationKind,
  /** For `bypass`: which entry under `mitigations.bypasses`. */
  bypass: Name.optional(),
  /** Roles whose yes is needed before anything is done. */
  approvals: z
    .array(z.strictObject({ role: Name, count: z.int().min(1).max(10).default(1) }))
    .max(10)
    .default([]),
  /** How long to wait for the approvals before the next branch is offered and the roles are reminded. */
  approveWithin: Duration.default(30 * MINUTE),
  because: z.string().min(1).max(500),
})

const Bypass = z.strictObject({
  name: Name,
  flag: z.strictObject({
    driver: z.literal('flagd'),
    /** The flagd JSON file that the workload reads. */
    file: z.string().min(1).max(1000),
    key: z.string().min(1).max(200),
    /** The variant that switches the faulty part off. */
    off: z.string().min(1).max(200),
  }),
  /** Routes (path prefixes) that the flag covers; empty means that it covers everything. */
  covers: z.array(z.string().max(500)).max(LIST_MAX).default([]),
  /** What users lose meanwhile. Stakeholders approve this sentence. */
  usersLose: z.string().min(1).max(500),
  /** How long the stakeholders tolerate it; then it is decided anew. */
  expiresAfter: Duration,
  afterwards: z.enum(['hold', 'continue']).default('hold'),
})

const Mitigations = z.strictObject({
  fallback: z
    .strictObject({
      /** Replicas of the old stack, as a share of what all traffic needs. */
      capacity: Share.default(10_000),
      /** How long the whole of it may take before the next branch is tried. */
      within: Duration.default(5 * MINUTE),
    })
    .optional(),
  rollback: z.strictObject({ within: Duration.default(10 * MINUTE) }).optional(),
  bypasses: z.array(Bypass).max(LIST_MAX).default([]),
  hotfix: z
    .strictObject({
      /** How long a fix usually takes, from knowing to having it built. */
      effort: Duration,
      within: Duration.default(2 * HOUR),
    })
    .optional(),
  /** After a mitigation, users must be seen to be well for this long. */
  verifyFor: Duration.default(10 * SECOND),
})

const Audience = z.strictObject({
  name: Name,
  channel: Name,
  /** `internal` sees everything, `stakeholder` no names of hosts and metrics, `public` only impact and status. */
  detail: z.enum(['internal', 'stakeholder', 'public']),
  /** Promised time between two updates while an incident is open. */
  cadence: Duration,
})

const Communication = z.strictObject({
  channels: z.array(Channel).max(LIST_MAX).default([]),
  audiences: z.array(Audience).max(LIST_MAX).default([]),
})

const Practice = z.strictObject({
  /**
   * What was rehearsed and when. A mitigation acts alone only while its credit is fresh;
   * otherwise goaround recommends it and asks.
   */
  credits: z
    .array(
      z.strictObject({
        mitigation: MitigationKind,
        rehearsedOn: z.iso.date('expected a date such as "2026-11-20"'),
        freshFor: Duration.default(30 * 24 * HOUR),
        evidence: z.string().min(1).max(500),
      }),
    )
    .max(LIST_MAX)
    .default([]),
})

/** The whole file. Unknown fields are errors: a misspelt safety rule must not be ignored. */
export const StrategyFile = z.strictObject({
  apiVersion: z.literal('goaround.dev/v1'),
  kind: z.literal('Strategy'),
  workload: Workload,
  traffic: Traffic,
  exposure: z.strictObject({
    model: z.enum(['canary', 'blue-green', 'ring']),
    groups: z.array(Group).min(1).max(GROUPS_MAX),
  }),
  detection: Detection,
  mitigations: Mitigations,
  decision: z.strictObject({ tree: z.array(Branch).min(1).max(LIST_MAX) }),
  communication: Communication.prefault({}),
  practice: Practice.prefault({}),
})

/** A strategy as the core uses it: defaults filled in, durations in ms, shares in buckets. */
export type Strategy = z.output<typeof StrategyFile>
export type Group = Strategy['exposure']['groups'][number]
export type Metric = Strategy['detection']['metrics'][number]
export type Branch = Strategy['decision']['tree'][number]
export type Bypass = Strategy['mitigations']['bypasses'][number]
export type Component = Strategy['workload']['components'][number]
export type Audience = Strategy['communication']['audiences'][number]
