import { z } from 'zod'
import { MitigationKind } from '../words/mitigation-kind.ts'
import { Channel } from './channels.ts'
import { Platform, Smoke, Traffic, VersionProof } from './connections.ts'
import { Detection, type Metric as MetricShape } from './detection.ts'
import { Health } from './health.ts'
import { Duration, Name, Share, Wait } from './quantities.ts'
import { Branch as BranchShape, type Bypass as BypassShape, Mitigations } from './ways-out.ts'

/** More groups than this is a schedule, not a rollout; each costs a bake. */
const GROUPS_MAX = 20
const LIST_MAX = 50

/** How much it matters, from least to most; the place in this list is the rank that conditions see. */
export const CRITICALITIES = [
  'low',
  'medium',
  'high',
  'business-critical',
  'mission-critical',
] as const

/** How exposure grows: by a share of users, over two full stacks, or outwards by known groups. */
export const EXPOSURE_MODELS = ['canary', 'blue-green', 'ring'] as const

/** Whether running machines are changed in place or replaced. */
export const INFRASTRUCTURES = ['mutable', 'immutable'] as const

/** The two sides that a workload keeps: one serves, the other receives the next release. */
export const StackName = Name

const Component = z.strictObject({
  name: Name.describe('An independently versioned part of the workload.'),
  platform: Platform.describe('Where its releases run.'),
  replicas: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe('How many instances each stack needs to carry all the traffic.'),
  version: VersionProof.optional().describe(
    "How each instance proves which release it runs, before and after every smoke test. Absent: the platform's own sighting is believed.",
  ),
})

const Workload = z.strictObject({
  name: Name.describe('What is operated; one strategy per workload.'),
  owner: z.string().max(200).optional().describe('The team that people can ask.'),
  criticality: z
    .enum(CRITICALITIES)
    .default('medium')
    .describe(
      'How much depends on it. A mission-critical workload is expected to keep two full stacks side by side (blue-green).',
    ),
  infrastructure: z
    .enum(INFRASTRUCTURES)
    .default('immutable')
    .describe(
      'Whether running machines are changed in place. Immutable ones are replaced, so going back is cheaper than patching.',
    ),
  stacks: z
    .tuple([StackName, StackName])
    .default(['blue', 'green'])
    .describe(
      'The two stacks; the first is taken as serving when nothing has been rolled out yet.',
    ),
  components: z.array(Component).min(1).max(LIST_MAX).describe('The parts of the workload.'),
  configuration: z
    .array(z.string().max(1000))
    .max(LIST_MAX)
    .prefault([])
    .describe('Files whose content is part of the last known good state and is put back with it.'),
})

const clock = (example: string) =>
  z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, `expected a time such as "${example}"`)

const Window = z.strictObject({
  days: z
    .array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']))
    .min(1)
    .describe('Weekdays.'),
  from: clock('09:00').describe('First minute, `09:00`.'),
  to: clock('17:00').describe('The minute after the last, `17:00`.'),
  zone: z
    .string()
    .max(60)
    .default('UTC')
    .describe('IANA time zone of the team, such as `Europe/Oslo`.'),
})

const Group = z.strictObject({
  name: Name.describe('How views, messages and conditions call it.'),
  share: Share.describe(
    'Share of subjects that get the candidate once this group is open; the last group has 100%.',
  ),
  cohort: z
    .array(z.string().max(200))
    .max(1000)
    .prefault([])
    .describe('Subjects (user ids) that get the candidate whatever their bucket.'),
  bake: Duration.describe(
    'How long the group must be seen healthy before the next one opens. Hours and days find what minutes cannot; it must not shrink from group to group.',
  ),
  minExposure: z
    .int()
    .nonnegative()
    .default(50)
    .describe('Requests that the candidate must have served in this group before it can pass.'),
  giveUpAfter: Wait.optional().describe(
    'How long to wait for the minimum exposure and fresh data before a person is asked.',
  ),
  smoke: z
    .array(Smoke)
    .max(LIST_MAX)
    .prefault([])
    .describe('Tests against the candidate itself, run anew in this group; each says when.'),
  windows: z
    .array(Window)
    .max(LIST_MAX)
    .prefault([])
    .describe('When this group may be opened; empty means at any time. Never delays a halt.'),
  manual: z
    .boolean()
    .default(false)
    .describe("Wait for a person's `goaround promote` before this group is opened."),
})

const Exposure = z.strictObject({
  model: z
    .enum(EXPOSURE_MODELS)
    .describe(
      '`canary` exposes a growing share, `blue-green` two full stacks side by side, `ring` known groups of users outwards.',
    ),
  groups: z
    .array(Group)
    .min(1)
    .max(GROUPS_MAX)
    .describe('The steps of exposure, in their order, with growing shares.'),
})

const Audience = z.strictObject({
  name: Name.describe('Who hears of an incident.'),
  channel: Name.describe('The entry under `communication.channels` that reaches them.'),
  detail: z
    .enum(['internal', 'stakeholder', 'public'])
    .describe(
      '`internal` sees everything, `stakeholder` no names of hosts and metrics, `public` only impact and status.',
    ),
  cadence: Wait.describe(
    'Promised time between two updates while an incident is open. No default: it is a promise.',
  ),
})

const Communication = z.strictObject({
  channels: z
    .array(Channel)
    .max(LIST_MAX)
    .prefault([])
    .describe('The ways in which people are reached.'),
  audiences: z
    .array(Audience)
    .max(LIST_MAX)
    .prefault([])
    .describe('Who hears the start, the updates and the end of an incident.'),
})

const Credit = z.strictObject({
  mitigation: MitigationKind.describe('The way out that was rehearsed.'),
  rehearsedOn: z.iso
    .date('expected a date such as "2026-11-20"')
    .meta({ title: 'date' })
    .describe('The day of the rehearsal, `2026-11-20`.'),
  freshFor: Wait.prefault('30d').describe(
    'How long the rehearsal counts: what was practised long ago is not known to work.',
  ),
  evidence: z.string().min(1).max(500).describe('Where the rehearsal is written up.'),
})

const Practice = z.strictObject({
  credits: z
    .array(Credit)
    .max(LIST_MAX)
    .prefault([])
    .describe(
      'What was rehearsed and when. A mitigation acts alone only while its credit is fresh; otherwise goaround recommends it and asks.',
    ),
})

/** The whole file. Unknown fields are errors: a misspelt safety rule must not be ignored. */
export const StrategyFile = z.strictObject({
  apiVersion: z.literal('goaround.dev/v1').describe('Version of this format.'),
  kind: z.literal('Strategy').describe('What this file is.'),
  workload: Workload.describe('What is operated.'),
  traffic: Traffic.describe('What splits the traffic between the two stacks.'),
  exposure: Exposure.describe('Who gets the new release, and when.'),
  detection: Detection.describe('How it is noticed that a rollout fails.'),
  health: Health.prefault({}).describe(
    'When a component or a flow is healthy, degraded or unhealthy; follows from the verdicts when absent.',
  ),
  mitigations: Mitigations.describe('The ways out that exist for this workload.'),
  decision: z
    .strictObject({
      tree: z
        .array(BranchShape)
        .min(1)
        .max(LIST_MAX)
        .describe(
          'Branches from the top: the first whose condition holds and whose way out is possible is taken.',
        ),
    })
    .describe('Which way out is taken when.'),
  communication: Communication.prefault({}).describe('Who hears of an incident, and how.'),
  practice: Practice.prefault({}).describe('What was rehearsed.'),
})

/** A strategy as the core uses it: defaults filled in, durations in ms, shares in buckets. */
export type Strategy = z.output<typeof StrategyFile>
export type Group = Strategy['exposure']['groups'][number]
export type Metric = z.output<typeof MetricShape>
export type Branch = z.output<typeof BranchShape>
export type Bypass = z.output<typeof BypassShape>
export type Component = Strategy['workload']['components'][number]
export type Audience = Strategy['communication']['audiences'][number]
