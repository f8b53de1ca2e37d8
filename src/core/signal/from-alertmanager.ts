import { z } from 'zod'
import type { Instant } from '../kernel/instant.ts'
import { instantFrom } from './instant-from.ts'
import { severityOf } from './severity-of.ts'
import { newSignal, type Signal } from './signal.ts'

/** One delivery may hold a whole group; more than this needs `max_alerts` in the receiver. */
export const ALERTS_MAX = 1_000

const Texts = z.record(z.string(), z.string())

const When = z
  .string()
  .refine(
    (text) => instantFrom(text) !== null,
    'expected an instant such as "2026-11-23T10:00:00Z"',
  )

const Alert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: Texts,
  annotations: Texts.default({}),
  startsAt: When,
  fingerprint: z.string().min(1).max(200),
})

/**
 * What Alertmanager posts (webhook version 4). Of the rest of its fields nothing is needed: the
 * alerts themselves carry the labels of their group. See
 * https://prometheus.io/docs/alerting/latest/configuration/#webhook_config.
 */
export const AlertmanagerWebhook = z.object({
  version: z.literal('4', { error: 'expected "4", the version of the webhook format' }),
  alerts: z.array(Alert).max(ALERTS_MAX),
  truncatedAlerts: z.number().int().default(0),
})
export type AlertmanagerWebhook = z.output<typeof AlertmanagerWebhook>

/** The signals of one delivery, as `source` tells them. */
export function signalsFromAlertmanager(
  { alerts }: AlertmanagerWebhook,
  source: string,
  now: Instant,
): readonly Signal[] {
  return alerts.map(({ status, labels, annotations, startsAt, fingerprint }) =>
    newSignal({
      source,
      fingerprint,
      startsAt: instantFrom(startsAt) ?? now,
      status,
      severity: severityOf(labels['severity']),
      name: labels['alertname'] ?? 'alert',
      summary: annotations['summary'] ?? annotations['description'] ?? '',
      labels,
      seenAt: now,
    }),
  )
}
