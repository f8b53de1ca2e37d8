import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { telemetryContract } from '../../../test/contracts/telemetry.ts'
import {
  azureMonitorService,
  CLIENT,
  TENANT,
  WORKSPACE,
} from '../../../test/support/azure-monitor-service.ts'
import { MINUTE, SECOND } from '../../core/kernel/instant.ts'
import { AzureMonitor } from '../../core/strategy/azure-monitor.ts'
import type { Watch } from '../../ports/telemetry.ts'
import { openSecrets } from '../secrets.ts'
import { openAzureMonitor } from './azure-monitor.ts'

type Service = Awaited<ReturnType<typeof azureMonitorService>>

const ERRORS = {
  requests: 'AppRequests | where AppVersion == "$stack"',
  errors: 'AppRequests | where AppVersion == "$stack" and Success == false // failed',
}
const LATENCY = { buckets: 'AppRequests | where AppVersion == "$stack"' }
const BEARER = { bearer: { env: 'AZURE_TOKEN' } }

function open(service: Service, more: Record<string, unknown> = BEARER, now = () => Date.now()) {
  const config = AzureMonitor.parse({
    name: 'insights',
    driver: 'azure-monitor',
    workspace: WORKSPACE,
    endpoint: service.url,
    every: '1ms',
    ...more,
  })
  const environment = { AZURE_TOKEN: 'token-1', AZURE_SECRET: 'hush' }
  const secrets = openSecrets(environment)
  return openAzureMonitor(config, { secrets, environment, now, edgesMs: [100, 1000] })
}

function watch(key: string, more: Partial<Watch> = {}): Watch {
  const labels = { workload: 'shop', stack: 'blue', release: 'v1', rollout: 'r1', group: 'canary' }
  return { key, metric: 'errors', kind: 'error-rate', query: ERRORS, labels, ...more }
}

function serve(
  service: Service,
  n: number,
  at: number,
  more: { failed?: number; ms?: number } = {},
) {
  const { failed = 0, ms = 50 } = more
  for (let i = 0; i < n; i += 1)
    service.rows.push({ at, version: 'blue', success: i >= failed, ms })
}

telemetryContract('azure-monitor', async () => {
  const service = await azureMonitorService()
  const at = Date.now()
  serve(service, 900, at, { failed: 10 })
  serve(service, 90, at, { ms: 500 })
  serve(service, 10, at, { ms: 5_000 })
  return { source: open(service), errors: ERRORS, latency: LATENCY, close: service.close }
})

describe('Azure Monitor', () => {
  let service: Service
  beforeEach(async () => {
    service = await azureMonitorService()
  })
  afterEach(async () => {
    await service.close()
  })

  async function read(source: ReturnType<typeof open>, ...watches: readonly Watch[]) {
    const answer = await source.read(watches, AbortSignal.timeout(5_000))
    return answer.ok ? answer.value : answer.problem
  }

  test('is asked once for all metrics of all rollouts, and not again before its time', async () => {
    serve(service, 3, Date.now())
    const source = open(service, { ...BEARER, every: '1m' })
    const watches = Array.from({ length: 10 }, (_, i) => watch(`r${i}/errors`))
    for (let look = 0; look < 5; look += 1) await read(source, ...watches)
    expect(service.queries()).toHaveLength(1)
    await read(source, ...watches, watch('new'))
    expect(service.queries()).toHaveLength(2)
  })

  test('counts a row that arrives late, and none twice', async () => {
    let now = 10 * MINUTE
    const source = open(service, BEARER, () => now)
    const seen: number[] = []
    const look = async () => {
      const answer = await read(source, watch('a'))
      seen.push('readings' in answer ? (answer.readings[0]?.requests ?? -1) : -2)
      now += 20 * MINUTE
    }
    await look()
    serve(service, 5, now - 20 * MINUTE)
    await look()
    serve(service, 2, now - 39 * MINUTE)
    serve(service, 7, now)
    await look()
    await look()
    await look()
    expect(seen).toEqual([-1, 5, 12, 12, 12])
  })

  test('does not count what happened before it was first asked for a group', async () => {
    const now = 100 * MINUTE
    serve(service, 50, 98 * MINUTE, { failed: 50 })
    serve(service, 4, now)
    const source = open(service, BEARER, () => now)
    expect(await read(source, watch('a'))).toMatchObject({ readings: [{ requests: 4, errors: 0 }] })
  })

  test('takes rows for as old as they are beyond the time that they usually take', async () => {
    let now = 100 * MINUTE
    const source = open(service, { ...BEARER, lag: '3m' }, () => now)
    serve(service, 1, now)
    expect(await read(source, watch('a'))).toMatchObject({ readings: [{ at: now }] })
    now += 10 * MINUTE
    expect(await read(source, watch('a'))).toMatchObject({ readings: [{ at: 103 * MINUTE }] })
  })

  test('a query that is not understood is told of its own metric and blinds no other', async () => {
    serve(service, 1, Date.now())
    const query = { ...ERRORS, errors: 'AppRequests | syntax error' }
    const bad = watch('bad', { metric: 'payments', query })
    expect(await read(open(service), watch('a'), bad, watch('b'))).toMatchObject({
      readings: [{ key: 'a' }, { key: 'b' }],
      unread: [
        { key: 'bad', kind: 'broken', because: expect.stringContaining('payments: 127.0.0.1') },
      ],
    })
  })

  test('a label that could end the string is not sent', async () => {
    const { labels } = watch('a')
    const answer = await read(
      open(service),
      watch('a', { labels: { ...labels, group: 'a" or "' } }),
    )
    expect(answer).toMatchObject({ unread: [{ kind: 'broken' }] })
    expect(service.heard).toEqual([])
  })

  test('a partial answer is no answer', async () => {
    const error = { code: 'PartialError', message: 'There were some errors when processing' }
    const json = { tables: [{ name: 'PrimaryResult', columns: [], rows: [] }], error }
    service.state.trouble = { status: 200, json }
    expect(await read(open(service), watch('a'))).toMatchObject({
      reason: 'unclear',
      detail: expect.stringContaining('in part only: PartialError'),
    })
  })

  test('leaves a throttled service alone for as long as it says', async () => {
    let now = 0
    const source = open(service, BEARER, () => now)
    const json = { error: { code: 'ThrottledError', message: 'Too many requests' } }
    service.state.trouble = { status: 429, json, headers: { 'retry-after': '20' } }
    expect(await read(source, watch('a'))).toMatchObject({ reason: 'throttled', retry: 'safe' })
    service.state.trouble = null
    now = 19 * SECOND
    expect(await read(source, watch('a'))).toMatchObject({ reason: 'throttled' })
    expect(service.queries()).toHaveLength(1)
    now = 20 * SECOND
    expect(await read(source, watch('a'))).toEqual({ readings: [], unread: [] })
  })

  const signIn = { client: { tenant: TENANT, id: CLIENT, secret: { env: 'AZURE_SECRET' } } }

  test('signs in as an application once, and anew when its token is refused', async () => {
    const source = open(service, { ...signIn, authority: service.url })
    for (let look = 0; look < 3; look += 1) await read(source, watch(`a${look}`))
    const tokens = () => service.heard.filter(({ path }) => path.includes('/oauth2/'))
    expect(tokens()).toHaveLength(1)
    service.state.token = 'token-2'
    expect(await read(source, watch('b'))).toMatchObject({ readings: [] })
    expect(tokens()).toHaveLength(2)
  })

  test('renews a token before it ends', async () => {
    let now = Date.now()
    const source = open(service, { ...signIn, authority: service.url }, () => now)
    await read(source, watch('a'))
    now += 56 * MINUTE
    await read(source, watch('b'))
    expect(service.heard.filter(({ path }) => path.includes('/oauth2/'))).toHaveLength(2)
  })

  test('says that it may not sign in, and never the secret', async () => {
    service.state.secret = 'another'
    const problem = await read(open(service, { ...signIn, authority: service.url }), watch('a'))
    expect(problem).toMatchObject({ reason: 'denied', retry: 'never' })
    expect(JSON.stringify(problem)).toContain('AADSTS7000215')
    expect(JSON.stringify(problem)).not.toContain('hush')
  })

  test('signs in as the identity of the machine', async () => {
    const authority = `${service.url}/metadata/identity/oauth2/token`
    expect(await read(open(service, { identity: {}, authority }), watch('a'))).toEqual({
      readings: [],
      unread: [],
    })
  })

  test('a service that cannot be reached is a failure that may be tried again', async () => {
    const gone = await azureMonitorService()
    await gone.close()
    expect(await read(open(gone), watch('a'))).toMatchObject({
      reason: 'unreachable',
      retry: 'safe',
    })
  })
})
