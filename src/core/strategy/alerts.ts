import { z } from 'zod'
import { CONDITION_CHARS_MAX } from './condition-limits.ts'
import { Name, SecretRef, Wait } from './quantities.ts'

const LIST_MAX = 50
/** Longer label names were generated, not written. */
const LABEL_NAME_MAX = 128
/** A rule that waits for more reporters than this never speaks. */
const REPORTERS_MAX = 1_000

/** How bad an alert says it is, from worst to least; `unknown` is one that does not say. */
export const SEVERITIES = ['critical', 'error', 'warning', 'info', 'unknown'] as const
export type Severity = (typeof SEVERITIES)[number]

/** What an alert does to the rollout that it is bound to. */
export const ALERT_EFFECTS = ['halt', 'hold', 'record'] as const
export type AlertEffect = (typeof ALERT_EFFECTS)[number]

const Effect = z.enum(ALERT_EFFECTS)

const LabelName = z
  .string()
  .regex(/^[A-Za-z_][\w.\-/]*$/, 'expected the name of a label, such as "release"')
  .max(LABEL_NAME_MAX)
  .meta({ title: 'label name', examples: ['release'] })

const Labels = z.strictObject({
  rollout: LabelName.default('goaround_rollout').describe('Holds the id of a rollout.'),
  group: LabelName.default('goaround_group').describe(
    'Holds the name of a group; an alert about a group that was not exposed yet is only recorded.',
  ),
  workload: LabelName.default('workload').describe('Holds the name of the workload.'),
  release: LabelName.default('release').describe('Holds the release that misbehaves.'),
  stack: LabelName.default('stack').describe('Holds the stack that misbehaves.'),
  route: LabelName.default('route').describe(
    'Holds the route that fails, so that a bypass that covers it is possible.',
  ),
})

const Effects = z.strictObject({
  critical: Effect.default('halt').describe('What a critical alert does (`page`, `Sev0`).'),
  error: Effect.default('halt').describe('What an error does (`high`, `Sev1`).'),
  warning: Effect.default('hold').describe('What a warning does (`ticket`, `Sev2`).'),
  info: Effect.default('record').describe('What a piece of information does (`none`, `Sev3`).'),
  unknown: Effect.default('hold').describe('What an alert does that names no known severity.'),
})

const Heartbeat = z.strictObject({
  source: Name.describe(
    'Which source has to be heard: `alertmanager`, `azure-monitor`, the name of a webhook, or what the sender puts into `?source=`.',
  ),
  every: Wait.describe(
    'How long it may be silent. After that health is unknown, and no group passes.',
  ),
})

const Expression = z
  .string()
  .min(1)
  .max(CONDITION_CHARS_MAX)
  .meta({ title: 'CEL expression', examples: ['event.data.id'] })

export const SignalWebhook = z.strictObject({
  name: Name.describe('The last part of its address, `/v1/signals/webhook/NAME`.'),
  format: z
    .enum(['standard-webhooks', 'cloudevents'])
    .default('standard-webhooks')
    .describe(
      'How deliveries are written: a JSON body, or a CloudEvent (structured or binary). Both are `event` to the expressions.',
    ),
  secret: SecretRef.optional().describe(
    'Where the secret is found with which deliveries are signed (Standard Webhooks). Absent: the sender needs a token with the role `reporter`.',
  ),
  when: Expression.optional().describe('Only events for which this holds are signals.'),
  id: Expression.describe('Says which fault it is; the same text for as long as it is the same.'),
  title: Expression.optional().describe(
    'A short name for people. Absent: the name of the webhook.',
  ),
  summary: Expression.optional().describe('One sentence for people.'),
  severity: Expression.optional().describe(
    'A text such as "critical" or "warning"; words of other systems (`page`, `Sev1`, `P2`) are understood.',
  ),
  resolved: Expression.optional().describe(
    'Whether the event says that it is over. Absent: every event is a fault that goes on.',
  ),
  startsAt: Expression.optional().describe(
    'When it began: a text such as `2026-11-23T10:00:00Z`, or epoch seconds or milliseconds. Absent: the time of the event, or of its arrival; say it where events have an end, so that both name the same fault.',
  ),
  labels: z
    .record(LabelName, Expression)
    .default({})
    .describe(
      'Labels by which a fault finds its rollout, each as an expression that gives a text.',
    ),
})
export type SignalWebhook = z.output<typeof SignalWebhook>

/** What is heard from outside about a rollout, and what it does. */
export const Alerts = z.strictObject({
  labels: Labels.prefault({}).describe('The labels by which an alert finds its rollout.'),
  effects: Effects.prefault({}).describe(
    'What an alert of each severity does: `halt` at once, `hold` (no group passes while it fires) or `record`.',
  ),
  heartbeats: z
    .array(Heartbeat)
    .max(LIST_MAX)
    .prefault([])
    .describe('Sources that must be heard again and again, for silence is not health.'),
  webhooks: z
    .array(SignalWebhook)
    .max(LIST_MAX)
    .prefault([])
    .describe('Other systems that report faults by Standard Webhooks or CloudEvents.'),
  reports: z
    .strictObject({
      haltAfter: z
        .int()
        .min(1)
        .max(REPORTERS_MAX)
        .optional()
        .describe(
          'Halt once this many different users of the candidate have reported trouble, clearly more than users of the old release. Absent: reports are recorded.',
        ),
    })
    .prefault({})
    .describe('What reports of users do.'),
})
export type Alerts = z.output<typeof Alerts>
