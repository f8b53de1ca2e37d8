import { z } from 'zod'
import type { Instant } from '../kernel/instant.ts'
import { instantFrom } from './instant-from.ts'
import { severityOf } from './severity-of.ts'
import { fingerprintOf, newSignal, type Signal } from './signal.ts'

const Text = z.string().max(10_000).nullish()

const Dimension = z.object({ name: z.string(), value: z.string() })

const Criterion = z.object({
  metricName: Text,
  metricMeasureColumn: Text,
  operator: Text,
  /** Azure writes thresholds as texts and values as numbers; both are read either way. */
  threshold: z.union([z.string(), z.number()]).nullish(),
  metricValue: z.union([z.string(), z.number()]).nullish(),
  dimensions: z.array(Dimension).nullish(),
})

/** Only what is needed of each kind of alert; the services add fields without notice. */
const Context = z.object({
  condition: z.object({ allOf: z.array(Criterion).nullish() }).nullish(),
  /** Resource health, service health and activity log alerts. */
  correlationId: Text,
  operationName: Text,
  status: Text,
  properties: z.record(z.string(), z.unknown()).nullish(),
})

/**
 * Azure Monitor's common alert schema, as action groups post it to a webhook. Closed lists are
 * kept for what decides only: services, signal types and rules grow without a new version. See
 * https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema.
 */
export const AzureMonitorAlert = z.object({
  schemaId: z.literal('azureMonitorCommonAlertSchema', {
    error:
      'expected "azureMonitorCommonAlertSchema": switch the common alert schema on in the action group',
  }),
  data: z.object({
    essentials: z.object({
      alertId: z.string().min(1).max(2_000),
      alertRule: z.string().max(1_000).default('alert'),
      severity: z.string().max(50).default(''),
      monitorCondition: z.enum(['Fired', 'Resolved']),
      monitoringService: z.string().max(200).default(''),
      alertTargetIDs: z.array(z.string().max(2_000)).max(100).nullish(),
      firedDateTime: z
        .string()
        .refine((text) => instantFrom(text) !== null, 'expected an instant in RFC 3339'),
      description: Text,
    }),
    alertContext: Context.nullish(),
    customProperties: z.record(z.string(), z.unknown()).nullish(),
  }),
})
export type AzureMonitorAlert = z.output<typeof AzureMonitorAlert>

/** The signal of one delivery, as `source` tells it. */
export function signalFromAzureMonitor(
  { data }: AzureMonitorAlert,
  source: string,
  now: Instant,
): Signal {
  const { essentials } = data
  const fired = instantFrom(essentials.firedDateTime) ?? now
  return newSignal({
    source,
    fingerprint: fingerprintOf(faultOf(data)),
    startsAt: fired,
    status: isOver(data) ? 'resolved' : 'firing',
    severity: severityOf(essentials.severity),
    name: essentials.alertRule,
    summary: summaryOf(data),
    labels: labelsOf(data),
    seenAt: now,
  })
}

type Data = AzureMonitorAlert['data']

/** Which fault it is. A metric alert keeps its `alertId` from Fired to Resolved; health events keep their correlation. */
function faultOf({ essentials, alertContext }: Data): string {
  const correlation = alertContext?.correlationId
  return isHealthEvent(essentials.monitoringService) && correlation
    ? correlation
    : essentials.alertId
}

/** Health events never say `Resolved`: the state that they report does. */
function isOver({ essentials, alertContext }: Data): boolean {
  if (essentials.monitorCondition === 'Resolved') return true
  if (!isHealthEvent(essentials.monitoringService)) return false
  const state = alertContext?.properties?.['currentHealthStatus']
  return alertContext?.status === 'Resolved' || state === 'Available'
}

function isHealthEvent(service: string): boolean {
  return /^(resource|service) ?health$/i.test(service)
}

function summaryOf({ essentials, alertContext }: Data): string {
  const criteria = (alertContext?.condition?.allOf ?? []).map(
    ({ metricName, metricMeasureColumn, metricValue, operator, threshold }) =>
      `${metricName ?? metricMeasureColumn ?? 'the query'} is ${metricValue ?? 'not known'} (${operator ?? 'against'} ${threshold ?? 'a learnt threshold'})`,
  )
  const title = alertContext?.properties?.['title']
  const said = [
    essentials.description ?? '',
    typeof title === 'string' ? title : '',
    criteria.join(', '),
    alertContext?.operationName ?? '',
  ]
  return said.filter((text) => text !== '').join(': ')
}

/** Custom properties of the rule go before dimensions of the data: somebody wrote them for us. */
function labelsOf({ essentials, alertContext, customProperties }: Data): Record<string, string> {
  const dimensions = (alertContext?.condition?.allOf ?? []).flatMap(({ dimensions: all }) =>
    (all ?? []).map(({ name, value }) => [name, value] as const),
  )
  const own = Object.entries(customProperties ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' ? [[name, String(value)] as const] : [],
  )
  const [target] = essentials.alertTargetIDs ?? []
  return {
    ...Object.fromEntries(dimensions),
    ...Object.fromEntries(own),
    monitoringService: essentials.monitoringService,
    ...(target === undefined ? {} : { target }),
  }
}
