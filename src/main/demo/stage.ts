import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { type Client, openClient } from '../../cli/client.ts'
import type { Io } from '../../cli/io.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { readStrategy } from '../../core/strategy/read-strategy.ts'
import { stopBuiltinRouter } from '../../drivers/builtin-router/stop-builtin-router.ts'
import { systemClock } from '../../drivers/system-clock.ts'
import { openLog } from '../log.ts'
import { openDrivers } from '../open-drivers.ts'
import { startUp, type Up } from '../up.ts'
import { APPROVERS, type Scenario } from './scenarios.ts'
import { DEMO_FLAGS, demoStrategy } from './strategy.ts'

/** Everything stopped, everything removed: this long at most. */
const CLEAN_WITHIN_MS = 15_000

/** What a demo plays on: a server of its own, and where its users go. */
export interface Stage {
  readonly up: Up
  readonly strategy: string
  /** Where users send their requests. */
  readonly origin: string
  readonly admin: Client
  /** By role: clients of the people who say yes. */
  readonly approvers: Readonly<Record<string, Client>>
  /** Where the postmortem is kept when the demo is over. */
  readonly keepsake: string
  /** Stops and removes everything that the demo has started. */
  readonly clean: () => Promise<void>
}

/** Builds the stage: files, a server on its embedded store, people with tokens of their own. */
export async function openStage(
  scenario: Scenario,
  io: Io,
): Promise<Result<Stage, { readonly detail: string }>> {
  const folder = mkdtempSync(join(tmpdir(), 'goaround-demo-'))
  const stateDir = join(folder, 'state')
  mkdirSync(stateDir)
  const flagsFile = join(folder, 'flags.json')
  writeFileSync(flagsFile, JSON.stringify(DEMO_FLAGS, null, 2))
  const listen = `127.0.0.1:${await freePort()}`
  const strategy = demoStrategy(scenario, {
    node: process.execPath,
    service: join(import.meta.dirname, `service${extname(import.meta.filename)}`),
    listen,
    flagsFile,
    outbox: join(folder, 'outbox.jsonl'),
  })
  const started = await startUp({
    host: '127.0.0.1',
    port: 0,
    stateDir,
    openToAll: false,
    terminal: io.stderr,
    log: openLog('silent', io.stderr),
  })
  if (!started.ok) {
    rmSync(folder, { recursive: true, force: true })
    return started
  }
  const up = started.value
  const clean = () => cleanUp(up, strategy, stateDir, folder)
  const admin = openClient({ server: up.url, token: up.firstToken })
  const approvers = await openApprovers(admin, up.url)
  if (!approvers.ok) {
    await clean()
    return approvers
  }
  const keepsake = join(io.cwd, '.goaround', 'demo')
  return yes({
    up,
    strategy,
    origin: `http://${listen}`,
    admin,
    approvers: approvers.value,
    keepsake,
    clean,
  })
}

async function openApprovers(
  admin: Client,
  server: string,
): Promise<Result<Record<string, Client>, { readonly detail: string }>> {
  const clients: Record<string, Client> = {}
  for (const [role, name] of Object.entries(APPROVERS)) {
    const created = await admin.call('createToken', { body: { name, roles: [role, 'viewer'] } })
    if (!created.ok) return no({ detail: created.problem.says })
    clients[role] = openClient({ server, token: created.value.token })
  }
  return yes(clients)
}

/** The server first, so that nothing is started again; then what outlives it. */
async function cleanUp(
  up: Up,
  strategyText: string,
  stateDir: string,
  folder: string,
): Promise<void> {
  await up.stop()
  const read = readStrategy(strategyText, 'demo')
  if (read.ok) {
    const { value: strategy } = read
    const drivers = openDrivers({ stateDir, terminal: process.stderr, clock: systemClock })
    const signal = AbortSignal.timeout(CLEAN_WITHIN_MS)
    for (const { name: component } of strategy.workload.components) {
      const platform = await drivers.platform(strategy, component)
      for (const stack of strategy.workload.stacks) {
        const place = { workload: strategy.workload.name, component, stack }
        if (platform.ok)
          await platform.value.apply(
            { ...place, release: 'none', replicas: 0 },
            { effectId: 'clean', signal },
          )
      }
    }
    await stopBuiltinRouter(stateDir, strategy.workload.name)
    await drivers.close()
  }
  rmSync(folder, { recursive: true, force: true })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
