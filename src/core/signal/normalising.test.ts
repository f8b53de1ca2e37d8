import { describe, expect, test } from 'vitest'
import { alertmanagerDelivery, azureDelivery } from '../../../test/support/alert-payloads.ts'
import { instant } from '../../../test/support/instants.ts'
import { Alerts } from '../strategy/alerts.ts'
import { type Bindable, bindingTo } from './binding.ts'
import { AlertmanagerWebhook, signalsFromAlertmanager } from './from-alertmanager.ts'
import { AzureMonitorAlert, signalFromAzureMonitor } from './from-azure-monitor.ts'
import { instantFrom } from './instant-from.ts'
import { severityOf } from './severity-of.ts'
import { newSignal } from './signal.ts'

const AT = instant('2026-11-23T10:00:00Z')

describe('instants of other systems', () => {
  test.each([
    ['2026-11-23T10:00:00Z', AT],
    ['2026-11-23T10:00:00.1234567Z', AT + 123],
    ['2026-11-23T11:30:00+01:30', AT],
    ['2026-11-23T02:00:00-08:00', AT],
    ['2026-11-23 10:00:00z', AT],
    [AT / 1_000, AT],
    [AT, AT],
    [BigInt(AT / 1_000), AT],
    ['2026-13-23T10:00:00Z', null],
    ['2026-11-23T25:00:00Z', null],
    ['2026-11-23', null],
    ['yesterday', null],
    [Number.NaN, null],
    [-1, null],
    [null, null],
  ])('%s is %s', (written, expected) => {
    expect(instantFrom(written)).toBe(expected)
  })
})

test.each([
  ['page', 'critical'],
  [' Critical ', 'critical'],
  ['Sev0', 'critical'],
  ['Sev1', 'error'],
  ['P3', 'warning'],
  ['none', 'info'],
  ['purple', 'unknown'],
  [undefined, 'unknown'],
])('the severity %s is %s', (word, severity) => {
  expect(severityOf(word)).toBe(severity)
})

describe('a signal', () => {
  test('of Alertmanager keeps its labels, its fingerprint and its beginning', () => {
    const body = AlertmanagerWebhook.parse(
      alertmanagerDelivery(AT, { labels: { workload: 'shop' } }),
    )
    expect(signalsFromAlertmanager(body, 'eu', AT + 5)).toStrictEqual([
      {
        source: 'eu',
        fingerprint: 'b12370c95cb01426',
        startsAt: AT,
        status: 'firing',
        severity: 'critical',
        name: 'HighErrorRate',
        summary: '13.4 % of requests fail',
        labels: { alertname: 'HighErrorRate', severity: 'page', workload: 'shop' },
        seenAt: AT + 5,
      },
    ])
  })

  test('of Azure Monitor is the same fault when it is fired and when it is resolved', () => {
    const custom = { customProperties: { workload: 'shop' } }
    const read = (condition: 'Fired' | 'Resolved') =>
      signalFromAzureMonitor(
        AzureMonitorAlert.parse(azureDelivery('metric', AT, { ...custom, condition })),
        'azure-monitor',
        AT,
      )
    const [fired, over] = [read('Fired'), read('Resolved')]
    expect(fired).toMatchObject({
      status: 'firing',
      severity: 'error',
      startsAt: AT,
      summary: 'Requests fail: Http5xx is 31 (GreaterThan 10)',
      labels: { workload: 'shop', Instance: 'web-1', monitoringService: 'Platform' },
    })
    expect(over).toStrictEqual({ ...fired, status: 'resolved' })
  })

  test('holds nothing that a terminal would obey, and nothing longer than people read', () => {
    const signal = newSignal({
      source: 's',
      fingerprint: 'f',
      startsAt: AT,
      status: 'firing',
      severity: 'info',
      name: 'a\u001b[31mred\nname',
      summary: 'x'.repeat(5_000),
      labels: Object.fromEntries(Array.from({ length: 99 }, (_, n) => [`l${n}`, 'v'.repeat(999)])),
      seenAt: AT,
    })
    expect(signal.name).toBe('a [31mred name')
    expect(signal.summary).toHaveLength(1_000)
    expect(Object.keys(signal.labels)).toHaveLength(64)
    expect(signal.labels['l0']).toHaveLength(300)
  })
})

describe('a signal is bound', () => {
  const rollout: Bindable = {
    id: 'shop-7',
    workload: 'shop',
    release: 'v2',
    stack: 'green',
    labels: Alerts.parse({}).labels,
  }

  test.each<[Record<string, string>, boolean, string]>([
    [{ goaround_rollout: 'shop-7' }, true, 'its label goaround_rollout names the rollout'],
    [
      { goaround_rollout: 'shop-6', workload: 'shop' },
      false,
      'its label goaround_rollout names shop-6',
    ],
    [{ workload: 'shop', release: 'v2' }, true, 'it is about shop v2'],
    [{ workload: 'shop', release: 'v1' }, false, 'it is about shop v1, not v2'],
    [{ workload: 'shop', stack: 'green' }, true, 'it is about shop on green'],
    [{ workload: 'shop', stack: 'blue' }, false, 'it is about shop on blue, not on the candidate'],
    [
      { workload: 'shop', release: 'v2', stack: 'blue' },
      false,
      'it is about shop on blue, not on the candidate',
    ],
    [{ workload: 'shop' }, true, 'shop has one rollout under way'],
    [{ workload: 'cart' }, false, 'it is about cart'],
    [{ release: 'v2' }, false, 'no label names a workload'],
    [{}, false, 'no label names a workload'],
  ])('%j: %s, %s', (labels, bound, because) => {
    expect(bindingTo(rollout, { labels })).toStrictEqual({ bound, because })
  })
})
