import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openProcesses } from '../../src/drivers/processes/processes.ts'
import type { ProcessesConfig } from '../../src/drivers/processes/start-instance.ts'
import type { Platform, StackSighting } from '../../src/ports/platform.ts'
import { eventually } from './eventually.ts'

const PATIENCE_MS = 20_000

export interface Shop {
  readonly platform: Platform
  readonly stateDir: string
  readonly config: ProcessesConfig
  /** One line per start and stop that instances wrote themselves: `start <pid> <release> <port>`. */
  readonly diary: () => Promise<readonly string[]>
  readonly starts: () => Promise<number>
  readonly apply: (
    release: string,
    replicas: number,
    effectId?: string,
  ) => ReturnType<Platform['apply']>
  readonly see: () => Promise<StackSighting>
  /** Another driver on the same state, as a restarted server would open. */
  readonly reopen: (change?: Partial<ProcessesConfig>) => Platform
  readonly close: () => Promise<void>
}

/** The workload `shop` with its component `api` on real processes, in a folder of its own. */
export async function openShop(change: Partial<ProcessesConfig> = {}): Promise<Shop> {
  const folder = await mkdtemp(join(tmpdir(), 'goaround-processes-'))
  const stateDir = join(folder, 'state')
  const diaryPath = join(folder, 'diary')
  const instance = new URL('./fake-instance.ts', import.meta.url).pathname
  const config: ProcessesConfig = {
    driver: 'processes',
    command: [process.execPath, instance, '{port}', '{release}', diaryPath],
    env: { DB_PASSWORD: 'correct-horse-battery' },
    health: { path: '/health', within: 5_000 },
    stopWithin: 400,
    ...change,
  }
  const opened: Platform[] = []
  const reopen = (other: Partial<ProcessesConfig> = {}) => {
    const again = { config: { ...config, ...other }, workload: 'shop', component: 'api', stateDir }
    const platform = openProcesses(again)
    opened.push(platform)
    return platform
  }
  const platform = reopen()
  const diary = async () =>
    (await readFile(diaryPath, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
  let effects = 0
  const see = () => seeStack(platform, 'blue')
  return {
    platform,
    stateDir,
    config,
    diary,
    see,
    reopen,
    starts: async () => (await diary()).filter((line) => line.startsWith('start')).length,
    apply: (release, replicas, effectId = `effect-${(effects += 1)}`) =>
      platform.apply(
        { workload: 'shop', component: 'api', stack: 'blue', release, replicas },
        { effectId, signal: AbortSignal.timeout(PATIENCE_MS) },
      ),
    async close() {
      const ending = reopen()
      for (const stack of ['blue', 'green']) {
        const want = { workload: 'shop', component: 'api', stack, release: 'none', replicas: 0 }
        const signal = AbortSignal.timeout(PATIENCE_MS)
        await ending.apply(want, { effectId: `end-${stack}`, signal })
        await eventually(async () => (await seeStack(ending, stack)).replicas === 0)
      }
      await Promise.all(opened.map((one) => one.close()))
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** What a platform sees on a stack; a failure to look fails the test. */
export async function seeStack(platform: Platform, stack: string): Promise<StackSighting> {
  const at = { workload: 'shop', component: 'api', stack }
  const seen = await platform.observe(at, AbortSignal.timeout(PATIENCE_MS))
  if (!seen.ok) throw new Error(seen.problem.detail)
  return seen.value
}

export interface KillableServer {
  readonly pid: number
  /** Resolves when it is about to apply (`go`), or has applied everything (`done`). */
  readonly says: (word: 'go' | 'done') => Promise<void>
  readonly kill: () => Promise<void>
}

/** A server in a process of its own, which applies these wants and is there to be killed. */
export function startServer(
  { stateDir, config }: Pick<Shop, 'stateDir' | 'config'>,
  wants: readonly { release: string; replicas: number; effectId: string }[],
): KillableServer {
  const written = {
    ...config,
    health: { ...config.health, within: `${config.health.within}ms` },
    stopWithin: `${config.stopWithin}ms`,
  }
  const program = new URL('./fake-server.ts', import.meta.url).pathname
  const job = JSON.stringify({ stateDir, config: written, wants })
  const child = spawn(process.execPath, [program, job], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  return {
    pid: child.pid ?? 0,
    says: (word) => eventually(async () => said.includes(word)),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Listens on a port of the system's choosing. */
export async function occupyPort(): Promise<{ port: number; free: () => Promise<void> }> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, () => resolve())
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    free: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  }
}
