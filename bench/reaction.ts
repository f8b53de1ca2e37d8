import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { stringify } from 'yaml'
import { readStrategy } from '../src/core/strategy/read-strategy.ts'
import type { Strategy } from '../src/core/strategy/schema.ts'
import { stopBuiltinRouter } from '../src/drivers/builtin-router/stop-builtin-router.ts'
import { systemClock } from '../src/drivers/system-clock.ts'
import type { Control } from '../src/engine/control.ts'
import { type Load, startLoad } from '../src/main/demo/load.ts'
import { openDrivers } from '../src/main/open-drivers.ts'
import { startUp } from '../src/main/up.ts'
import { startHaproxy } from '../test/support/haproxy.ts'
import { freePort } from '../test/support/http-service.ts'
import type { BenchOptions, Row } from './run.ts'

const RUNS = 30
const SHORT_RUNS = 3
/** Half of the users get the candidate, so that it serves 50 requests a second. */
const REQUESTS_PER_SECOND = 100
const FLOOR_RUNS = 30
const RUN_WITHIN_MS = 30_000
const WORKLOAD = 'shop'

/**
 * From the first answer of a wholly broken candidate to its traffic seen at zero, with the durable
 * record of halt, decision and steps in between. Beside it the floor: the router's command alone.
 */
export const reaction = {
  says: 'from the first response of a wholly broken candidate (100 % errors, 50 requests/s to it) to its traffic seen at zero',
  async run({ short }: BenchOptions): Promise<readonly Row[]> {
    const runs = short ? SHORT_RUNS : RUNS
    return [await measure('builtin', runs), await measure('haproxy', runs)]
  },
}

async function measure(kind: 'builtin' | 'haproxy', runs: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'goaround-bench-'))
  const ports = { blue: await freePort(), green: await freePort() }
  const haproxy =
    kind === 'haproxy'
      ? await startHaproxy({
          servers: [
            { name: 'blue', port: ports.blue, weight: 100 },
            { name: 'green', port: ports.green, weight: 0 },
          ],
        })
      : null
  const listen = `127.0.0.1:${await freePort()}`
  const traffic =
    haproxy === null
      ? { driver: 'builtin', listen }
      : {
          driver: 'haproxy',
          socket: haproxy.socket,
          backend: haproxy.backend,
          servers: { blue: ['blue'], green: ['green'] },
        }
  const strategy = strategyFor(traffic, ports)
  const up = await startUp({
    host: '127.0.0.1',
    port: 0,
    stateDir: folder,
    openToAll: true,
    terminal: process.stderr,
    log: { info: () => undefined, error: (_, says) => console.error(says) },
  })
  if (!up.ok) throw new Error(up.problem.detail)
  const { control } = up.value
  await over(control, await deploy(control, strategy, 'v1'))
  const load = startLoad(haproxy?.url ?? `http://${listen}`, REQUESTS_PER_SECOND)
  const reactions: number[] = []
  const lost: number[] = []
  for (let run = 1; run <= runs; run += 1) {
    const began = Date.now()
    const id = await deploy(control, strategy, `broken-${run}`)
    await over(control, id)
    reactions.push(await reactionOf(control, id, load, began))
    lost.push(load.failedSince(began))
    process.stderr.write(`\r${kind}: run ${run} of ${runs}`)
  }
  process.stderr.write('\n')
  await load.stop()
  const floors = await floorOf(strategy, folder)
  await up.value.stop()
  await clean(strategy, folder)
  await haproxy?.stop()
  rmSync(folder, { recursive: true, force: true })
  return {
    name: kind,
    runs,
    p50Ms: quantile(reactions, 0.5),
    p99Ms: quantile(reactions, 0.99),
    floorP50Ms: quantile(floors, 0.5),
    lostRequestsP50: quantile(lost, 0.5),
  }
}

/** From the first answer that hurt a user to the moment at which the candidate was seen to serve nothing. */
async function reactionOf(
  control: Control,
  id: string,
  load: Load,
  began: number,
): Promise<number> {
  const facts = await control.history(id)
  const off = facts.find(
    ({ type, data }) => type === 'step.seen' && String(Object(data).step).endsWith('-drain'),
  )
  const firstBad = load.firstLossSince(began)
  if (off === undefined || firstBad === null)
    throw new Error(`rollout ${id} was not mitigated by fallback`)
  return Number(Object(off.data).at) - firstBad
}

/** The router's command alone: asked for, and seen. */
async function floorOf(strategy: Strategy, stateDir: string): Promise<readonly number[]> {
  const drivers = openDrivers({ stateDir, terminal: process.stderr, clock: systemClock })
  const router = await drivers.router(strategy)
  if (!router.ok) throw new Error(router.problem.detail)
  const floors: number[] = []
  for (let run = 0; run < FLOOR_RUNS; run += 1) {
    const ask = { effectId: `floor-${run}`, signal: AbortSignal.timeout(RUN_WITHIN_MS) }
    const plan = { control: 'blue', candidate: 'green', salt: 'floor', cohort: [] }
    await router.value.route({ ...plan, buckets: 5_000 }, ask)
    const began = performance.now()
    await router.value.route({ ...plan, buckets: 0 }, ask)
    const seen = await router.value.observe(ask.signal)
    if (!seen.ok || seen.value.buckets['green'] !== 0)
      throw new Error('the share was not seen at zero')
    floors.push(performance.now() - began)
  }
  await drivers.close()
  return floors
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
    await systemClock.until(Date.now() + 20)
  }
  throw new Error(`rollout ${id} did not end in time`)
}

function strategyFor(traffic: unknown, ports: Readonly<Record<string, number>>): Strategy {
  const service = join(
    import.meta.dirname,
    `../src/main/demo/service${extname(import.meta.filename)}`,
  )
  const faults = Object.fromEntries(
    Array.from({ length: RUNS }, (_, run) => [`broken-${run + 1}`, 'broken']),
  )
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
            command: [process.execPath, service, '{port}', '{release}'],
            env: { SHOP_FAULTS: JSON.stringify(faults) },
            ports,
            health: { path: '/healthz' },
            stopWithin: '1s',
          },
        },
      ],
    },
    traffic,
    exposure: {
      model: 'canary',
      groups: [
        { name: 'half', share: '50%', bake: '30s' },
        { name: 'all', share: '100%', bake: '30s' },
      ],
    },
    detection: { metrics: [{ name: 'errors', kind: 'error-rate' }] },
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
    if (platform.ok)
      await platform.value.apply(want, {
        effectId: 'clean',
        signal: AbortSignal.timeout(RUN_WITHIN_MS),
      })
  }
  await stopBuiltinRouter(stateDir, WORKLOAD)
  await drivers.close()
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
  return Math.round(value * 10) / 10
}
