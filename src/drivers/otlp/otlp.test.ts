import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtoExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { afterEach, describe, expect, it } from 'vitest'
import { yes } from '../../core/kernel/result.ts'
import type { Reading, Watch } from '../../ports/telemetry.ts'
import { openOtlpListeners } from './listeners.ts'
import { type OtlpConfig, type OtlpSource, openOtlp } from './otlp.ts'

const REQUESTS = 'http.server.request.duration'
const ERRORS = `${REQUESTS}{http.response.status_code>=500} or ${REQUESTS}{error.type!=""}`
const COUNTS = { requests: REQUESTS, errors: ERRORS }

/** Longer than any test waits: exports are made by hand. */
const NEVER_MS = 3_600_000

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function open(config: Partial<OtlpConfig> = {}): Promise<OtlpSource & { url: string }> {
  const select = { 'service.name': '$workload', 'service.version': '$release' }
  const listen = '127.0.0.1:0'
  const source = openOtlp(
    { name: 'otel', driver: 'otlp', listen, select, ...config },
    openOtlpListeners(async () => yes('s3cret')),
  )
  closing.push(source.close)
  const listening = await source.listen()
  if (!listening.ok) throw new Error(listening.problem.detail)
  return { ...source, url: `${listening.value.url}/v1/metrics` }
}

function watch(query: Watch['query'], kind: Watch['kind'] = 'error-rate', release = 'v2'): Watch {
  const labels = { workload: 'shop', stack: 'green', release, rollout: 'r1', group: 'canary' }
  return { key: 'k', metric: 'errors', kind, query, labels }
}

async function read(source: OtlpSource, ...watches: readonly Watch[]) {
  const answer = await source.read(watches, AbortSignal.timeout(5_000))
  if (!answer.ok) throw new Error(answer.problem.detail)
  return answer.value
}

/** One instance of a service, measured by the SDK and exported when the test says so. */
function instance(
  url: string,
  form: 'json' | 'proto',
  temporality: AggregationTemporality,
  { release = 'v2', exponential = false } = {},
) {
  const exporter = new (form === 'json' ? JsonExporter : ProtoExporter)({
    url,
    // The exporter has an enumeration of its own with the same numbers.
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment
    temporalityPreference: temporality,
    headers: { authorization: 'Bearer s3cret' },
  })
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: NEVER_MS })
  const provider = new MeterProvider({
    readers: [reader],
    resource: resourceFromAttributes({ 'service.name': 'shop', 'service.version': release }),
    views: exponential
      ? [
          {
            instrumentName: REQUESTS,
            aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
          },
        ]
      : [],
  })
  closing.push(() => provider.shutdown().catch(() => undefined))
  const meter = provider.getMeter('http')
  const seconds = meter.createHistogram(REQUESTS, {
    unit: 's',
    advice: { explicitBucketBoundaries: [0.1, 1] },
  })
  const depth = meter.createGauge('queue.depth')
  return {
    serve(count: number, status = 200, took = 0.05) {
      for (let one = 0; one < count; one += 1)
        seconds.record(took, { 'http.response.status_code': status })
    },
    failWith(type: string) {
      seconds.record(0.05, { 'error.type': type })
    },
    show: (value: number) => depth.record(value),
    push: () => reader.forceFlush(),
  }
}

describe.each([
  ['json', 'cumulative', AggregationTemporality.CUMULATIVE],
  ['json', 'delta', AggregationTemporality.DELTA],
  ['proto', 'cumulative', AggregationTemporality.CUMULATIVE],
  ['proto', 'delta', AggregationTemporality.DELTA],
] as const)('the SDK that exports %s, %s', (form, _, temporality) => {
  it('is counted: requests, those that failed, and the times of both', async () => {
    const source = await open({ bearer: { env: 'TOKEN' } })
    const errors = watch(COUNTS)
    const latency = watch({ buckets: REQUESTS }, 'latency')
    await read(source, errors, latency)
    const service = instance(source.url, form, temporality)
    service.serve(90)
    service.serve(7, 503, 0.5)
    service.failWith('timeout')
    await service.push()
    expect((await read(source, errors)).readings).toMatchObject([{ requests: 98, errors: 8 }])

    service.serve(2, 200, 5)
    await service.push()
    expect((await read(source, errors)).readings).toMatchObject([{ requests: 100, errors: 8 }])
    const [times] = (await read(source, latency)).readings
    expect(times).toMatchObject({ requests: 100, edgesMs: [100, 1000], latency: [91, 7, 2] })
    const age = Date.now() - (times?.at ?? 0)
    expect(age).toBeGreaterThanOrEqual(0)
    expect(age).toBeLessThan(2_000)
  })

  it('is counted in exponential buckets on one ladder, whatever was used of it', async () => {
    const source = await open({ bearer: { env: 'TOKEN' } })
    const latency = watch({ buckets: REQUESTS }, 'latency')
    await read(source, latency)
    const service = instance(source.url, form, temporality, { exponential: true })
    service.serve(10, 200, 0.05)
    await service.push()
    service.serve(5, 200, 3)
    await service.push()
    const [times] = (await read(source, latency)).readings
    const edges = times?.edgesMs ?? []
    expect(edges).toHaveLength(65)
    const bucketOf = (ms: number) => edges.findIndex((edge) => ms <= edge)
    expect(times?.latency[bucketOf(50)]).toBe(10)
    expect(times?.latency[bucketOf(3_000)]).toBe(5)
    expect(times?.requests).toBe(15)
  })

  it('shows the mean of a gauge over the instances', async () => {
    const source = await open({ bearer: { env: 'TOKEN' } })
    const depth = watch({ value: 'queue.depth' }, 'gauge')
    await read(source, depth)
    const service = instance(source.url, form, temporality)
    service.show(4)
    await service.push()
    service.show(6)
    await service.push()
    const [reading] = (await read(source, depth)).readings
    expect(reading).toMatchObject({ gauge: { mean: 6, instances: 1 } })
  })
})

it('another release, and what nobody wants, is not counted', async () => {
  const source = await open()
  await read(source, watch(COUNTS))
  const service = instance(source.url, 'json', AggregationTemporality.CUMULATIVE, { release: 'v1' })
  service.serve(5)
  await service.push()
  expect((await read(source, watch(COUNTS))).readings).toEqual([])
  const [control] = (await read(source, watch(COUNTS, 'error-rate', 'v1'))).readings
  expect(control).toMatchObject({ requests: 5, errors: 0 })
})

describe('errors that nobody has seen', () => {
  it('are none when the attribute is known, and unknown when it is misspelt', async () => {
    const source = await open()
    const misspelt = watch({ requests: REQUESTS, errors: `${REQUESTS}{http.status>=500}` })
    await read(source, watch(COUNTS))
    const service = instance(source.url, 'json', AggregationTemporality.CUMULATIVE)
    service.serve(5)
    await service.push()
    expect((await read(source, watch(COUNTS))).readings).toMatchObject([{ errors: 0 }])
    const { readings, unread } = await read(source, misspelt)
    expect(readings).toEqual([])
    expect(unread).toMatchObject([{ kind: 'broken' }])
    expect(unread[0]?.because).toContain('http.status>=500')
  })
})

it('a metric that is no counter, and a time without a unit, say so', async () => {
  const source = await open()
  const level = watch({ requests: 'queue.depth', errors: 'queue.depth' })
  const timeless = watch({ buckets: 'queue.depth' }, 'latency')
  await read(source, level, timeless)
  const service = instance(source.url, 'json', AggregationTemporality.CUMULATIVE)
  service.show(3)
  await service.push()
  const { unread } = await read(source, level, timeless)
  expect(unread.map(({ because }) => because)).toEqual([
    "errors: otel: 'queue.depth' is no counter but a level",
    "errors: otel: 'queue.depth' is no histogram of a time (units s, ms, us or ns)",
  ])
})

describe('an export', () => {
  const body = JSON.stringify({ resourceMetrics: [] })
  const json = { 'content-type': 'application/json' }

  it.each([
    ['without its token', { headers: json }, 401, 'bearer token'],
    [
      'with a wrong token',
      { headers: { ...json, authorization: 'Bearer x' } },
      401,
      'bearer token',
    ],
  ])('%s is refused', async (_why, given, status, says) => {
    const source = await open({ bearer: { env: 'TOKEN' } })
    const answer = await fetch(source.url, { method: 'POST', body, ...given })
    expect(answer.status).toBe(status)
    const text = await answer.text()
    expect(text).toContain(says)
    expect(text).not.toContain('s3cret')
  })

  it.each([
    [
      'of another type',
      { headers: { 'content-type': 'text/plain' }, body },
      415,
      'application/json',
    ],
    ['in brotli', { headers: { ...json, 'content-encoding': 'br' }, body }, 415, 'gzip'],
    ['that is no gzip', { headers: { ...json, 'content-encoding': 'gzip' }, body }, 400, 'gzip'],
    ['that is no JSON', { headers: json, body: '{' }, 400, 'ExportMetricsServiceRequest'],
    [
      'of another shape',
      { headers: json, body: '{"resourceMetrics":[{"scopeMetrics":7}]}' },
      400,
      'resourceMetrics.0.scopeMetrics',
    ],
  ])('%s is refused in words that help', async (_why, request, status, says) => {
    const source = await open()
    const answer = await fetch(source.url, { method: 'POST', ...request })
    expect(answer.status).toBe(status)
    expect(await answer.text()).toContain(says)
  })

  it('of logs finds nothing here', async () => {
    const source = await open()
    const url = source.url.replace('metrics', 'logs')
    expect((await fetch(url, { method: 'POST', headers: json, body })).status).toBe(404)
  })

  it('that is compressed is read', async () => {
    const source = await open()
    const headers = { ...json, 'content-encoding': 'gzip' }
    const answer = await fetch(source.url, { method: 'POST', headers, body: gzipSync(body) })
    expect(await answer.json()).toEqual({})
  })

  it('that is larger when unpacked than any metrics is refused', async () => {
    const source = await open()
    const headers = { ...json, 'content-encoding': 'gzip' }
    const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024))
    const answer = await fetch(source.url, { method: 'POST', headers, body: bomb })
    expect(answer.status).toBe(400)
  })

  it('with points that cannot be counted is a partial success that says which and why', async () => {
    const source = await open()
    await read(source, watch({ requests: 'a', errors: 'a' }))
    const point = { timeUnixNano: '1700000000000000000', asInt: '3' }
    const metrics = [
      { name: 'a', sum: { isMonotonic: true, aggregationTemporality: 0, dataPoints: [point] } },
      { name: 'unwanted', sum: { isMonotonic: true, dataPoints: [point] } },
    ]
    const sent = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })
    const answer = await fetch(source.url, { method: 'POST', headers: json, body: sent })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      partialSuccess: {
        rejectedDataPoints: '1',
        errorMessage: 'a: an aggregation temporality that is neither delta nor cumulative',
      },
    })
  })
})

describe('an address', () => {
  it('is shared by the sources that name it', async () => {
    const listeners = openOtlpListeners(async () => yes('s3cret'))
    const config = { driver: 'otlp', listen: '127.0.0.1:0' } as const
    const one = openOtlp({ ...config, name: 'one', select: { release: '$release' } }, listeners)
    const two = openOtlp(
      { ...config, name: 'two', select: { 'service.version': '$release' } },
      listeners,
    )
    closing.push(one.close, two.close)
    const [first, second] = [await one.listen(), await two.listen()]
    expect(first).toEqual(second)
    await read(two, watch(COUNTS))
    const url = first.ok ? `${first.value.url}/v1/metrics` : ''
    const service = instance(url, 'proto', AggregationTemporality.DELTA)
    service.serve(3)
    await service.push()
    await one.close()
    expect((await read(two, watch(COUNTS))).readings).toMatchObject([{ requests: 3 }])
  })

  it('that somebody else has is said, and asked for again', async () => {
    const first = await open()
    const listen = new URL(first.url).host
    const second = openOtlp(
      { name: 'b', driver: 'otlp', listen, select: {} },
      openOtlpListeners(async () => yes('')),
    )
    const answer = await second.read([], AbortSignal.timeout(5_000))
    expect(answer).toMatchObject({ ok: false, problem: { reason: 'unreachable', retry: 'safe' } })
    expect(answer.ok ? '' : answer.problem.detail).toContain('something else listens there')
  })
})

it('pushes of every second grow the counters at the next look', async () => {
  const source = await open()
  await read(source, watch(COUNTS))
  const service = instance(source.url, 'proto', AggregationTemporality.DELTA)
  const seen: Reading[] = []
  for (let push = 0; push < 3; push += 1) {
    service.serve(10, push === 2 ? 500 : 200)
    await service.push()
    seen.push(...(await read(source, watch(COUNTS))).readings)
    await sleep(5)
  }
  expect(seen.map(({ requests, errors }) => [requests, errors])).toEqual([
    [10, 0],
    [20, 0],
    [30, 10],
  ])
  expect(seen.every(({ at }, k) => k === 0 || at > (seen[k - 1]?.at ?? at))).toBe(true)
})
