import { type Instant, isoInstant } from '../../src/core/kernel/instant.ts'

/** What Alertmanager 0.25 posts: every field that it sends, for one alert. */
export function alertmanagerDelivery(
  startsAt: Instant,
  change: {
    readonly labels?: Readonly<Record<string, string>>
    readonly status?: 'firing' | 'resolved'
    readonly fingerprint?: string
  } = {},
) {
  const { status = 'firing', fingerprint = 'b12370c95cb01426' } = change
  const labels = { alertname: 'HighErrorRate', severity: 'page', ...change.labels }
  const annotations = {
    summary: '13.4 % of requests fail',
    runbook_url: 'http://127.0.0.1/runbook',
  }
  return {
    receiver: 'goaround',
    status,
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: isoInstant(startsAt),
        endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : isoInstant(startsAt + 60_000),
        generatorURL: 'http://vm:9090/graph?g0.expr=up',
        fingerprint,
      },
    ],
    groupLabels: { alertname: labels.alertname },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: 'http://vm:9093',
    version: '4',
    groupKey: '{}:{alertname="HighErrorRate"}',
    truncatedAlerts: 0,
  }
}

const SUBSCRIPTION = '/subscriptions/11111111-1111-1111-1111-111111111111'

/**
 * What an action group posts in Azure Monitor's common alert schema, with the documented fields of
 * each kind of alert (https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema).
 */
export function azureDelivery(
  kind: 'metric' | 'log' | 'activity' | 'resource-health' | 'availability',
  firedAt: Instant,
  change: {
    readonly condition?: 'Fired' | 'Resolved'
    readonly customProperties?: Readonly<Record<string, string>>
    readonly health?: 'Available' | 'Unavailable'
  } = {},
) {
  const { condition = 'Fired', customProperties = {} } = change
  // Azure writes seven digits behind the second.
  const at = isoInstant(firedAt).replace('Z', '4567Z')
  const { service, signalType, severity, context } = CONTEXTS[kind]
  return {
    schemaId: 'azureMonitorCommonAlertSchema',
    data: {
      essentials: {
        alertId: `${SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/22222222-2222-2222-2222-222222222222`,
        alertRule: `shop-${kind}`,
        severity,
        signalType,
        monitorCondition: condition,
        monitoringService: service,
        alertTargetIDs: [`${SUBSCRIPTION}/resourcegroups/shop/providers/microsoft.web/sites/shop`],
        configurationItems: ['shop'],
        originAlertId: `${SUBSCRIPTION}_shop-${kind}_microsoft.insights_metricAlerts`,
        firedDateTime: at,
        ...(condition === 'Resolved' ? { resolvedDateTime: at } : {}),
        description: 'Requests fail',
        essentialsVersion: '1.0',
        alertContextVersion: '1.0',
      },
      alertContext: context(change.health ?? 'Unavailable', at),
      customProperties,
    },
  }
}

const criterion = {
  metricName: 'Http5xx',
  metricNamespace: 'Microsoft.Web/sites',
  operator: 'GreaterThan',
  threshold: '10',
  timeAggregation: 'Total',
  dimensions: [{ name: 'Instance', value: 'web-1' }],
  metricValue: 31,
}

const CONTEXTS = {
  metric: {
    service: 'Platform',
    signalType: 'Metric',
    severity: 'Sev1',
    context: (_: string, at: string) => ({
      properties: null,
      conditionType: 'SingleResourceMultipleMetricCriteria',
      condition: {
        windowSize: 'PT5M',
        allOf: [criterion],
        windowStartTime: at,
        windowEndTime: at,
      },
    }),
  },
  log: {
    service: 'Log Alerts V2',
    signalType: 'Log',
    severity: 'Sev2',
    context: (_: string, at: string) => ({
      properties: null,
      conditionType: 'LogQueryCriteria',
      condition: {
        windowSize: 'PT10M',
        allOf: [
          {
            searchQuery: 'requests | where success == false',
            metricMeasureColumn: 'Count',
            targetResourceTypes: "['Microsoft.Insights/components']",
            operator: 'GreaterThan',
            threshold: '0',
            timeAggregation: 'Total',
            dimensions: [{ name: 'goaround_rollout', value: 'shop-1' }],
            metricValue: 7,
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
            linkToSearchResultsUI: 'https://portal.azure.com/',
          },
        ],
        windowStartTime: at,
        windowEndTime: at,
      },
    }),
  },
  activity: {
    service: 'Activity Log - Administrative',
    signalType: 'Activity Log',
    severity: 'Sev4',
    context: (_: string, at: string) => ({
      authorization: { action: 'Microsoft.Web/sites/stop/action', scope: SUBSCRIPTION },
      channels: 'Operation',
      claims: '{"aud":"https://management.core.windows.net/"}',
      caller: 'someone@example.org',
      correlationId: '33333333-3333-3333-3333-333333333333',
      eventSource: 'Administrative',
      eventTimestamp: at,
      eventDataId: '44444444-4444-4444-4444-444444444444',
      level: 'Informational',
      operationName: 'Microsoft.Web/sites/stop/action',
      operationId: '33333333-3333-3333-3333-333333333333',
      status: 'Succeeded',
      subStatus: '',
      submissionTimestamp: at,
    }),
  },
  'resource-health': {
    service: 'Resource Health',
    signalType: 'Activity Log',
    severity: 'Sev1',
    context: (health: string, at: string) => ({
      channels: 'Admin, Operation',
      correlationId: '55555555-5555-5555-5555-555555555555',
      eventSource: 'ResourceHealth',
      eventTimestamp: at,
      eventDataId: '66666666-6666-6666-6666-666666666666',
      operationName: 'Microsoft.Resourcehealth/healthevent/Activated/action',
      operationId: '55555555-5555-5555-5555-555555555555',
      level: 'Critical',
      properties: {
        title: 'The site cannot be reached',
        details: '',
        currentHealthStatus: health,
        previousHealthStatus: health === 'Available' ? 'Unavailable' : 'Available',
        type: 'Downtime',
        cause: 'PlatformInitiated',
      },
      status: health === 'Available' ? 'Resolved' : 'Active',
      submissionTimestamp: at,
    }),
  },
  availability: {
    service: 'Platform',
    signalType: 'Metric',
    severity: 'Sev0',
    context: (_: string, at: string) => ({
      properties: null,
      conditionType: 'WebtestLocationAvailabilityCriteria',
      condition: {
        windowSize: 'PT5M',
        allOf: [
          {
            metricName: 'Failed Location',
            metricNamespace: null,
            operator: 'GreaterThan',
            threshold: '2',
            timeAggregation: 'Sum',
            dimensions: [],
            metricValue: 5,
            webTestName: 'shop',
          },
        ],
        windowStartTime: at,
        windowEndTime: at,
      },
    }),
  },
} as const
