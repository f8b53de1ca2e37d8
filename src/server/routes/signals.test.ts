import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { alertmanagerDelivery, azureDelivery } from '../../../test/support/alert-payloads.ts'
import { type Ask, answerOf, SECRETS, testServer } from '../../../test/support/api-server.ts'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { SHOP_STRATEGY } from '../../../test/support/shop-strategy.ts'
import { Problem } from '../../contract/problem.ts'
import { systemClock } from '../../drivers/system-clock.ts'

const WEBHOOKS = [
  {
    name: 'tracker',
    secret: { env: 'HOOK_SECRET' },
    when: 'event.type.startsWith("issue.")',
    id: 'event.data.issue',
    title: 'event.data.title',
    severity: 'event.data.level',
    resolved: 'event.type == "issue.resolved"',
    startsAt: 'event.data.since',
    labels: { workload: '"shop"', release: 'event.data.release' },
  },
  {
    name: 'mesh',
    format: 'cloudevents',
    id: 'event.subject',
    severity: '"warning"',
    labels: { goaround_rollout: 'event.data.rollout' },
  },
]

/** A shop whose canary serves, and a clock that has moved on since. */
async function baking(clock = fakeClock()) {
  const server = await testServer(clock)
  const written = parse(SHOP_STRATEGY)
  written.detection.alerts = {
    webhooks: WEBHOOKS,
    heartbeats: [{ source: 'alertmanager', every: '1m' }],
    effects: { info: 'hold' },
  }
  const strategy = stringify(written)
  const begun = await server.ask('POST', '/v1/rollouts', { body: { strategy, release: 'v2' } })
  const { id } = await answerOf('startRollout', begun)
  await server.fake.happen(id, {
    type: 'listen',
    heard: { alertmanager: clock.now() },
    now: clock.now(),
  })
  await server.shop.bake(id)
  return { ...server, id, clock }
}

async function taken(response: Response) {
  expect(response.status).toBe(200)
  return (await answerOf('takeAlertmanager', response)).signals
}

async function problem(response: Response) {
  return Problem.parse(await response.json())
}

async function phase(ask: Ask, id: string) {
  return answerOf('getRollout', await ask('GET', `/v1/rollouts/${id}`))
}

describe('alerts of an Alertmanager', () => {
  test('halt the rollout that they name, once, however often they are delivered', async () => {
    const { ask, id, clock } = await baking()
    await clock.advance(5_000)
    const body = alertmanagerDelivery(clock.now(), { labels: { goaround_rollout: id } })
    const first = await taken(await ask('POST', '/v1/signals/alertmanager', { body }))
    expect(first).toEqual([
      {
        name: 'HighErrorRate',
        status: 'firing',
        kept: true,
        rollout: id,
        because: 'its label goaround_rollout names the rollout',
      },
    ])
    await taken(await ask('POST', '/v1/signals/alertmanager', { body }))
    const view = await phase(ask, id)
    expect(view).toMatchObject({
      phase: 'asking',
      failing: {
        kind: 'alert',
        group: 'canary',
        because:
          "group 'canary': critical alert 'HighErrorRate' of alertmanager fires: 13.4 % of requests fail",
      },
      signals: [{ name: 'HighErrorRate', effect: 'halt', status: 'firing', group: 'canary' }],
    })
    const { items } = await answerOf('getEvents', await ask('GET', `/v1/rollouts/${id}/events`))
    expect(items.filter(({ type }) => type === 'signal.fired')).toHaveLength(1)
  })

  test('are bound by workload and release, and never to the candidate when they name the old release', async () => {
    const { ask, id, clock } = await baking()
    await clock.advance(5_000)
    const old = {
      labels: { workload: 'shop', release: 'v1', severity: 'warning' },
      fingerprint: 'a',
    }
    const own = {
      labels: { workload: 'shop', release: 'v2', severity: 'warning' },
      fingerprint: 'b',
    }
    const [about] = await taken(
      await ask('POST', '/v1/signals/alertmanager', {
        body: alertmanagerDelivery(clock.now(), old),
      }),
    )
    expect(about).toMatchObject({ rollout: null, because: 'it is about shop v1, not v2' })
    const [bound] = await taken(
      await ask('POST', '/v1/signals/alertmanager', {
        body: alertmanagerDelivery(clock.now(), own),
      }),
    )
    expect(bound).toMatchObject({ rollout: id, because: 'it is about shop v2' })
    const { items } = await answerOf('listSignals', await ask('GET', '/v1/signals'))
    expect(items).toMatchObject([{ name: 'HighErrorRate', labels: { release: 'v1' } }])
    const view = await phase(ask, id)
    expect(view.signals).toMatchObject([{ effect: 'hold', status: 'firing' }])
  })

  test('that are a watchdog are a heartbeat and nothing else', async () => {
    const { ask, id, clock } = await baking()
    const body = alertmanagerDelivery(clock.now(), {
      labels: { alertname: 'Watchdog', severity: 'none' },
    })
    const [signal] = await taken(await ask('POST', '/v1/signals/alertmanager', { body }))
    expect(signal).toMatchObject({ rollout: null, because: 'it is a heartbeat of alertmanager' })
    expect((await phase(ask, id)).signals).toEqual([])
    expect((await answerOf('listSignals', await ask('GET', '/v1/signals'))).items).toEqual([])
  })

  test('that are over by the time the rollout is over are given to nobody, and kept', async () => {
    const { ask, id, clock, fake } = await baking()
    await clock.advance(5_000)
    const labels = { goaround_rollout: id }
    await ask('POST', `/v1/rollouts/${id}/abort`, { body: { because: 'enough' } })
    const hash = (await phase(ask, id)).decision?.hash
    await ask('POST', `/v1/rollouts/${id}/approve`, { body: { hash } })
    await fake.seeAllSteps(id)
    const body = alertmanagerDelivery(clock.now(), { labels })
    const [signal] = await taken(await ask('POST', '/v1/signals/alertmanager', { body }))
    expect(signal).toMatchObject({ rollout: null, kept: true, because: `rollout ${id} is over` })
  })

  test.each([
    ['version', (body: Record<string, unknown>) => ({ ...body, version: '3' }), 'version'],
    ['an alert without fingerprint', withoutFingerprint, 'alerts.0.fingerprint'],
    ['an instant that is none', withoutStart, 'alerts.0.startsAt'],
  ])('are refused with the field that is wrong: %s', async (_, spoil, field) => {
    const { ask, clock } = await baking()
    const body = spoil(alertmanagerDelivery(clock.now()))
    const refused = await ask('POST', '/v1/signals/alertmanager', { body })
    expect(refused.status).toBe(400)
    expect((await problem(refused)).problems?.map(({ path }) => path)).toEqual([field])
  })

  test('need a token that may report, and that token may do nothing else', async () => {
    const { ask, clock, tokenFor } = await baking()
    const reporter = await tokenFor('alertmanager', 'reporter')
    const viewer = await tokenFor('board', 'viewer')
    const send = (token: string | null) =>
      ask('POST', '/v1/signals/alertmanager', { body: alertmanagerDelivery(clock.now()), token })
    expect((await send(null)).status).toBe(401)
    expect((await send(viewer)).status).toBe(403)
    expect((await send(reporter)).status).toBe(200)
    expect((await ask('GET', '/v1/rollouts', { token: reporter })).status).toBe(403)
  })
})

function withoutFingerprint(body: Record<string, unknown>) {
  const [alert] = body['alerts'] as Record<string, unknown>[]
  return { ...body, alerts: [{ ...alert, fingerprint: undefined }] }
}

function withoutStart(body: Record<string, unknown>) {
  const [alert] = body['alerts'] as Record<string, unknown>[]
  return { ...body, alerts: [{ ...alert, startsAt: 'yesterday' }] }
}

describe('alerts of Azure Monitor', () => {
  const custom = { customProperties: { workload: 'shop', release: 'v2' } }

  test.each([
    ['metric', 'halt', 'asking'],
    ['availability', 'halt', 'asking'],
    ['resource-health', 'halt', 'asking'],
    ['log', 'hold', 'baking'],
    ['activity', 'hold', 'baking'],
  ] as const)('of kind %s %s the rollout', async (kind, effect, expected) => {
    const { ask, id, clock } = await baking()
    await clock.advance(5_000)
    const body = azureDelivery(kind, clock.now(), custom)
    const response = await ask('POST', '/v1/signals/azure-monitor', { body })
    expect(await taken(response)).toMatchObject([{ rollout: id, status: 'firing' }])
    const view = await phase(ask, id)
    expect(view.phase).toBe(expected)
    expect(view.signals).toMatchObject([{ name: `shop-${kind}`, source: 'azure-monitor', effect }])
  })

  test('end with "Resolved", and health events with the state that they report', async () => {
    const { ask, id, clock } = await baking()
    await clock.advance(5_000)
    const send = (body: unknown) => ask('POST', '/v1/signals/azure-monitor', { body })
    const firedAt = clock.now()
    await send(azureDelivery('log', firedAt, custom))
    await send(azureDelivery('log', firedAt, { ...custom, condition: 'Resolved' }))
    await send(azureDelivery('resource-health', firedAt, custom))
    await clock.advance(5_000)
    await send(azureDelivery('resource-health', clock.now(), { ...custom, health: 'Available' }))
    const { signals } = await phase(ask, id)
    expect(signals.filter(({ status }) => status === 'firing')).toEqual([])
    expect(signals).toHaveLength(3)
  })

  test('may carry their token in the address, where no header can be sent, and nothing else may', async () => {
    const { ask, clock, tokenFor, logged } = await baking()
    const token = await tokenFor('azure', 'reporter')
    const body = azureDelivery('metric', clock.now())
    const path = `/v1/signals/azure-monitor?token=${token}`
    expect((await ask('POST', path, { body, token: null })).status).toBe(200)
    const other = `/v1/signals/alertmanager?token=${token}`
    expect((await ask('POST', other, { body, token: null })).status).toBe(401)
    expect(logged.join('')).not.toContain(token)
  })

  test('in another schema are refused with what to switch on', async () => {
    const { ask } = await baking()
    const body = { schemaId: 'AzureMonitorMetricAlert', data: {} }
    const refused = await problem(await ask('POST', '/v1/signals/azure-monitor', { body }))
    expect(refused.problems?.[0]).toEqual({
      path: 'schemaId',
      message:
        'expected "azureMonitorCommonAlertSchema": switch the common alert schema on in the action group',
    })
  })
})

describe('events of any other system', () => {
  /** Signatures are checked by the real time. */
  const real = () => fakeClock(systemClock.now())

  function signed(event: unknown, at = systemClock.now(), secret = SECRETS.HOOK_SECRET) {
    const body = JSON.stringify(event)
    const headers = {
      'content-type': 'application/json',
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at / 1_000)),
      'webhook-signature': new Webhook(secret).sign('msg_1', new Date(at), body),
    }
    return { body, headers, token: null }
  }

  const event = (since: number, change: Record<string, unknown> = {}) => ({
    type: 'issue.opened',
    timestamp: '2026-11-23T10:00:00Z',
    data: { issue: 7, title: 'NullPointer', level: 'fatal', release: 'v2', since, ...change },
  })

  test('are read as the strategy says when they are signed', async () => {
    const { ask, id, clock } = await baking(real())
    await clock.advance(5_000)
    const sent = signed(event(clock.now()))
    const response = await ask('POST', '/v1/signals/webhook/tracker', sent)
    expect(await taken(response)).toMatchObject([{ name: 'NullPointer', rollout: id, kept: true }])
    expect(await phase(ask, id)).toMatchObject({
      phase: 'asking',
      signals: [{ name: 'NullPointer', severity: 'critical', source: 'tracker' }],
    })
    const over = signed({ ...event(clock.now()), type: 'issue.resolved' })
    await ask('POST', '/v1/signals/webhook/tracker', over)
    expect((await phase(ask, id)).signals).toMatchObject([{ status: 'resolved' }])
    const beside = signed({ ...event(clock.now()), type: 'comment.added' })
    expect(await taken(await ask('POST', '/v1/signals/webhook/tracker', beside))).toEqual([])
  })

  test('are refused with another signature, without one, and when they are old; no secret is told', async () => {
    const { ask, clock, logged } = await baking(real())
    const foreign = `whsec_${Buffer.from('another secret').toString('base64')}`
    const good = signed(event(clock.now()))
    const spoilt = [
      signed(event(clock.now()), systemClock.now(), foreign),
      signed(event(clock.now()), systemClock.now() - 600_000),
      { ...good, body: good.body.replace('NullPointer', 'Nothing') },
      { ...good, headers: { 'content-type': 'application/json' } },
    ]
    for (const sent of spoilt) {
      const refused = await ask('POST', '/v1/signals/webhook/tracker', sent)
      expect(refused.status).toBe(401)
      const text = JSON.stringify(await problem(refused))
      expect(text).toContain('/problems/bad-signature')
      expect(text + logged.join('')).not.toContain(SECRETS.HOOK_SECRET.slice(6))
    }
  })

  test('that do not hold what the strategy reads name the expression, not the event', async () => {
    const { ask, clock } = await baking(real())
    const sent = signed({ type: 'issue.opened', data: { issue: { deep: 'hidden-value' } } })
    const refused = await ask('POST', '/v1/signals/webhook/tracker', sent)
    const document = await problem(refused)
    expect(document).toMatchObject({
      status: 400,
      problems: [{ path: 'id', message: '"event.data.issue" gave an object, expected a text' }],
    })
    expect(JSON.stringify(document)).not.toContain('hidden-value')
    const late = await ask(
      'POST',
      '/v1/signals/webhook/tracker',
      signed(event(clock.now(), { since: 'noon' })),
    )
    expect((await problem(late)).problems?.[0]?.path).toBe('startsAt')
  })

  test('say that the secret is missing on the server, by its reference', async () => {
    const { ask, clock } = await baking(real())
    const bare = await testServer(clock, {
      secrets: async () => ({
        ok: false,
        problem: {
          reason: 'misconfigured',
          retry: 'never',
          detail: 'the environment variable HOOK_SECRET is not set',
        },
      }),
    })
    const written = parse(SHOP_STRATEGY)
    written.detection.alerts = { webhooks: WEBHOOKS }
    await bare.ask('POST', '/v1/rollouts', {
      body: { strategy: stringify(written), release: 'v2' },
    })
    const refused = await bare.ask(
      'POST',
      '/v1/signals/webhook/tracker',
      signed(event(clock.now())),
    )
    expect(await problem(refused)).toMatchObject({ status: 503, type: '/problems/no-secret' })
    const nobody = '/v1/signals/webhook/nobody'
    expect((await ask('POST', nobody, signed({}))).status).toBe(401)
    expect((await ask('POST', nobody, { body: {} })).status).toBe(404)
  })

  test('as CloudEvents are read in both modes, and need a token where nothing is signed', async () => {
    const { ask, id, clock, tokenFor } = await baking(real())
    await clock.advance(5_000)
    const token = await tokenFor('mesh', 'reporter')
    const attributes = { specversion: '1.0', id: 'e1', source: '/mesh', type: 'mesh.outlier' }
    const data = { rollout: id }
    const structured = {
      body: JSON.stringify({ ...attributes, subject: 'pod-1', data }),
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    }
    const path = '/v1/signals/webhook/mesh'
    expect((await ask('POST', path, { ...structured, token: null })).status).toBe(401)
    expect(await taken(await ask('POST', path, { ...structured, token }))).toMatchObject([
      { rollout: id },
    ])
    const binary = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value])
    const headers = {
      ...Object.fromEntries(binary),
      'ce-subject': 'pod%2D2',
      'ce-time': '2026-11-23T10:00:00Z',
    }
    expect(await taken(await ask('POST', path, { body: data, headers, token }))).toHaveLength(1)
    const { signals } = await phase(ask, id)
    expect(signals).toMatchObject([
      { source: 'mesh', effect: 'hold' },
      { source: 'mesh', startsAt: Date.UTC(2026, 10, 23, 10) },
    ])
    const { 'ce-type': _, ...untyped } = headers
    const refused = await ask('POST', path, { body: data, headers: untyped, token })
    expect((await problem(refused)).problems?.map((one) => one.path)).toEqual(['ce-type'])
  })
})

describe('users', () => {
  test('who report are told which release serves them, and are not named in the log', async () => {
    const { ask, id, logged, fake } = await baking()
    const body = { workload: 'shop', user: 'ann@example.org', says: 'I cannot pay' }
    const answer = await answerOf('takeReport', await ask('POST', '/v1/reports', { body }))
    expect(answer).toMatchObject({ rollout: id, arm: 'unknown', release: null, halted: false })
    expect(answer.because).toContain('each request is drawn by itself')
    const stored = JSON.stringify(await fake.control.history(id)) + logged.join('')
    expect(stored).toContain('I cannot pay')
    expect(stored).not.toContain('ann@example.org')
  })

  test('who report while nothing is rolled out are heard all the same', async () => {
    const { ask } = await testServer(fakeClock())
    const body = { workload: 'shop', user: 'ann', says: 'I cannot pay' }
    const answer = await answerOf('takeReport', await ask('POST', '/v1/reports', { body }))
    expect(answer).toMatchObject({ rollout: null, because: 'shop has no rollout under way' })
    const { items } = await answerOf('listSignals', await ask('GET', '/v1/signals'))
    expect(items).toMatchObject([{ source: 'report', summary: 'I cannot pay' }])
  })
})

describe('a heartbeat', () => {
  test('is written down for whoever listens', async () => {
    const { ask, fake, clock } = await baking()
    const response = await ask('POST', '/v1/signals/heartbeat/grafana', { body: {} })
    expect(await response.json()).toEqual({ source: 'grafana', at: clock.now() })
    expect(await fake.store.loadCheckpoint('heartbeat/grafana')).toEqual({ at: clock.now() })
    expect((await ask('POST', '/v1/signals/heartbeat/Not%20a%20name', { body: {} })).status).toBe(
      400,
    )
  })
})
