import { createServer, request as httpRequest } from 'node:http'
import { Counter, Histogram, Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPrometheus, type TestPrometheus } from '../../../test/support/prometheus.ts'
import { yes } from '../../core/kernel/result.ts'
import type { Watch } from '../../ports/telemetry.ts'
import { openPrometheus } from './prometheus.ts'

/** A release whose name would break out of quotes of any kind, out of braces and out of a line. */
const ODD = 'v2"\'`\\ } or up{a="\n# ü ✈'
const OLD_MS = 60_000

let prometheus: TestPrometheus
let exporter: ReturnType<typeof createServer>
const registry = new Registry()
let scrapes = 0
let oldAt = 0

/** What a service exposes by a usual library, with one old sample that carries a time of its own. */
beforeAll(async () => {
  const names = ['stack', 'release', 'code'] as const
  const parts = { help: 'h', registers: [registry] }
  const requests = new Counter({ ...parts, name: 'requests_total', labelNames: names })
  requests.inc({ stack: 'blue', release: 'v1', code: '200' }, 90)
  requests.inc({ stack: 'blue', release: 'v1', code: '500' }, 10)
  requests.inc({ stack: 'green', release: 'v2', code: '200' }, 70)
  requests.inc({ stack: 'green', release: ODD, code: '200' }, 5)
  // Known to its target and without any series until the first error.
  const unborn = { help: 'h', registers: [], name: 'unborn_errors_total', labelNames: ['stack'] }
  registry.registerMetric(new Counter(unborn))
  const buckets = [0.1, 0.3, 2.3]
  const seconds = new Histogram({ ...parts, name: 'duration_seconds', buckets })
  const millis = new Histogram({ ...parts, name: 'duration_milliseconds', buckets: [5, 50] })
  for (const one of [0.05, 0.2, 0.2, 1, 9]) seconds.observe(one)
  for (const one of [1, 10, 100]) millis.observe(one)
  oldAt = Date.now() - OLD_MS

  exporter = createServer((_request, response) => {
    scrapes += 1
    void registry.metrics().then((text) => response.end(`${text}old_total 7 ${oldAt}\n`))
  })
  await new Promise<void>((resolve) => {
    exporter.listen(0, '127.0.0.1', resolve)
  })
  const address = exporter.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  prometheus = await startPrometheus(`127.0.0.1:${address.port}`)
  await prometheus.eventually('requests_total')
})

afterAll(async () => {
  await prometheus.stop()
  exporter.closeAllConnections()
  exporter.close()
})

function open(url = prometheus.url) {
  const config = { name: 'prom', driver: 'prometheus', url, timeout: 5_000 } as const
  return openPrometheus(config, async () => yes(''))
}

function watch(query: Watch['query'], key = 'k', release = 'v1', stack = 'blue'): Watch {
  const kind = query.buckets === undefined ? 'error-rate' : 'latency'
  return {
    key,
    metric: 'errors',
    kind,
    query,
    labels: { workload: 'shop', stack, release, rollout: 'r1', group: 'canary' },
  }
}

async function readAll(...watches: readonly Watch[]) {
  const answer = await open().read(watches, AbortSignal.timeout(10_000))
  if (!answer.ok) throw new Error(answer.problem.detail)
  return answer.value
}

async function read(...watches: readonly Watch[]) {
  return (await readAll(...watches)).readings
}

const REQUESTS = 'requests_total{stack="$stack"}'
const ERRORS = 'requests_total{stack="$stack",code=~"5.."}'

describe('the time of a reading', () => {
  it.each(['old_total', 'sum(old_total)', 'sum by (x) (old_total) # sums\n', 'max(old_total) + 0'])(
    'is that of the sample and not of the question: %s',
    async (requests) => {
      const [reading] = await read(watch({ requests, errors: 'vector(0)' }))
      expect(reading).toMatchObject({ at: oldAt, requests: 7, errors: 0 })
    },
  )

  it('does not exist for an expression that nothing was measured for', async () => {
    expect(await read(watch({ requests: 'vector(5)', errors: 'vector(0)' }))).toEqual([])
  })
})

describe('a label', () => {
  it.each(['"$release"', "'$release'"])('cannot break out of its quotes: %s', async (quoted) => {
    const requests = `requests_total{release=${quoted}}`
    const [reading] = await read(watch({ requests, errors: 'vector(0)' }, 'k', ODD))
    expect(reading).toMatchObject({ requests: 5 })
  })

  it('is only filled in where its whole name stands', async () => {
    const requests = 'requests_total{stack="$stack",release!="$releases"}'
    expect(await read(watch({ requests, errors: 'vector(0)' }))).toMatchObject([{ requests: 100 }])
  })
})

describe('a latency', () => {
  it('is in milliseconds, with clean edges', async () => {
    const [reading] = await read(watch({ buckets: 'duration_seconds_bucket' }))
    expect(reading).toMatchObject({
      requests: 5,
      edgesMs: [100, 300, 2300],
      latency: [1, 2, 1, 1],
    })
  })

  it('that is measured in milliseconds already is taken as it is', async () => {
    const [reading] = await read(watch({ buckets: 'duration_milliseconds_bucket' }))
    expect(reading).toMatchObject({ edgesMs: [5, 50], latency: [1, 1, 1] })
  })

  it('without its highest bucket is not known', async () => {
    expect(await read(watch({ buckets: 'duration_seconds_bucket{le!="+Inf"}' }))).toEqual([])
  })
})

describe('errors of which there is no series', () => {
  it('are none when others with the same labels are counted', async () => {
    expect(
      await read(watch({ requests: REQUESTS, errors: ERRORS }, 'k', 'v2', 'green')),
    ).toMatchObject([{ requests: 75, errors: 0 }])
  })

  it('are none when the target knows the counter and has counted nothing', async () => {
    const errors = 'sum(unborn_errors_total{stack="$stack"})'
    expect(await read(watch({ requests: REQUESTS, errors }))).toMatchObject([{ errors: 0 }])
  })

  it.each([
    ['the metric is misspelt', 'request_total{stack="$stack",code=~"5.."}'],
    ['a label is misspelt', 'requests_total{stack="$stack",status=~"5.."}'],
    ['no metric is named', '{code=~"6.."}'],
  ])('are unknown when %s, so that no release looks perfect by it', async (_why, errors) => {
    expect(await read(watch({ requests: REQUESTS, errors }))).toEqual([])
  })

  it('are unknown when the strategy does not count them', async () => {
    expect(await read(watch({ requests: REQUESTS }))).toEqual([])
  })
})

describe('a query that cannot be read', () => {
  const bad = watch({ requests: 'sum(requests_total', errors: 'vector(0)' }, 'bad')

  it('is told in the words of Prometheus, with the metric and the query', async () => {
    const { unread } = await readAll(bad)
    expect(unread).toMatchObject([{ key: 'bad', kind: 'broken' }])
    expect(unread[0]?.because).toMatch(
      /^errors: prom: .*bad_data: .*parse error.*requests 'sum\(requests_total'/,
    )
  })

  it('blinds nobody else', async () => {
    const good = Array.from({ length: 40 }, (_, n) =>
      watch({ requests: REQUESTS, errors: ERRORS }, `good-${n}`),
    )
    const readings = await read(...good.slice(0, 17), bad, ...good.slice(17))
    expect(readings.map(({ key }) => key)).toEqual(good.map(({ key }) => key))
    expect(readings[0]).toMatchObject({ requests: 100, errors: 10 })
  })
})

it('many watches are one query', async () => {
  const asked: string[] = []
  const relay = createServer((request, response) => {
    asked.push(request.url ?? '')
    const { method, headers, url = '' } = request
    const onward = httpRequest(new URL(url, prometheus.url), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => {
    relay.listen(0, '127.0.0.1', resolve)
  })
  const address = relay.address()
  const port = address === null || typeof address === 'string' ? 0 : address.port
  const watches = Array.from({ length: 200 }, (_, n) =>
    watch({ requests: REQUESTS, errors: ERRORS }, `k${n}`),
  )
  const answer = await open(`http://127.0.0.1:${port}`).read(watches, AbortSignal.timeout(10_000))
  relay.close()
  expect(answer.ok && answer.value.readings).toHaveLength(200)
  expect(asked).toEqual(['/api/v1/query'])
})

it('a target that is gone is no data at the next scrape', async () => {
  await new Promise<void>((resolve) => {
    exporter.close(() => resolve())
    exporter.closeAllConnections()
  })
  const before = scrapes
  await prometheus.eventually('up == 0')
  const { readings, unread } = await readAll(watch({ requests: REQUESTS, errors: ERRORS }))
  expect(readings).toEqual([])
  expect(unread).toMatchObject([{ key: 'k', kind: 'absent' }])
  expect(unread[0]?.because).toMatch(
    /^errors: prom: the scrape of shop\/127.0.0.1:\d+ fails \(up == 0\)/,
  )
  expect(scrapes).toBe(before)
})
