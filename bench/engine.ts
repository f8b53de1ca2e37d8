import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { yes } from '../src/core/kernel/result.ts'
import { StrategyFile } from '../src/core/strategy/schema.ts'
import { systemClock } from '../src/drivers/system-clock.ts'
import { openControlRoom } from '../src/engine/control-room.ts'
import { Engine } from '../src/engine/engine.ts'
import { batchTelemetry } from '../src/engine/telemetry-batch.ts'
import type { Clock } from '../src/ports/clock.ts'
import type { Drivers } from '../src/ports/drivers.ts'
import { LATENCY_EDGES_MS, type Router, type TrafficSample } from '../src/ports/router.ts'
import { openSqliteStore } from '../src/store/sqlite/open-sqlite-store.ts'
import type { BenchOptions, Row } from './run.ts'

/** How often each rollout's evidence is looked at. */
const LOOK_EVERY = '5s'
const LOOK_EVERY_MS = 5_000
/** Long enough for every rollout to be looked at a dozen times. */
const MEASURED_MS = 60_000
const SHORT_MS = 15_000
/** A look that comes later than a whole interval after its turn is late. */
const LATE_MS = LOOK_EVERY_MS
const SIZES = [1_000, 5_000] as const
const SHORT_SIZES = [50, 100] as const

/** Active rollouts on simulated drivers and the real store on a disk, in real time. */
export const engine = {
  says: `CPU, memory and lateness of one replica that holds many baking rollouts, each looked at every ${LOOK_EVERY}`,
  async run({ short }: BenchOptions): Promise<readonly Row[]> {
    const rows: Row[] = []
    for (const size of short ? SHORT_SIZES : SIZES)
      rows.push(await measure(size, short ? SHORT_MS : MEASURED_MS))
    return rows
  },
}

async function measure(rollouts: number, measuredMs: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'goaround-bench-'))
  const store = openSqliteStore({ path: join(folder, 'goaround.db') })
  const looks = new Lateness()
  const context = {
    store,
    drivers: steadyWorld(systemClock, looks),
    clock: systemClock,
    telemetry: batchTelemetry(systemClock),
    log: { info: () => undefined, error: (_: unknown, says: string) => console.error(says) },
    limits: { leaseMs: 30_000, rolloutsMax: rollouts },
  }
  const replica = new Engine(context, `bench/${process.pid}`)
  const control = openControlRoom({ store, clock: systemClock, liveHere: () => null })
  replica.start()
  for (let one = 0; one < rollouts; one += 1) {
    const strategy = steadyStrategy(`workload-${one}`)
    const started = await control.start(
      { strategy, release: 'v2', hotfixFor: null },
      { actor: { name: 'bench', roles: ['operator'] }, commandId: `start-${rollouts}-${one}` },
    )
    if (!started.ok) throw new Error(`a rollout could not be started: ${started.problem.code}`)
  }
  await until(async () => looks.watched() >= rollouts, 600_000)
  looks.reset()
  const before = process.cpuUsage()
  const began = performance.now()
  await systemClock.until(Date.now() + measuredMs)
  const { user, system } = process.cpuUsage(before)
  const minutes = (performance.now() - began) / 60_000
  const cpuSecondsPerMinute = round((user + system) / 1e6 / minutes)
  const row = {
    name: `${rollouts} rollouts`,
    rollouts,
    cpuSecondsPerMinute,
    cpuMsPerRolloutMinute: round((cpuSecondsPerMinute * 1_000) / rollouts),
    rssMb: Math.round(process.memoryUsage().rss / 2 ** 20),
    looks: looks.count(),
    late: looks.late(),
  }
  await replica.stop()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
  return row
}

/** When each workload's router was read, and how many of the reads came late. */
class Lateness {
  readonly #last = new Map<string, number>()
  #late = 0
  #count = 0

  looked(workload: string): void {
    const now = Date.now()
    const last = this.#last.get(workload)
    if (last !== undefined && now - last > LOOK_EVERY_MS + LATE_MS) this.#late += 1
    this.#last.set(workload, now)
    this.#count += 1
  }
  watched(): number {
    return this.#last.size
  }
  late(): number {
    return this.#late
  }
  count(): number {
    return this.#count
  }
  reset(): void {
    this.#last.clear()
    this.#late = 0
    this.#count = 0
  }
}

/** A world in which everything is there at once and every release is well. */
function steadyWorld(clock: Clock, looks: Lateness): Drivers {
  const running = new Map<string, string>()
  const shares = new Map<string, number>()
  return {
    router: async (strategy) => yes(steadyRouter(strategy.workload.name, shares, clock, looks)),
    platform: async (strategy) =>
      yes({
        async apply(want) {
          running.set(`${want.workload}/${want.stack}`, want.release)
          return yes(null)
        },
        async observe({ workload, stack }) {
          const old = stack === strategy.workload.stacks[0] ? 'v1' : null
          const release = running.get(`${workload}/${stack}`) ?? old
          const there = release === null ? 0 : 1
          return yes({
            release,
            replicas: there,
            ready: there,
            endpoints: [],
            crashed: null,
            incarnation: null,
            evidence: `${there} there`,
          })
        },
        close: async () => undefined,
      }),
    source: unavailable,
    channel: unavailable,
    flags: unavailable,
    configuration: { observe: unavailable, keep: unavailable, restore: unavailable },
    prober: { probe: unavailable, prove: unavailable },
    documents: { write: unavailable },
  }
}

async function unavailable(): Promise<never> {
  throw new Error('the bench has no such driver')
}

function steadyRouter(
  workload: string,
  shares: Map<string, number>,
  clock: Clock,
  looks: Lateness,
): Router {
  const born = clock.now()
  const share = () => shares.get(workload) ?? 0
  return {
    granularity: 1,
    attach: async () => yes(null),
    async route({ buckets }) {
      shares.set(workload, buckets)
      return yes(null)
    },
    observe: async () =>
      yes({
        buckets: { blue: 10_000 - share(), green: share() },
        inFlight: {},
        unreachable: [],
        evidence: `${share()} buckets`,
      }),
    async count() {
      looks.looked(workload)
      return yes(sampleAt(clock.now(), clock.now() - born))
    },
    close: async () => undefined,
  }
}

/** 200 requests a second, 5 % of them on the candidate, 0.1 % failed, all at the same speed. */
function sampleAt(at: number, age: number): TrafficSample {
  const stack = (perSecond: number) => {
    const requests = Math.floor((age / 1_000) * perSecond)
    const latency = [...LATENCY_EDGES_MS, 0].map((_, bucket) => (bucket === 18 ? requests : 0))
    return { requests, errors: Math.floor(requests / 1_000), latency, routes: {} }
  }
  return { at, epoch: 'bench', stacks: { blue: stack(190), green: stack(10) } }
}

function steadyStrategy(name: string) {
  return StrategyFile.parse({
    apiVersion: 'goaround.dev/v1',
    kind: 'Strategy',
    workload: {
      name,
      components: [{ name: 'web', platform: { driver: 'processes', command: ['x'] } }],
    },
    traffic: { driver: 'builtin', listen: '127.0.0.1:1' },
    exposure: {
      model: 'canary',
      groups: [
        { name: 'canary', share: '5%', bake: '6h' },
        { name: 'all', share: '100%', bake: '6h' },
      ],
    },
    detection: {
      every: LOOK_EVERY,
      metrics: [
        { name: 'errors', kind: 'error-rate' },
        { name: 'latency', kind: 'latency' },
      ],
    },
    mitigations: { fallback: {} },
    decision: { tree: [{ name: 'back', choose: 'fallback', because: 'the old stack is there' }] },
  })
}

async function until(holds: () => Promise<boolean>, withinMs: number): Promise<void> {
  const end = Date.now() + withinMs
  while (Date.now() < end) {
    if (await holds()) return
    await systemClock.until(Date.now() + 200)
  }
  throw new Error('the rollouts did not all begin to bake in time')
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
