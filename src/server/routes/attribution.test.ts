import { describe, expect, test } from 'vitest'
import { type Ask, answerOf, testServer } from '../../../test/support/api-server.ts'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { SHOP_STRATEGY } from '../../../test/support/shop-strategy.ts'
import { MINUTE } from '../../core/kernel/instant.ts'

const clusters = ['a', 'b', 'c', 'd', 'e']
const nodes = clusters.flatMap((cluster) =>
  Array.from({ length: 20 }, (_, k) => ({ node: `${cluster}${k}`, cluster })),
)
const reached = nodes.filter((_, k) => k % 20 < 6 && k < 60)

function placements(rollout: string, at: number) {
  return reached.map(({ node, cluster }) => ({ rollout, node, cluster, at }))
}

function faults(at: number) {
  return reached
    .filter((_, k) => k % 2 === 0)
    .map(({ node }, k) => ({ signature: 'crash', node, at: at + k * 1_000 }))
}

/** A fleet whose rollout `shop-1`, which goaround runs, breaks its nodes. */
async function broken(ask: Ask, now: number) {
  const body = { strategy: SHOP_STRATEGY, release: 'v2' }
  expect((await ask('POST', '/v1/rollouts', { body })).status).toBe(201)
  const placed = { nodes, placements: placements('shop-1', now - 60 * MINUTE) }
  expect((await ask('POST', '/v1/placements', { body: placed })).status).toBe(200)
}

describe('attribution over HTTP', () => {
  test('halts a rollout of ours that the faults are given to, and says why in its timeline', async () => {
    const clock = fakeClock()
    const { ask } = await testServer(clock)
    await broken(ask, clock.now())
    const sent = { body: { faults: faults(clock.now() - 30 * MINUTE) } }
    const taken = await answerOf('takeFaults', await ask('POST', '/v1/faults', sent))
    expect(taken.blamed).toMatchObject([{ rollout: 'shop-1', signature: 'crash', halted: true }])
    const view = await answerOf('getRollout', await ask('GET', '/v1/rollouts/shop-1'))
    expect(JSON.stringify(view)).toContain('crash came on 9 of its nodes')
    const again = await answerOf('takeFaults', await ask('POST', '/v1/faults', sent))
    expect(again.blamed).toStrictEqual([])
  })

  test('keeps what it knows over a restart of the server', async () => {
    const clock = fakeClock()
    const first = await testServer(clock)
    await broken(first.ask, clock.now())
    const some = faults(clock.now() - 30 * MINUTE)
    await first.ask('POST', '/v1/faults', { body: { faults: some.slice(0, 3) } })
    const { store } = first.parts
    const second = await testServer(clock, {
      store,
      access: first.parts.access,
      control: first.parts.control,
    })
    const ask: Ask = (method, path, sent) =>
      second.ask(method, path, { token: first.admin, ...sent })
    const before = await answerOf('getAttribution', await ask('GET', '/v1/attribution'))
    expect(before).toMatchObject({ nodes: 100, clusters: 5, faults: 3 })
    expect(before.rollouts[0]?.standing).toBe('unknown')
    const taken = await ask('POST', '/v1/faults', { body: { faults: some.slice(3) } })
    expect((await answerOf('takeFaults', taken)).blamed).toHaveLength(1)
  })

  test('gives alerts that name no rollout to the rollout that causes them', async () => {
    const clock = fakeClock()
    const { ask } = await testServer(clock)
    await broken(ask, clock.now())
    const startsAt = new Date(clock.now() - 20 * MINUTE).toISOString()
    const alerts = faults(0).map(({ node }) => ({
      status: 'firing',
      labels: { alertname: 'NodeCrash', node },
      annotations: {},
      startsAt,
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: '',
      fingerprint: node,
    }))
    const body = {
      version: '4',
      groupKey: '{}',
      truncatedAlerts: 0,
      status: 'firing',
      receiver: 'goaround',
      groupLabels: {},
      commonLabels: {},
      commonAnnotations: {},
      externalURL: '',
      alerts,
    }
    const answer = await ask('POST', '/v1/signals/alertmanager', { body })
    expect(answer.status).toBe(200)
    const found = await answerOf('getAttribution', await ask('GET', '/v1/attribution'))
    expect(found.rollouts).toMatchObject([{ rollout: 'shop-1', standing: 'blamed' }])
  })

  test('shows the evidence as a page that needs nothing else', async () => {
    const clock = fakeClock()
    const { ask } = await testServer(clock)
    await broken(ask, clock.now())
    await ask('POST', '/v1/faults', { body: { faults: faults(clock.now() - 30 * MINUTE) } })
    const page = await ask('GET', '/attribution')
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(page.headers.get('content-security-policy')).toContain('sha256-')
    const text = await page.text()
    expect(text).toContain('shop-1 is to blame, of 1 rollouts.')
    expect(text).not.toMatch(/<script|src=|href=/)
  })

  test('lets reporters report and no more, and names the field that is wrong', async () => {
    const { ask, tokenFor } = await testServer(fakeClock())
    const token = await tokenFor('collector', 'reporter')
    expect((await ask('POST', '/v1/faults', { token, body: { faults: [] } })).status).toBe(200)
    expect((await ask('GET', '/attribution', { token })).status).toBe(403)
    const viewer = await tokenFor('screen', 'viewer')
    expect((await ask('POST', '/v1/placements', { token: viewer, body: {} })).status).toBe(403)
    const wrong = await ask('POST', '/v1/faults', {
      body: { faults: [{ signature: 'x', node: 'n' }] },
    })
    expect(wrong.status).toBe(400)
    expect(await wrong.text()).toContain('faults.0.at')
  })
})
