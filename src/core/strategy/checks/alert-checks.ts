import type { SignalWebhook } from '../alerts.ts'
import { compileEventExpression } from '../event-expression.ts'
import type { Path } from '../problem.ts'
import type { Remark } from '../remark.ts'
import { type Check, check } from './check.ts'
import { repeatedNames } from './names.ts'

const WEBHOOKS: Path = ['detection', 'alerts', 'webhooks']
const HEARTBEATS: Path = ['detection', 'alerts', 'heartbeats']
/** The fields of a webhook that hold expressions, besides its labels. */
const EXPRESSIONS = ['when', 'id', 'title', 'summary', 'severity', 'resolved', 'startsAt'] as const

/** What is heard from outside: every expression can be asked, and every fault finds a rollout. */
export const ALERT_CHECKS: readonly Check[] = [
  check(['detection'], ({ detection: { alerts } }) => [
    ...repeatedNames(alerts.webhooks, WEBHOOKS, 'webhook'),
    ...repeatedNames(
      alerts.heartbeats.map(({ source }) => ({ name: source })),
      HEARTBEATS,
      'heartbeat',
    ),
    ...alerts.webhooks.flatMap((webhook, index) => [
      ...EXPRESSIONS.flatMap((field) => canBeAsked(webhook[field], [...WEBHOOKS, index, field])),
      ...Object.entries(webhook.labels).flatMap(([label, expression]) =>
        canBeAsked(expression, [...WEBHOOKS, index, 'labels', label]),
      ),
      ...endIsTheSameFault(webhook, index),
    ]),
  ]),
  check(['detection', 'workload'], ({ detection: { alerts } }) =>
    alerts.webhooks.flatMap((webhook, index) => findsRollout(webhook, index, alerts.labels)),
  ),
]

function canBeAsked(text: string | undefined, path: Path): readonly Remark[] {
  if (text === undefined) return []
  const compiled = compileEventExpression(text)
  if (compiled.ok) return []
  const { message, fix, range } = compiled.problem
  const part = text.slice(range.start, range.end)
  return [
    {
      severity: 'error',
      path,
      range,
      found: part === '' ? 'the end of the expression' : JSON.stringify(part.slice(0, 80)),
      expected: `an expression over "event", but ${message}`,
      fix,
    },
  ]
}

/** Without its beginning, the end of a fault would be taken for another fault. */
function endIsTheSameFault(webhook: SignalWebhook, index: number): readonly Remark[] {
  if (webhook.resolved === undefined || webhook.startsAt !== undefined) return []
  return [
    {
      severity: 'finding',
      path: [...WEBHOOKS, index, 'resolved'],
      atName: true,
      found: `"resolved" without "startsAt" for the webhook "${webhook.name}"`,
      expected: 'an expression that gives the same beginning in both events',
      fix: 'add "startsAt", or an end ends everything with that id that began before it',
    },
  ]
}

function findsRollout(
  { name, labels }: SignalWebhook,
  index: number,
  names: { readonly rollout: string; readonly workload: string },
): readonly Remark[] {
  if (Object.hasOwn(labels, names.rollout) || Object.hasOwn(labels, names.workload)) return []
  return [
    {
      severity: 'finding',
      path: [...WEBHOOKS, index],
      atName: true,
      found: `no label of the webhook "${name}" that names a rollout or a workload`,
      expected: `"${names.rollout}" or "${names.workload}" among its labels`,
      fix: `add them under "labels", as in { ${names.workload}: '"shop"' }; without, no rollout hears of it`,
    },
  ]
}
