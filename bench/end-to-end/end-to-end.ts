import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { readStrategy } from '../../src/core/strategy/read-strategy.ts'
import type { Strategy } from '../../src/core/strategy/schema.ts'
import { stopBuiltinRouter } from '../../src/drivers/builtin-router/stop-builtin-router.ts'
import { systemClock } from '../../src/drivers/system-clock.ts'
import type { Control } from '../../src/engine/control.ts'
import { type Load, startLoad } from '../../src/main/demo/load.ts'
import { openDrivers } from '../../src/main/open-drivers.ts'
import { startUp, type Up } from '../../src/main/up.ts'
import { freePort } from '../../test/support/http-service.ts'
import { startPrometheusThat } from '../../test/support/prometheus.ts'
import type { BenchOptions, Row } from '../run.ts'

const RUNS = 12
const SHORT_RUNS = 2
/** A fifth of the users get the candidate, so that it serves 40 requests a second and fails two of them. */
const REQUESTS_PER_SECOND = 200
const SHARE = '20%'
const ERRORS = 0.05
const RUN_WITHIN_MS = 90_000
/** The store is looked at this often; the halt is dated by as much too late at most. */
const LOOK_MS = 10
const WORKLOAD = 'shop'

const SOURCES = ['router', 'prometheus', 'otlp'] as const
type Source = (typeof SOURCES)[number]

/** One halt, from the first failure that a user saw. */
interface Halt {
  readonly totalMs: number
  /** Until the newest sample that the verdict rests on was taken, by the source's own time. */
  readonly detectionMs: number
  /** From that sample to the look that reached the verdict. */
  readonly lagMs: number
  /** From the look until the halt stood in the store. */
  readonly recordMs: number
  readonly badSeen: number
}

/**
 * From the first failure of a candidate that fails one request in twenty to the halt in the store, on real
 * processes behind the real router: counted by the router itself, scraped by a real Prometheus every second, and
 * pushed every second over OTLP.
 */
export const endToEnd = {
  says: `from the first failed response of a candidate with ${ERRORS * 100} % errors (40 requests/s to it, 160/s to the control) to the halt in the store, by who measures`,
  async run({ short }: BenchOptions): Promise<readonly Row[]> {
    const rows: Row[] = []
    for (const source of SOURCES) rows.push(await measure(source, short ? SHORT_RUNS : RUNS))
    return rows
  },
}

async function measure(source: Source, runs: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'goaround-bench-'))
  const ports = { blue: await freePort(), green: await freePort() }
  const otlp = `127.0.0.1:${await freePort()}`
  const listen = `127.0.0.1:${await freePort()}`
  const prometheus = await startPrometheusThat({
    every: '1s',
    scraped: Object.entries(ports).map(([stack, port]) => ({
      targets: [`127.0.0.1:${port}`],
      labels: { stack },
    })),
  })
  const strategy = strategyFor(source, { ports, otlp, listen, prometheus: prometheus.url })
  const started = await startUp({
    host: '127.0.0.1',
    port: 0,
    stateDir: folder,
    openToAll: true,
    terminal: process.stderr,
    log: { info: () => undefined, error: (_, says) => console.error(says) },
  })
  if (!started.ok) throw new Error(started.problem.detail)
  const up = started.value
  await over(up.control, await deploy(up.control, strategy, 'v1'))
  const load = startLoad(`http://${listen}`, REQUESTS_PER_SECOND)
  const halts: Halt[] = []
  for (let run = 1; run <= runs; run += 1) {
    const began = Date.now()
    const id = await deploy(up.control, strategy, `bad-${run}`)
    halts.push(await haltOf(up, id, load, began))
    await over(up.control, id)
    process.stderr.write(`\r${source}: run ${run} of ${runs}`)
  }
  process.stderr.write('\n')
  await load.stop()
  await up.stop()
  await clean(strategy, folder)
  await prometheus.stop()
  rmSync(folder, { recursive: true, force: true })
  const of = (name: keyof Halt, q: number) =>
    quantile(
      halts.map((halt) => halt[name]),
      q,
    )
  return {
    name: source,
    runs,
    totalP50Ms: of('totalMs', 0.5),
    totalP95Ms: of('totalMs', 0.95),
    detectionP50Ms: of('detectionMs', 0.5),
    lagP50Ms: of('lagMs', 0.5),
    recordP50Ms: of('recordMs', 0.5),
    badResponsesP50: of('badSeen', 0.5),
  }
}

/** Waits for the halt and takes its time apart. */
async function haltOf(up: Up, id: string, load: Load, began: number): Promise<Halt> {
  const haltedAt = await haltSeen(up, id)
  const facts = await up.control.history(id)
  const verdict = facts.find(
    ({ type, data }) => type === 'verdict.reached' && Object(data).verdict.kind === 'fail',
  )
  const firstBad = load.firstLossSince(began)
  if (verdict === undefined || firstBad === null)
    throw new Error(
      `rollout ${id} was not halted by a verdict: ${facts.map(({ type }) => type).join(', ')}`,
    )
  const { at, verdict: judged } = Object(verdict.data)
  const asOf = Number(judged.evidence[0].asOf)
  return {
    totalMs: haltedAt - firstBad,
    detectionMs: asOf - firstBad,
    lagMs: at - asOf,
    recordMs: haltedAt - at,
    badSeen: judged.evidence[0].candidate.events,
  }
}

/** When the halt could first be read from the store. */
async function haltSeen({ store }: Up, id: string): Promise<number> {
  const end = Date.now() + RUN_WITHIN_MS
  while (Date.now() < end) {
    const facts = await store.read(`rollout/${id}`)
    if (facts.some(({ type }) => type === 'rollout.halted')) return Date.now()
    await systemClock.until(Date.now() + LOOK_MS)
  }
  throw new Error(`rollout ${id} was not halted in time`)
}

async function deploy(control: Control, strategy: Strategy, release: string): Promise<string> {
  const from = { actor: { name: 'bench', roles: ['operator'] }, commandId: `deploy ${release}` }
  const started = await control.start({ strategy, release, hotfixFor: null }, from)
  if (!started.ok)
    throw new Error(`${release} could not be started: ${JSON.stringify(started.problem)}`)
  return started.value.id
}

/** Waits until the rollout has ended and the workload is free. */
async function over(control: Control, id: string): Promise<void> {
  const end = Date.now() + RUN_WITHIN_MS
  while (Date.now() < end) {
    const record = await control.read(id)
    const isOver = record?.course.rollout?.endedAt != null
    if (isOver && (await control.workload(WORKLOAD)).active === null) return
    await systemClock.until(Date.now() + 50)
  }
  throw new Error(`rollout ${id} did not end in time`)
}

interface Places {
  readonly ports: Readonly<Record<string, number>>
  readonly otlp: string
  readonly listen: string
  readonly prometheus: string
}

function detectionBy(source: Source, { prometheus, otlp }: Places): object {
  const errors = { name: 'errors', kind: 'error-rate' }
  switch (source) {
    case 'router':
      return { metrics: [errors] }
    case 'prometheus': {
      const query = {
        requests: 'requests_total{stack="$stack"}',
        errors: 'requests_total{stack="$stack",code=~"5.."}',
      }
      const prom = { name: 'prom', driver: 'prometheus', url: prometheus }
      return { sources: [prom], metrics: [{ ...errors, source: 'prom', query }] }
    }
    case 'otlp': {
      const query = {
        requests: 'http.server.requests',
        errors: 'http.server.requests{http.response.status_code>=500}',
      }
      const select = { 'goaround.stack': '$stack' }
      const otel = { name: 'otel', driver: 'otlp', listen: otlp, select }
      return { sources: [otel], metrics: [{ ...errors, source: 'otel', query }] }
    }
  }
}

function strategyFor(source: Source, places: Places): Strategy {
  const service = join(import.meta.dirname, 'service.ts')
  const text = stringify({
    apiVersion: 'goaround.dev/v1',
    kind: 'Strategy',
    workload: {
      name: WORKLOAD,
      components: [
        {
          name: 'web',
          platform: {
            driver: 'processes',
            command: [process.execPath, service, '{port}', '{release}', '{stack}'],
            env: { ERRORS: String(ERRORS), OTLP_URL: `http://${places.otlp}/v1/metrics` },
            ports: places.ports,
            health: { path: '/healthz' },
            stopWithin: '1s',
          },
        },
      ],
    },
    traffic: { driver: 'builtin', listen: places.listen },
    exposure: {
      model: 'canary',
      groups: [
        { name: 'fifth', share: SHARE, bake: '60s' },
        { name: 'all', share: '100%', bake: '60s' },
      ],
    },
    detection: detectionBy(source, places),
    mitigations: { fallback: {}, verifyFor: '300ms' },
    decision: { tree: [{ name: 'back', choose: 'fallback', because: 'the old stack is there' }] },
    practice: {
      credits: [{ mitigation: 'fallback', rehearsedOn: today(), evidence: 'this bench' }],
    },
  })
  const read = readStrategy(text, 'bench')
  if (!read.ok) throw new Error(JSON.stringify(read.problem))
  return read.value
}

async function clean(strategy: Strategy, stateDir: string): Promise<void> {
  const drivers = openDrivers({ stateDir, terminal: process.stderr, clock: systemClock })
  const platform = await drivers.platform(strategy, 'web')
  for (const stack of strategy.workload.stacks) {
    const want = { workload: WORKLOAD, component: 'web', stack, release: 'none', replicas: 0 }
    const effect = { effectId: 'clean', signal: AbortSignal.timeout(RUN_WITHIN_MS) }
    if (platform.ok) await platform.value.apply(want, effect)
  }
  await stopBuiltinRouter(stateDir, WORKLOAD)
  await drivers.close()
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(
    sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN,
  )
}
