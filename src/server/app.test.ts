import { describe, expect, test } from 'vitest'
import { answerOf, testServer } from '../../test/support/api-server.ts'
import { fakeClock } from '../../test/support/fake-clock.ts'
import { SHOP_STRATEGY } from '../../test/support/shop-strategy.ts'
import { Problem } from '../contract/problem.ts'
import { RolloutView } from '../contract/rollout-view.ts'

const start = { strategy: SHOP_STRATEGY, fileName: 'goaround.yaml', release: 'v2' }

describe('rollouts', () => {
  test('a rollout is started, found, listed and told', async () => {
    const { ask } = await testServer(fakeClock())
    const begun = await ask('POST', '/v1/rollouts', { body: start })
    expect(begun.status).toBe(201)
    expect(await begun.json()).toEqual({ id: 'shop-1' })

    const view = RolloutView.parse(await (await ask('GET', '/v1/rollouts/shop-1')).json())
    expect(view).toMatchObject({ id: 'shop-1', phase: 'preparing', exitCode: null })
    const list = await (await ask('GET', '/v1/rollouts')).json()
    expect(list).toMatchObject({ items: [{ id: 'shop-1', phase: 'preparing' }], next: null })
    const told = await ask('GET', '/v1/rollouts/shop-1/timeline')
    const { entries } = await answerOf('getTimeline', told)
    expect(entries[0]?.says).toContain('started the rollout of v2')
  })

  test('the list is paged, and its cursor leads to the next page', async () => {
    const clock = fakeClock()
    const { ask, fake } = await testServer(clock)
    for (const release of ['v1', 'v2', 'v3']) {
      const begun = await ask('POST', '/v1/rollouts', { body: { ...start, release } })
      const { id } = await answerOf('startRollout', begun)
      await ask('POST', `/v1/rollouts/${id}/abort`, { body: { because: 'enough' } })
      await fake.workload('shop', { type: 'release', rollout: id, now: clock.now() })
    }
    const first = await answerOf('listRollouts', await ask('GET', '/v1/rollouts?limit=2'))
    expect(first.items.map(({ id }) => id)).toEqual(['shop-3', 'shop-2'])
    const rest = `/v1/rollouts?limit=2&after=${encodeURIComponent(String(first.next))}`
    const second = await answerOf('listRollouts', await ask('GET', rest))
    expect(second.items.map(({ id }) => id)).toEqual(['shop-1'])
    expect(second.next).toBeNull()
  })

  test('a failed rollout shows what was decided, why, and whose yes is missing', async () => {
    const { ask, shop } = await testServer(fakeClock())
    const id = await shop.start()
    await shop.fail(id)
    const view = RolloutView.parse(await (await ask('GET', `/v1/rollouts/${id}`)).json())
    expect(view).toMatchObject({
      phase: 'asking',
      exitCode: 12,
      exposure: { share: 500, seen: true, candidate: 'green', control: 'blue' },
      failing: { kind: 'verdict', group: 'canary', routes: ['/checkout'] },
      decision: {
        chosen: 'fallback',
        branch: 'go-back',
        approvals: [{ role: 'release-captain', needed: 1, given: [] }],
      },
      mitigation: null,
      outcome: null,
    })
    expect(view.because).toContain('1 × release-captain')
  })

  test('a mitigated rollout shows each step as seen, and where the postmortem is', async () => {
    const { ask, shop } = await testServer(fakeClock())
    const id = await shop.start()
    await shop.mitigate(id)
    const view = RolloutView.parse(await (await ask('GET', `/v1/rollouts/${id}`)).json())
    expect(view).toMatchObject({
      phase: 'mitigated',
      exitCode: 10,
      exposure: { share: 0, seen: true },
      outcome: { kind: 'mitigated' },
      mitigation: { choose: 'fallback', state: 'in-effect' },
      postmortem: { path: '/var/lib/goaround/postmortem-shop-1.md' },
    })
    expect(view.mitigation?.steps.map(({ state }) => state)).toEqual(
      Array.from({ length: view.mitigation?.steps.length ?? 0 }, () => 'seen'),
    )
  })

  test('an unchanged rollout is not sent twice, and a changed one is', async () => {
    const { ask, shop } = await testServer(fakeClock())
    const id = await shop.start()
    const etag = (await ask('GET', `/v1/rollouts/${id}`)).headers.get('etag') ?? ''
    const headers = { 'if-none-match': etag }
    const again = await ask('GET', `/v1/rollouts/${id}`, { headers })
    expect(again.status).toBe(304)
    expect(await again.text()).toBe('')
    await ask('POST', `/v1/rollouts/${id}/pause`, { body: { because: 'lunch' } })
    expect((await ask('GET', `/v1/rollouts/${id}`, { headers })).status).toBe(200)
  })

  test('facts are paged, and leave out what a strategy says literally', async () => {
    const { ask, shop } = await testServer(fakeClock())
    const id = await shop.start()
    await shop.bake(id)
    const page = `/v1/rollouts/${id}/events`
    const first = await answerOf('getEvents', await ask('GET', `${page}?limit=2`))
    expect(first.items.map(({ type }) => type)).toEqual(['rollout.claimed', 'rollout.started'])
    expect(first.items[1]?.data).toMatchObject({ strategy: '(left out here)' })
    const next = `${page}?limit=1&after=${first.next}`
    const rest = await answerOf('getEvents', await ask('GET', next))
    expect(rest.items[0]?.type).toBe('rollout.baseline-captured')
  })

  test('a bad strategy is refused with every place that is wrong', async () => {
    const { ask } = await testServer(fakeClock())
    const strategy = SHOP_STRATEGY.replace('share: 5%', 'share: 500%').replace(
      'bake: 20m',
      'bake: x',
    )
    const refused = await ask('POST', '/v1/rollouts', { body: { ...start, strategy } })
    expect(refused.status).toBe(422)
    const problem = Problem.parse(await refused.json())
    expect(problem.type).toBe('/problems/bad-strategy')
    const lines = problem.problems?.map(({ file, line, column }) => ({ file, line, column }))
    expect(lines?.length).toBeGreaterThanOrEqual(2)
    expect(lines?.[0]).toMatchObject({ file: 'goaround.yaml', line: 20, column: 14 })
  })

  test('a rollout that does not exist is said to be missing, by every route that names one', async () => {
    const { ask } = await testServer(fakeClock())
    const because = { body: { because: 'x' } }
    const asked = await Promise.all([
      ask('GET', '/v1/rollouts/no-1'),
      ask('GET', '/v1/rollouts/no-1/events'),
      ask('GET', '/v1/rollouts/no-1/timeline'),
      ask('GET', '/v1/rollouts/no-1/live'),
      ask('POST', '/v1/rollouts/no-1/pause', because),
      ask('POST', '/v1/rollouts/no-1/promote'),
      ask('POST', '/v1/rollouts/no-1/rollback', because),
      ask('POST', '/v1/rollouts/no-1/approve', { body: { hash: 'x' } }),
    ])
    expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 404))
  })
})

describe('what people say', () => {
  test('an approval is bound to the decision that was read', async () => {
    const { ask, shop, tokenFor } = await testServer(fakeClock())
    const token = await tokenFor('carol', 'release-captain')
    const id = await shop.start()
    await shop.fail(id)
    const stale = await ask('POST', `/v1/rollouts/${id}/approve`, { token, body: { hash: 'old' } })
    expect(Problem.parse(await stale.json())).toMatchObject({
      status: 409,
      type: '/problems/wrong-hash',
    })
    const { decision } = await answerOf('getRollout', await ask('GET', `/v1/rollouts/${id}`))
    const yes = await ask('POST', `/v1/rollouts/${id}/approve`, {
      token,
      body: { hash: decision?.hash },
    })
    expect(RolloutView.parse(await yes.json())).toMatchObject({ phase: 'mitigating' })
  })

  test('an approver may speak in one of their own roles only', async () => {
    const { ask, shop, tokenFor } = await testServer(fakeClock())
    const token = await tokenFor('dave', 'stakeholder', 'release-captain')
    const id = await shop.start()
    await shop.fail(id)
    const { decision } = await answerOf('getRollout', await ask('GET', `/v1/rollouts/${id}`))
    const approve = (role: string) =>
      ask('POST', `/v1/rollouts/${id}/approve`, { token, body: { hash: decision?.hash, role } })
    expect((await approve('on-call')).status).toBe(403)
    expect((await approve('stakeholder')).status).toBe(403)
    expect((await approve('release-captain')).status).toBe(200)
  })

  test('a repeated request with the same key changes nothing and answers the same', async () => {
    const { ask, fake } = await testServer(fakeClock())
    const headers = { 'idempotency-key': 'pipeline-42' }
    const first = await ask('POST', '/v1/rollouts', { body: start, headers })
    const second = await ask('POST', '/v1/rollouts', { body: start, headers })
    expect([first.status, second.status]).toEqual([201, 201])
    expect(await second.json()).toEqual(await first.json())
    expect(await fake.store.read('rollout/shop-1')).toHaveLength(1)
  })

  test('the log recognises a repeated request that the server has forgotten', async () => {
    const clock = fakeClock()
    const before = await testServer(clock)
    const headers = { 'idempotency-key': 'pipeline-42' }
    await before.ask('POST', '/v1/rollouts', { body: start, headers })
    const { store, control, access } = before.parts
    const after = await testServer(clock, { store, control, access })
    const repeated = await after.ask('POST', '/v1/rollouts', {
      body: start,
      headers,
      token: before.admin,
    })
    expect(repeated.status).toBe(201)
    expect(await repeated.json()).toEqual({ id: 'shop-1' })
  })

  test('a key that comes back with another request is refused', async () => {
    const { ask } = await testServer(fakeClock())
    const headers = { 'idempotency-key': 'pipeline-42' }
    await ask('POST', '/v1/rollouts', { body: start, headers })
    const other = await ask('POST', '/v1/rollouts', { body: { ...start, release: 'v3' }, headers })
    expect(Problem.parse(await other.json())).toMatchObject({
      status: 422,
      type: '/problems/key-reused',
    })
  })

  test('a quarantined release is refused until somebody lifts it', async () => {
    const clock = fakeClock()
    const { ask, fake } = await testServer(clock)
    const because = 'it failed'
    const command = { type: 'quarantine', release: 'v2', rollout: 'shop-0', because } as const
    await fake.workload('shop', { ...command, now: clock.now() })
    const refused = await ask('POST', '/v1/rollouts', { body: start })
    expect(Problem.parse(await refused.json())).toMatchObject({
      status: 409,
      type: '/problems/quarantined',
    })
    const lifted = await ask('POST', '/v1/workloads/shop/quarantine/lift', {
      body: { release: 'v2', because: 'the cause was the database' },
    })
    expect(await lifted.json()).toMatchObject({ name: 'shop', quarantined: [] })
    expect((await ask('POST', '/v1/rollouts', { body: start })).status).toBe(201)
  })
})

describe('the edges', () => {
  test('unknown fields, other media types, broken JSON and large bodies are refused', async () => {
    const { ask } = await testServer(fakeClock(), { limits: { bodyMax: 1_000 } })
    const path = '/v1/rollouts/shop-1/pause'
    const statuses = [
      await ask('POST', path, { body: { because: 'x', becuase: 'y' } }),
      await ask('POST', path, { body: '{"because":"x","__proto__":{"admin":true}}' }),
      await ask('POST', path, { body: 'because=x', headers: { 'content-type': 'text/plain' } }),
      await ask('POST', path, { body: '{"because":' }),
      await ask('POST', path, { body: { because: 'x'.repeat(2_000) } }),
      await ask('GET', '/v1/rollouts?limt=3'),
    ].map(({ status }) => status)
    expect(statuses).toEqual([400, 400, 415, 400, 413, 400])
  })

  test('every answer forbids a browser to run, sniff, frame or keep it', async () => {
    const { ask } = await testServer(fakeClock())
    for (const path of ['/healthz', '/v1/rollouts', '/nothing']) {
      const { headers } = await ask('GET', path)
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cache-control')).toMatch(/no-store|no-cache/)
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  test('a host name that is not its own is refused, so that no web page can point one at it', async () => {
    const hosts = ['localhost', '127.0.0.1', '[::1]']
    const stopping = new AbortController().signal
    const { ask } = await testServer(fakeClock(), {}, { hosts, stopping })
    const status = async (host: string) =>
      (await ask('GET', '/healthz', { headers: { host } })).status
    expect(await status('evil.example:4800')).toBe(421)
    expect(await status('localhost.evil.example')).toBe(421)
    expect(await status('localhost:4800')).toBe(200)
    expect(await status('[::1]:4800')).toBe(200)
    expect((await ask('GET', '/healthz')).status).toBe(421)
  })

  test('a path that is there does not answer another method', async () => {
    const { ask } = await testServer(fakeClock())
    const answer = await ask('PUT', '/v1/rollouts')
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('POST, GET')
    expect((await ask('GET', '/v2/rollouts')).status).toBe(404)
  })

  test('it is ready only while its store answers', async () => {
    const clock = fakeClock()
    const { ask, parts } = await testServer(clock)
    expect((await ask('GET', '/readyz', { token: null })).status).toBe(200)
    const head = () => Promise.reject(new Error('connection refused'))
    const broken = await testServer(clock, { store: { ...parts.store, head } })
    expect((await broken.ask('GET', '/readyz')).status).toBe(503)
    expect((await broken.ask('GET', '/healthz')).status).toBe(200)
  })

  test('a store that does not answer at all is not waited for', async () => {
    const clock = fakeClock()
    const { parts } = await testServer(clock)
    const head = () => new Promise<never>(() => undefined)
    const silent = await testServer(clock, { store: { ...parts.store, head } })
    const asked = silent.ask('GET', '/readyz')
    await clock.advance(2_000)
    expect((await asked).status).toBe(503)
  })

  test('what breaks inside is logged under the request, and tells the caller nothing of it', async () => {
    const { parts } = await testServer(fakeClock())
    const read = () => Promise.reject(new Error('password=hunter2'))
    const control = { ...parts.control, read }
    const { ask, logged } = await testServer(fakeClock(), { control })
    const answer = await ask('GET', '/v1/rollouts/shop-1')
    const problem = Problem.parse(await answer.json())
    expect(problem).toMatchObject({ status: 500, type: '/problems/defect' })
    expect(JSON.stringify(problem)).not.toContain('hunter2')
    const id = answer.headers.get('x-request-id')
    expect(problem.instance).toBe(`/requests/${id}`)
    expect(logged.some((line) => line.includes(String(id)) && line.includes('failed'))).toBe(true)
  })

  test('looking too often is refused for a while, and going back never is', async () => {
    const clock = fakeClock()
    const limits = { looksPerMinute: 3, changesPerMinute: 2 }
    const { ask, shop } = await testServer(clock, { limits })
    const id = await shop.start()
    const look = async () => ask('GET', `/v1/rollouts/${id}`)
    const statuses = [await look(), await look(), await look(), await look()]
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(statuses[3]?.headers.get('retry-after')).toBe('60')
    for (let times = 0; times < 10; times += 1) {
      const { status } = await ask('POST', `/v1/rollouts/${id}/abort`, { body: { because: 'x' } })
      expect(status).not.toBe(429)
    }
    await clock.advance(60_000)
    expect((await look()).status).toBe(200)
  })

  test('metrics count requests by route and not by name', async () => {
    const { ask, shop } = await testServer(fakeClock())
    const id = await shop.start()
    await ask('GET', `/v1/rollouts/${id}`)
    await ask('GET', '/v1/rollouts/other-7')
    const text = await (await ask('GET', '/metrics')).text()
    expect(text).toContain(
      'goaround_http_requests_total{route="/v1/rollouts/:id",method="GET",status="200"} 1',
    )
    expect(text).not.toContain('other-7')
    expect((await ask('GET', '/metrics', { token: null })).status).toBe(401)
  })

  test('the address of every problem leads to what it means', async () => {
    const { ask } = await testServer(fakeClock())
    const { type } = Problem.parse(await (await ask('GET', '/v1/rollouts/no-1')).json())
    const described = await ask('GET', type, { token: null })
    expect(Problem.parse(await described.json()).title).toBe('There is no such rollout.')
    expect((await ask('GET', '/problems/constructor')).status).toBe(404)
  })
})
