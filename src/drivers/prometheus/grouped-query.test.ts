import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type NativeSeries,
  nativeExposition,
  PROTOBUF_EXPOSITION,
} from '../../../test/support/native-exposition.ts'
import { startPrometheus, type TestPrometheus } from '../../../test/support/prometheus.ts'
import { yes } from '../../core/kernel/result.ts'
import type { Watch } from '../../ports/telemetry.ts'
import { groupedQuery } from './grouped-query.ts'
import { openPrometheus } from './prometheus.ts'

const WORKLOADS = Array.from({ length: 30 }, (_, n) => `shop-${n}`)
const ARMS = WORKLOADS.flatMap((workload) =>
  (['blue', 'green'] as const).map((stack, n) => ({ workload, stack, release: `v1.${n}+a` })),
)
const QUERY = {
  requests: 'requests_total{workload="$workload",stack="$stack"}',
  errors: 'requests_total{workload="$workload",stack="$stack",code=~"5.."}',
}

let prometheus: TestPrometheus
let relayUrl: string
const servers: Server[] = []
const asked: string[] = []
/** What the relay puts into the answers of Prometheus, to play a server that knows a part only. */
let warnings: readonly string[] = []

beforeAll(async () => {
  const registry = new Registry()
  const parts = { help: 'h', registers: [registry] }
  const labelNames = ['workload', 'stack', 'release', 'code', 'pod']
  const requests = new Counter({ ...parts, name: 'requests_total', labelNames })
  const seconds = new Histogram({ ...parts, name: 'seconds', labelNames, buckets: [0.1, 1] })
  const depth = new Gauge({ ...parts, name: 'depth', labelNames })
  for (const [n, arm] of ARMS.entries()) {
    for (const pod of ['a', 'b']) {
      requests.inc({ ...arm, pod, code: '200' }, 10 * n)
      seconds.observe({ ...arm, pod }, 0.5)
      depth.set({ ...arm, pod }, pod === 'a' ? n : n + 2)
    }
    if (n % 2 === 0) requests.inc({ ...arm, pod: 'a', code: '503' }, n)
  }
  const text = await serve(
    (_, response) => void registry.metrics().then((all) => response.end(all)),
  )
  const native = await serve((_, response) => {
    response.setHeader('content-type', PROTOBUF_EXPOSITION)
    response.end(nativeExposition('native_seconds', NATIVE))
  })
  prometheus = await startPrometheus(text, native)
  relayUrl = `http://${await serve((request, response) => {
    if (request.url === '/api/v1/query') asked.push(request.url)
    const { method, headers, url = '' } = request
    const onward = httpRequest(new URL(url, prometheus.url), { method, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        const warned = body.replace(/^\{/, `{"warnings":${JSON.stringify(warnings)},`)
        response.writeHead(answer.statusCode ?? 500)
        response.end(warnings.length === 0 ? body : warned)
      })
    })
    request.pipe(onward)
  })}`
  await prometheus.eventually('requests_total')
  await prometheus.eventually('native_seconds')
})

beforeEach(() => {
  asked.length = 0
  warnings = []
})

afterAll(async () => {
  await prometheus.stop()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

/** 0.5 s ends the bucket with the exponent −4 of schema 2, and 4 s that with the exponent 8. */
const NATIVE: readonly NativeSeries[] = [
  { labels: { stack: 'blue', pod: 'a' }, schema: 2, buckets: new Map([[-4, 7]]) },
  {
    labels: { stack: 'blue', pod: 'b' },
    schema: 2,
    buckets: new Map([
      [-4, 3],
      [8, 2],
    ]),
  },
  {
    labels: { stack: 'green', pod: 'c' },
    schema: 3,
    buckets: new Map([
      [-8, 5],
      [-9, 6],
    ]),
  },
  { labels: { stack: 'coarse', pod: 'd' }, schema: 0, buckets: new Map([[0, 4]]) },
  { labels: { stack: 'idle', pod: 'e' }, schema: 2, buckets: new Map() },
]

function watch(
  arm: { readonly workload: string; readonly stack: string; readonly release: string },
  query: Watch['query'],
  kind: Watch['kind'] = 'error-rate',
): Watch {
  const labels = { ...arm, rollout: `r-${arm.workload}`, group: 'canary' }
  return { key: `${arm.workload}/${arm.stack}`, metric: 'm', kind, query, labels }
}

async function read(watches: readonly Watch[]) {
  const config = { name: 'prom', driver: 'prometheus', url: relayUrl, timeout: 5_000 } as const
  const source = openPrometheus(config, async () => yes(''))
  return source.read(watches, AbortSignal.timeout(10_000))
}

async function readings(watches: readonly Watch[]) {
  const answer = await read(watches)
  if (!answer.ok) throw new Error(answer.problem.detail)
  return answer.value.readings
}

describe('a metric of many rollouts', () => {
  it('is one query, and each arm gets its own counts of all its instances', async () => {
    const found = await readings(ARMS.map((arm) => watch(arm, QUERY)))
    expect(asked).toEqual(['/api/v1/query'])
    expect(found.map(({ key, requests, errors }) => [key, requests, errors])).toEqual(
      ARMS.map(({ workload, stack }, n) => {
        const failed = n % 2 === 0 ? n : 0
        return [`${workload}/${stack}`, 20 * n + failed, failed]
      }),
    )
  })

  it.each([
    [
      'by release, with signs that mean something in an expression',
      'release="$release",workload="$workload"',
    ],
    ['inside a longer text', 'workload="$workload",stack=~"blue|green",release=\'$release\''],
  ])('is one query %s', async (_how, matchers) => {
    const requests = `requests_total{${matchers}}`
    const errors = `sum(requests_total{${matchers},code=~"5.."})`
    const found = await readings(ARMS.map((arm) => watch(arm, { requests, errors })))
    expect(asked).toEqual(['/api/v1/query'])
    expect(found).toHaveLength(ARMS.length)
    expect(found[3]).toMatchObject({ requests: 60, errors: 0 })
  })

  it('has the times and the gauges of each arm', async () => {
    const times = { buckets: 'seconds_bucket{workload="$workload",stack="$stack"}' }
    const latency = await readings(ARMS.map((arm) => watch(arm, times, 'latency')))
    expect(latency).toHaveLength(ARMS.length)
    expect(latency[7]).toMatchObject({ edgesMs: [100, 1000], latency: [0, 2, 0] })
    const depth = { value: 'depth{workload="$workload",stack="$stack"}' }
    const gauges = await readings(ARMS.map((arm) => watch(arm, depth, 'gauge')))
    expect(gauges.map(({ gauge }) => gauge?.mean)).toEqual(ARMS.map((_, n) => n + 1))
    const most = { value: 'max(depth{workload="$workload",stack="$stack"})' }
    const highest = await readings(ARMS.map((arm) => watch(arm, most, 'gauge')))
    expect(highest.map(({ gauge }) => gauge?.mean)).toEqual(ARMS.map((_, n) => n + 2))
    expect(asked).toHaveLength(3)
  })

  it('that is written cleverly is asked for arm by arm, with the same answer', async () => {
    const clever = {
      requests: `${QUERY.requests} + 0`,
      errors: 'requests_total{workload="$workload",stack=~"$stack",code=~"5.."}',
    }
    const alike = (found: Awaited<ReturnType<typeof readings>>) =>
      found.map(({ key, requests, errors }) => [key, requests, errors])
    const watches = ARMS.map((arm) => watch(arm, clever))
    expect(groupedQuery(watches[0] ?? watch(ARMS[0] ?? NOBODY, clever))).toBeNull()
    const one = await readings(watches)
    const other = await readings(ARMS.map((arm) => watch(arm, QUERY)))
    expect(alike(one)).toEqual(alike(other))
  })

  it('is divided where one answer would be too long', async () => {
    const many = Array.from({ length: 2_500 }, (_, n) =>
      watch({ ...NOBODY, workload: `nobody-${n}` }, QUERY),
    )
    await readings([...many, ...ARMS.map((arm) => watch(arm, QUERY))])
    // Three for the arms, and some that look into those that nobody has measured.
    expect(asked.length).toBeLessThanOrEqual(3 + 5)
  })
})

const NOBODY = { workload: 'nobody', stack: 'blue', release: 'v0' }

describe('a native histogram', () => {
  const times = { buckets: 'native_seconds{stack="$stack"}' }
  const latencyOf = async (stack: string) =>
    (await readings([watch({ ...NOBODY, stack }, times, 'latency')]))[0]

  it('is added up over the instances, on a ladder of its own', async () => {
    const reading = await latencyOf('blue')
    const edges = reading?.edgesMs ?? []
    expect(edges).toHaveLength(65)
    expect(reading?.requests).toBe(12)
    expect(reading?.latency[edges.indexOf(500)]).toBe(10)
    expect(reading?.latency[edges.indexOf(4_000)]).toBe(2)
  })

  it('of a finer schema is compared on the same ladder', async () => {
    const [fine, usual] = [await latencyOf('green'), await latencyOf('blue')]
    expect(fine?.edgesMs).toEqual(usual?.edgesMs)
    expect(fine?.latency[(fine.edgesMs ?? []).indexOf(500)]).toBe(11)
  })

  it('of a coarser schema has other edges, which cannot be compared by mistake', async () => {
    const reading = await latencyOf('coarse')
    expect(reading?.edgesMs).toHaveLength(17)
    expect(reading?.latency[(reading.edgesMs ?? []).indexOf(1_000)]).toBe(4)
  })

  it('that counted nothing is not known yet', async () => {
    expect(await latencyOf('idle')).toBeUndefined()
  })
})

describe('answers that disagree', () => {
  it('because failures are no part of the requests are not believed', async () => {
    const [, green] = ARMS
    const query = { requests: QUERY.errors.replace('"5.."', '"503"'), errors: QUERY.requests }
    const answer = await read([
      watch({ ...(green ?? NOBODY), stack: 'blue', workload: 'shop-3' }, query),
    ])
    expect(answer.ok && answer.value.readings).toEqual([])
    expect(answer.ok && answer.value.unread[0]?.because).toBe(
      'm: counts 126 failures of 6 requests; let "errors" select a part of "requests"',
    )
  })

  it('because a part of the server did not answer are not believed', async () => {
    warnings = ['No StoreAPIs matched for this query']
    const answer = await read(ARMS.map((arm) => watch(arm, QUERY)))
    expect(answer).toMatchObject({ ok: false, problem: { reason: 'unclear', retry: 'safe' } })
    expect(answer.ok ? '' : answer.problem.detail).toContain('in part only: No StoreAPIs matched')
  })
})

it('an arm that nobody has ever measured says by which selector it was looked for', async () => {
  const answer = await read([watch(NOBODY, QUERY)])
  expect(answer.ok && answer.value.unread).toEqual([
    {
      key: 'nobody/blue',
      kind: 'absent',
      because: 'm: prom: no series answers requests_total{workload="nobody",stack="blue"}',
    },
  ])
})

async function serve(listener: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address: AddressInfo | string | null = server.address()
  return `127.0.0.1:${address === null || typeof address === 'string' ? 0 : address.port}`
}
