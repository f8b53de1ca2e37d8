import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { yes } from '../../src/core/kernel/result.ts'
import { openOtlpListeners } from '../../src/drivers/otlp/listeners.ts'
import { openOtlp } from '../../src/drivers/otlp/otlp.ts'
import { openPrometheus } from '../../src/drivers/prometheus/prometheus.ts'
import { systemClock } from '../../src/drivers/system-clock.ts'
import type { Watch } from '../../src/ports/telemetry.ts'
import { fakeTelemetry } from '../support/fake-telemetry.ts'
import { startPrometheus } from '../support/prometheus.ts'
import { telemetryContract } from './telemetry.ts'

const QUERIES = {
  errors: {
    requests: 'http_requests_total{stack="$stack"}',
    errors: 'http_requests_total{stack="$stack",code=~"5.."}',
  },
  latency: { buckets: 'http_request_duration_seconds_bucket{stack="$stack"}' },
}
const EXPOSITION = `
http_requests_total{stack="blue",code="200",pod="a"} 600
http_requests_total{stack="blue",code="200",pod="b"} 390
http_requests_total{stack="blue",code="500",pod="b"} 10
http_request_duration_seconds_bucket{stack="blue",le="0.1"} 900
http_request_duration_seconds_bucket{stack="blue",le="1"} 990
http_request_duration_seconds_bucket{stack="blue",le="+Inf"} 1000
`

telemetryContract('the fake telemetry source', async () => {
  const source = fakeTelemetry(systemClock)
  source.set('blue', 'error-rate', { requests: 1000, errors: 10, edgesMs: [], latency: [] })
  source.set('blue', 'latency', {
    requests: 1000,
    errors: 0,
    edgesMs: [100, 1000],
    latency: [900, 90, 10],
  })
  return { source, ...QUERIES, close: async () => undefined }
})

telemetryContract('Prometheus', async () => {
  const exporter = createServer((_, response) => response.end(EXPOSITION))
  await new Promise<void>((resolve) => {
    exporter.listen(0, '127.0.0.1', resolve)
  })
  const prometheus = await startPrometheus(`127.0.0.1:${(exporter.address() as AddressInfo).port}`)
  await prometheus.eventually('http_requests_total')
  return {
    source: open(prometheus.url),
    ...QUERIES,
    async close() {
      await prometheus.stop()
      exporter.closeAllConnections()
      exporter.close()
    },
  }
})

telemetryContract('pushed metrics', async () => {
  const listeners = openOtlpListeners(async () => yes(''))
  const select = { 'goaround.stack': '$stack' }
  const config = { name: 'otel', driver: 'otlp', listen: '127.0.0.1:0', select } as const
  const source = openOtlp(config, listeners)
  const listening = await source.listen()
  if (!listening.ok) throw new Error(listening.problem.detail)
  const errors = { requests: 'requests', errors: 'requests{code>=500}' }
  const latency = { buckets: 'duration' }
  // What nobody has asked for yet is not kept.
  const asked = [
    { ...WATCH, query: errors },
    { ...WATCH, kind: 'latency', query: latency } as const,
  ]
  await source.read(asked, AbortSignal.timeout(5_000))
  const exported = await fetch(`${listening.value.url}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(exportOfBlue(Date.now())),
  })
  if (!exported.ok) throw new Error(await exported.text())
  return { source, errors, latency, close: async () => undefined }
})

/** What a delta exporter of stack `blue` sends: the counts of the contract's world. */
function exportOfBlue(now: number) {
  const timeUnixNano = `${now}000000`
  const point = (code: string, asInt: string) => ({
    timeUnixNano,
    asInt,
    attributes: [{ key: 'code', value: { intValue: code } }],
  })
  const times = {
    timeUnixNano,
    count: '1000',
    explicitBounds: [0.1, 1],
    bucketCounts: ['900', '90', '10'],
  }
  const metrics = [
    {
      name: 'requests',
      sum: {
        isMonotonic: true,
        aggregationTemporality: 1,
        dataPoints: [point('200', '990'), point('500', '10')],
      },
    },
    { name: 'duration', unit: 's', histogram: { aggregationTemporality: 1, dataPoints: [times] } },
  ]
  const attributes = [{ key: 'goaround.stack', value: { stringValue: 'blue' } }]
  return { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }] }
}

test('a query that Prometheus cannot read is wrong for ever, in its own words', async () => {
  const server = answering(400, {
    status: 'error',
    errorType: 'bad_data',
    error: 'parse error: unclosed left parenthesis',
  })
  const outcome = await open(await server.url()).read([WATCH], AbortSignal.timeout(5_000))
  server.stop()

  const [unread] = outcome.ok ? outcome.value.unread : []
  expect(unread).toMatchObject({ key: 'a', kind: 'broken' })
  expect(unread?.because).toContain('unclosed left parenthesis')
})

test('a server that is down may be asked again', async () => {
  const outcome = await open('http://127.0.0.1:1').read([WATCH], AbortSignal.timeout(5_000))

  expect(outcome).toMatchObject({ ok: false, problem: { reason: 'unreachable', retry: 'safe' } })
})

test('something that is not Prometheus is named as such', async () => {
  const server = answering(200, { hello: 'world' })
  const outcome = await open(await server.url()).read([WATCH], AbortSignal.timeout(5_000))
  server.stop()

  expect(outcome.ok ? '' : outcome.problem.detail).toContain('is it the right URL?')
})

test('a refused token is never shown', async () => {
  const server = answering(401, {})
  const config = {
    name: 'prom',
    driver: 'prometheus',
    url: await server.url(),
    bearer: { env: 'TOKEN' },
    timeout: 5_000,
  } as const
  const outcome = await openPrometheus(config, async () => yes('s3cret-token')).read(
    [WATCH],
    AbortSignal.timeout(5_000),
  )
  server.stop()

  expect(outcome).toMatchObject({ ok: false, problem: { reason: 'denied', retry: 'never' } })
  expect(JSON.stringify(outcome)).not.toContain('s3cret-token')
})

const WATCH: Watch = {
  key: 'a',
  metric: 'errors',
  kind: 'error-rate',
  query: QUERIES.errors,
  labels: { workload: 'shop', stack: 'blue', release: 'v1', rollout: 'r1', group: 'canary' },
}

function open(url: string) {
  return openPrometheus({ name: 'prom', driver: 'prometheus', url, timeout: 5_000 }, async () =>
    yes(''),
  )
}

function answering(status: number, body: unknown) {
  const server = createServer((_, response) => response.writeHead(status).end(JSON.stringify(body)))
  return {
    url: () =>
      new Promise<string>((resolve) => {
        server.listen(0, '127.0.0.1', () =>
          resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
        )
      }),
    stop: () => server.close(),
  }
}
