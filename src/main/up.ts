import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Millis } from '../core/kernel/instant.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import { readStrategy } from '../core/strategy/read-strategy.ts'
import { openRecordings } from '../drivers/recordings/open-recordings.ts'
import { openSecrets } from '../drivers/secrets.ts'
import { systemClock } from '../drivers/system-clock.ts'
import type { Log } from '../engine/context.ts'
import type { Control } from '../engine/control.ts'
import { openControlRoom } from '../engine/control-room.ts'
import { Engine } from '../engine/engine.ts'
import { batchTelemetry } from '../engine/telemetry-batch.ts'
import { tokenAccess } from '../server/access/access.ts'
import { openAccess } from '../server/access/open-access.ts'
import { serve } from '../server/serve.ts'
import { verifyAudit } from '../store/audit.ts'
import { openStore } from '../store/open-store.ts'
import type { Store } from '../store/store.ts'
import { StoreTrouble } from '../store/store-trouble.ts'
import { openDrivers } from './open-drivers.ts'
import { VERSION } from './version.ts'

/** A replica that is silent for this long loses its rollouts to another; a restart waits as long for its own. */
const LEASE_MS = 6_000
/** One replica's fair share on two cores, see `npm run bench -- engine`. */
const ROLLOUTS_MAX = 10_000

export interface UpOptions {
  readonly host: string
  readonly port: number
  /** Where the embedded store, logs of processes, kept configuration and postmortems live. */
  readonly stateDir: string
  /** `sqlite:PATH` or `postgres://…`; absent: SQLite in the state directory. */
  readonly storeUrl?: string
  readonly openToAll: boolean
  /** Where the terminal channel prints. */
  readonly terminal: Writable
  readonly log: Log
  /** How long a silent replica keeps its rollouts; the usual when absent. */
  readonly leaseMs?: Millis
}

/** A running goaround: engine, API and store in one process. */
export interface Up {
  readonly url: string
  readonly control: Control
  readonly store: Store
  /** The administrator's token, on the very first start only. */
  readonly firstToken: string | null
  readonly stop: () => Promise<void>
}

/**
 * Starts goaround. What it operates (routers, processes) lives on when it stops, and is found
 * again by the next start.
 */
export async function startUp(
  options: UpOptions,
): Promise<Result<Up, { readonly detail: string }>> {
  const { stateDir, log, openToAll, host, port } = options
  const opened = await tryOpenStore(options.storeUrl ?? `sqlite:${join(stateDir, 'goaround.db')}`)
  if (!opened.ok) return opened
  const store = opened.value
  const clock = systemClock
  const drivers = openDrivers({ stateDir, terminal: options.terminal, clock })
  const recorder = openRecordings(join(stateDir, 'recordings'), (says) => log.error({}, says))
  const context = {
    store,
    drivers,
    clock,
    log,
    telemetry: batchTelemetry(clock),
    recorder,
    limits: { leaseMs: options.leaseMs ?? LEASE_MS, rolloutsMax: ROLLOUTS_MAX },
  }
  const engine = new Engine(context, `${hostname()}/${process.pid}/${randomUUID()}`)
  const control = openControlRoom({ store, clock, liveHere: (id) => engine.live(id) })
  const access = openToAll ? openAccess() : tokenAccess({ store, clock })
  const firstToken = await access.firstRun()
  const parts = {
    control,
    store,
    strategyReader: readStrategy,
    access,
    audit: () => verifyAudit(store),
    clock,
    secrets: openSecrets(),
    version: VERSION,
    log,
    metrics: metricsOf(engine),
  }
  const running = await serve(parts, { host, port })
  if (!running.ok) {
    await store.close()
    return no({ detail: running.problem.detail })
  }
  engine.start()
  return yes({
    url: running.value.url,
    control,
    store,
    firstToken,
    async stop() {
      await running.value.stop()
      await engine.stop()
      await recorder.close()
      await drivers.close()
      await store.close()
    },
  })
}

async function tryOpenStore(url: string): Promise<Result<Store, { readonly detail: string }>> {
  try {
    return yes(await openStore(url))
  } catch (error) {
    if (error instanceof StoreTrouble) return no({ detail: error.message })
    throw error
  }
}

function metricsOf(engine: Engine): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'goaround_' })
  const held: Gauge = new Gauge({
    name: 'goaround_rollouts_held',
    help: 'Rollouts that this replica holds.',
    registers: [registry],
    collect() {
      held.set(engine.holding)
    },
  })
  return registry
}
