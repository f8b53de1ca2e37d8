import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { judge } from '../../src/core/detect/judge.ts'
import { observe, startWatch } from '../../src/core/detect/watch.ts'
import type { WatchState } from '../../src/core/detect/watch-state.ts'
import { yes } from '../../src/core/kernel/result.ts'
import { StrategyFile } from '../../src/core/strategy/schema.ts'
import { openOtlpListeners } from '../../src/drivers/otlp/listeners.ts'
import { openOtlp } from '../../src/drivers/otlp/otlp.ts'
import { openPrometheus } from '../../src/drivers/prometheus/prometheus.ts'
import { systemClock } from '../../src/drivers/system-clock.ts'
import { batchTelemetry, type TelemetryBatch } from '../../src/engine/telemetry-batch.ts'
import type { Watch } from '../../src/ports/telemetry.ts'
import type { BenchOptions, Row } from '../run.ts'

const SIZES = [1_000, 10_000] as const
const SHORT_SIZES = [100, 200] as const
/** Each rollout is looked at this often. */
const EVERY_MS = 10_000
/** Of 10,000 rollouts so many look within the twentieth of an interval in which looks gather. */
const TOGETHER = 500
const ROUNDS = 4
const ROUNDS_SHORT = 2
/** One instance of a service exports about this many series. */
const SERIES_PER_EXPORT = 100
const EXPORTS = 2_000
const EXPORTS_SHORT = 50

const ARM = 'workload="$workload",stack="$stack"'
const METRICS = [
  {
    name: 'errors',
    source: 'prom',
    kind: 'error-rate',
    query: { requests: `all{${ARM}}`, errors: `all{${ARM},code=~"5.."}` },
  },
  {
    name: 'orders',
    source: 'prom',
    kind: 'error-rate',
    query: { requests: `orders{${ARM}}`, errors: `orders_failed{${ARM}}` },
  },
  { name: 'latency', source: 'prom', kind: 'latency', query: { buckets: `time_bucket{${ARM}}` } },
  { name: 'memory', source: 'prom', kind: 'gauge', query: { value: `memory{${ARM}}` } },
] as const

/** What it costs to read and judge telemetry: Prometheus' answers for many rollouts, and pushed exports. */
export const sources = {
  says: `CPU of reading Prometheus' answers for rollouts with ${METRICS.length} metrics each, every ${EVERY_MS / 1_000} s, and judging them; and of taking in OTLP exports`,
  async run({ short }: BenchOptions): Promise<readonly Row[]> {
    const rows: Row[] = []
    for (const size of short ? SHORT_SIZES : SIZES)
      rows.push(await scraped(size, short ? ROUNDS_SHORT : ROUNDS))
    return [...rows, await pushed(short ? EXPORTS_SHORT : EXPORTS)]
  },
}

type Answered = Awaited<ReturnType<TelemetryBatch['read']>>

interface Watched {
  readonly watches: readonly (Watch & { readonly arm: 'candidate' | 'control' })[]
  state: WatchState
}

async function scraped(rollouts: number, rounds: number): Promise<Row> {
  const server = spawn(process.execPath, [join(import.meta.dirname, 'answering.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.once('exit', () => server.kill())
  const port = await new Promise<string>((resolve) => {
    server.stdout.once('data', (line: Buffer) => resolve(line.toString().trim()))
  })
  const url = `http://127.0.0.1:${port}`
  const config = { name: 'prom', driver: 'prometheus', url, timeout: 30_000 } as const
  const source = openPrometheus(config, async () => yes(''))
  const batch = batchTelemetry(systemClock)
  const all = Array.from({ length: rollouts }, (_, n) => watched(`workload-${n}`))
  let reading = 0
  let judging = 0
  for (let round = 0; round <= rounds; round += 1) {
    let read = 0
    const began = cpuMs()
    for (let from = 0; from < all.length; from += TOGETHER) {
      const some = all.slice(from, from + TOGETHER)
      const before = cpuMs()
      const answers = await Promise.all(
        some.map(({ watches }) => batch.read(source, watches, EVERY_MS)),
      )
      read += cpuMs() - before
      for (const [place, one] of some.entries()) judgeOne(one, answers[place])
    }
    const spent = cpuMs() - began
    // The first round compiles and only marks the start.
    if (round === 0) continue
    reading += read
    judging += spent - read
  }
  await source.close()
  server.kill()
  const perRound = (ms: number) => Math.round(ms / rounds)
  return {
    name: `prometheus, ${rollouts} rollouts`,
    rollouts,
    readMsPerRound: perRound(reading),
    judgeMsPerRound: perRound(judging),
    cores: Math.round((perRound(reading + judging) / EVERY_MS) * 1_000) / 1_000,
    usPerArmAndMetric: round2(
      ((reading + judging) * 1_000) / rounds / rollouts / METRICS.length / 2,
    ),
    readShareOfJudging: round2(reading / judging),
  }
}

function judgeOne(one: Watched, answer: Answered | undefined): void {
  if (answer?.ok !== true) throw new Error(answer?.problem.detail ?? 'no answer')
  const now = Date.now()
  if (answer.value.readings.length !== one.watches.length)
    throw new Error(`only ${answer.value.readings.length} of ${one.watches.length} were read`)
  const readings = answer.value.readings.flatMap(({ key, ...counters }) => {
    const watch = one.watches.find((asked) => asked.key === key)
    return watch === undefined
      ? []
      : [{ ...counters, metric: watch.metric, arm: watch.arm, epoch: 'prom' }]
  })
  one.state = observe(one.state, { source: 'prom', readings }, now)
  judge(one.state, now)
}

function watched(workload: string): Watched {
  const arms = [
    { arm: 'candidate', stack: 'green', release: 'v2' },
    { arm: 'control', stack: 'blue', release: 'v1' },
  ] as const
  const watches = METRICS.flatMap(({ name, kind, query }) =>
    arms.map(({ arm, stack, release }) => {
      const labels = { workload, stack, release, rollout: `${workload}-1`, group: 'canary' }
      return { key: `${workload}/${name}/${arm}`, metric: name, kind, query, labels, arm }
    }),
  )
  const { detection } = STRATEGY
  const group = { share: 1_000, bake: 3_600_000, minExposure: 100 }
  return {
    watches,
    state: startWatch({ startedAt: Date.now(), group, groups: 2, detection, baseline: null }),
  }
}

const STRATEGY = StrategyFile.parse({
  apiVersion: 'goaround.dev/v1',
  kind: 'Strategy',
  workload: {
    name: 'shop',
    components: [{ name: 'web', platform: { driver: 'processes', command: ['x'] } }],
  },
  traffic: { driver: 'builtin', listen: '127.0.0.1:1' },
  exposure: { model: 'canary', groups: [{ name: 'all', share: '100%', bake: '1h' }] },
  detection: {
    every: '10s',
    sources: [{ name: 'prom', driver: 'prometheus', url: 'http://127.0.0.1:1' }],
    metrics: METRICS,
  },
  mitigations: { fallback: {} },
  decision: { tree: [{ name: 'back', choose: 'fallback', because: 'the old stack is there' }] },
})

/** One real export, taken in again and again: reading and looking up its points is the work, whatever is new in them. */
async function pushed(exports: number): Promise<Row> {
  const body = await realExport()
  const config = { name: 'otel', driver: 'otlp', listen: '127.0.0.1:0', select: {} } as const
  const source = openOtlp(
    config,
    openOtlpListeners(async () => yes('')),
  )
  const listening = await source.listen()
  if (!listening.ok) throw new Error(listening.problem.detail)
  const labels = { workload: 'w', stack: 's', release: 'r', rollout: 'o', group: 'g' }
  const query = { requests: 'requests', errors: 'requests{code>=500}' }
  const watch: Watch = { key: 'k', metric: 'errors', kind: 'error-rate', query, labels }
  await source.read([watch], AbortSignal.timeout(5_000))
  const headers = { 'content-type': 'application/x-protobuf' }
  const push = async (times: number) => {
    for (let one = 0; one < times; one += 1) {
      const answer = await fetch(`${listening.value.url}/v1/metrics`, {
        method: 'POST',
        headers,
        body,
      })
      if (answer.status !== 200) throw new Error(await answer.text())
      await answer.arrayBuffer()
    }
  }
  await push(Math.ceil(exports / 10))
  const began = cpuMs()
  await push(exports)
  const ms = cpuMs() - began
  await source.close()
  const perExport = ms / exports
  return {
    name: `otlp, exports of ${SERIES_PER_EXPORT} series`,
    exports,
    usPerSeries: round2((perExport * 1_000) / SERIES_PER_EXPORT),
    exportsPerCoreSecond: Math.round(1_000 / perExport),
  }
}

/** What the SDK sends for one instance. */
async function realExport(): Promise<Uint8Array<ArrayBuffer>> {
  const sent = Promise.withResolvers<Uint8Array<ArrayBuffer>>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      response.end()
      sent.resolve(new Uint8Array(Buffer.concat(chunks)))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address: AddressInfo | string | null = server.address()
  const port = address === null || typeof address === 'string' ? 0 : address.port
  const exporter = new OTLPMetricExporter({ url: `http://127.0.0.1:${port}/v1/metrics` })
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const meters = new MeterProvider({ readers: [reader] })
  const requests = meters.getMeter('bench').createHistogram('requests', { unit: 's' })
  for (let one = 0; one < SERIES_PER_EXPORT; one += 1)
    requests.record(0.1, { 'http.route': `/route/${one}`, code: one % 10 === 0 ? 500 : 200 })
  await reader.forceFlush()
  const body = await sent.promise
  await meters.shutdown().catch(() => undefined)
  server.closeAllConnections()
  server.close()
  return body
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}
