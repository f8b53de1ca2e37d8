import type { Instant } from '../kernel/instant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import type { SignalWebhook } from '../strategy/alerts.ts'
import { compileEventExpression } from '../strategy/event-expression.ts'
import { instantFrom } from './instant-from.ts'
import { severityOf } from './severity-of.ts'
import { fingerprintOf, newSignal, type Signal } from './signal.ts'

/** A delivery that cannot be read by the webhook's own expressions, and which of them is at fault. */
export interface MappingProblem {
  /** `severity`, `labels.release`. */
  readonly field: string
  readonly message: string
}

type Asked<Value> = Result<Value, MappingProblem>

/**
 * Makes a signal out of one event by the expressions of its webhook. Null when the webhook's `when`
 * does not hold: the event is not about health. `eventAt` is the event's own time, if it has one.
 */
export function signalFromWebhook(
  webhook: SignalWebhook,
  event: unknown,
  eventAt: Instant | null,
  now: Instant,
): Asked<Signal | null> {
  const wanted = yesOrNo(webhook.when, 'when', event, true)
  if (!wanted.ok) return wanted
  if (!wanted.value) return yes(null)
  const id = text(webhook.id, 'id', event)
  if (!id.ok) return id
  const over = yesOrNo(webhook.resolved, 'resolved', event, false)
  if (!over.ok) return over
  const startsAt = began(webhook.startsAt, event, eventAt ?? now)
  if (!startsAt.ok) return startsAt
  const said = textsOf(webhook, event)
  if (!said.ok) return said
  const labels = labelsOf(webhook, event)
  if (!labels.ok) return labels
  const { title, summary, severity } = said.value
  return yes(
    newSignal({
      source: webhook.name,
      fingerprint: fingerprintOf(id.value),
      startsAt: startsAt.value,
      status: over.value ? 'resolved' : 'firing',
      severity: severityOf(severity),
      name: title === '' ? webhook.name : title,
      summary,
      labels: labels.value,
      seenAt: now,
    }),
  )
}

function textsOf(
  webhook: SignalWebhook,
  event: unknown,
): Asked<Readonly<Record<'title' | 'summary' | 'severity', string>>> {
  const title = text(webhook.title, 'title', event)
  if (!title.ok) return title
  const summary = text(webhook.summary, 'summary', event)
  if (!summary.ok) return summary
  const severity = text(webhook.severity, 'severity', event)
  if (!severity.ok) return severity
  return yes({ title: title.value, summary: summary.value, severity: severity.value })
}

function labelsOf(webhook: SignalWebhook, event: unknown): Asked<Record<string, string>> {
  const labels: Record<string, string> = {}
  for (const [name, expression] of Object.entries(webhook.labels)) {
    const value = text(expression, `labels.${name}`, event)
    if (!value.ok) return value
    labels[name] = value.value
  }
  return yes(labels)
}

function text(expression: string | undefined, field: string, event: unknown): Asked<string> {
  if (expression === undefined) return yes('')
  const value = ask(expression, field, event)
  if (!value.ok) return value
  if (typeof value.value === 'string') return yes(value.value)
  if (typeof value.value === 'number' || typeof value.value === 'bigint')
    return yes(String(value.value))
  return no({ field, message: `"${expression}" gave ${kindOf(value.value)}, expected a text` })
}

function yesOrNo(
  expression: string | undefined,
  field: string,
  event: unknown,
  otherwise: boolean,
): Asked<boolean> {
  if (expression === undefined) return yes(otherwise)
  const value = ask(expression, field, event)
  if (!value.ok) return value
  if (typeof value.value === 'boolean') return yes(value.value)
  return no({ field, message: `"${expression}" gave ${kindOf(value.value)}, expected yes or no` })
}

function began(expression: string | undefined, event: unknown, otherwise: Instant): Asked<Instant> {
  if (expression === undefined) return yes(otherwise)
  const value = ask(expression, 'startsAt', event)
  if (!value.ok) return value
  const at = instantFrom(value.value)
  if (at !== null) return yes(at)
  const message = `"${expression}" gave ${kindOf(value.value)} that is no instant, expected a text such as "2026-11-23T10:00:00Z" or a number of seconds`
  return no({ field: 'startsAt', message })
}

/** The event's values are never repeated: an event may hold anything. */
function ask(expression: string, field: string, event: unknown): Asked<unknown> {
  const compiled = compileEventExpression(expression)
  if (!compiled.ok) return no({ field, message: compiled.problem.message })
  const value = compiled.value.ask(event)
  return value.ok ? value : no({ field, message: `"${expression}": ${value.problem}` })
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
