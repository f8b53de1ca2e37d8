import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort } from './http-service.ts'

/** It starts in 90 ms; a busy machine may need longer. */
const START_WITHIN_MS = 10_000

const LOOK_EVERY_MS = 20

/** It ends in 20 ms, unless SIGTERM meets it while it starts; then it is killed, workers and all. */
const STOP_WITHIN_MS = 2_000

/** For 100 ms after its start the master executes itself anew (2.6.12) and forgets what it was asked. */
const ASK_AGAIN_MS = 500

/** A socket that was accepted and is not answered belongs to a worker on its way out. */
const ANSWER_WITHIN_MS = 500

/** Requests of the old worker get this long after a reload or stop. */
const HARD_STOP_AFTER = '5s'

export interface HaproxyServer {
  /** Name in the backend. */
  readonly name: string
  readonly port: number
  /** Weight in the configuration, which is what a reload goes back to. */
  readonly weight: number
}

export interface HaproxyOptions {
  readonly servers: readonly HaproxyServer[]
  /** UDP `host:port` for log lines, in the form that the driver reads. */
  readonly log?: string
  /** `operator` may look and not change anything. */
  readonly level?: 'admin' | 'operator'
}

/** A real HAProxy in master-worker mode, with one frontend and the backend `shop`. */
export interface Haproxy {
  readonly url: string
  readonly socket: string
  readonly backend: string
  /** A new worker with the weights of the configuration. Resolves when it serves. */
  readonly reload: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** The lines that the driver's README asks for. */
export const LOG_LINES = `
  http-request set-var(txn.goaround_path) path
  log-format '{"goaround":1,"pid":%pid,"be":"%b","srv":"%s","st":%ST,"tw":%Tw,"tc":%Tc,"tr":%Tr,"ts":"%ts","path":"%[var(txn.goaround_path),json(utf8s)]"}'`

/** Starts HAProxy in the foreground with a checked configuration in a folder of its own. */
export async function startHaproxy(options: HaproxyOptions): Promise<Haproxy> {
  const binary = haproxyBinary()
  const folder = await mkdtemp(join(tmpdir(), 'goaround-haproxy-'))
  const socket = join(folder, 'admin.sock')
  const master = join(folder, 'master.sock')
  const config = join(folder, 'haproxy.cfg')
  const port = await freePort()
  await writeFile(config, configuration(options, port, socket))
  const checked = spawnSync(binary, ['-c', '-f', config], { encoding: 'utf8' })
  if (checked.status !== 0) {
    throw new Error(`HAProxy does not accept the test's configuration:\n${checked.stderr}`)
  }
  const args = ['-W', '-db', '-S', master, '-f', config]
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const pid = await until(
    () => workerPid(socket, null),
    child,
    () => said,
  )

  let worker = pid
  return {
    url: `http://127.0.0.1:${port}`,
    socket,
    backend: 'shop',
    async reload() {
      const before = await until(
        () => reloadsOf(master),
        child,
        () => said,
      )
      let askedAt = Number.NEGATIVE_INFINITY
      const isReloading = async () => {
        const reloads = await reloadsOf(master)
        if (reloads === null || reloads > before) return reloads
        if (performance.now() - askedAt < ASK_AGAIN_MS) return null
        askedAt = performance.now()
        // The same as SIGUSR2, which is lost for ever when it comes too early.
        await askSocket(master, 'reload')
        return null
      }
      await until(isReloading, child, () => said)
      worker = await until(
        () => workerPid(socket, worker),
        child,
        () => said,
      )
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
        child.kill('SIGTERM')
        const kill = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
        await gone
        clearTimeout(kill)
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function haproxyBinary(): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
  const found = folders.map((folder) => join(folder, 'haproxy')).find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new Error(
    'HAProxy is missing, and these tests talk to a real one. Install it with: apt-get install -y haproxy',
  )
}

function configuration(options: HaproxyOptions, port: number, socket: string): string {
  const { servers, log, level = 'admin' } = options
  const lines = servers.map(
    ({ name, port: at, weight }) =>
      `  server ${name} 127.0.0.1:${at} weight ${weight} check inter 200ms fall 2 rise 1`,
  )
  return `
global
  stats socket ${socket} mode 600 level ${level} expose-fd listeners
  stats timeout 5s
  hard-stop-after ${HARD_STOP_AFTER}
${log === undefined ? '' : `  log ${log} len 8192 format raw local0`}
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 10s
  option redispatch 1
  retries 2
  retry-on conn-failure empty-response
frontend users
  bind 127.0.0.1:${port}
${log === undefined ? '' : `  log global${LOG_LINES}`}
  default_backend shop
backend shop
  balance roundrobin
${lines.join('\n')}
`
}

/** The pid of the worker that answers on the socket, if it is another one than before. */
async function workerPid(socket: string, before: number | null): Promise<number | null> {
  const pid = Number(/^Pid: (\d+)$/m.exec(await askSocket(socket, 'show info'))?.[1] ?? Number.NaN)
  return Number.isNaN(pid) || pid === before ? null : pid
}

/** How often the master has reloaded; null while it does not answer. */
async function reloadsOf(master: string): Promise<number | null> {
  const reloads = /master +(\d+) /.exec(await askSocket(master, 'show proc'))?.[1]
  return reloads === undefined ? null : Number(reloads)
}

/** What a socket of HAProxy answers to a command; nothing when nobody is there. */
function askSocket(path: string, command: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const connection = connect(path)
    connection.setTimeout(ANSWER_WITHIN_MS, () => connection.destroy())
    connection.on('error', () => resolve(''))
    connection.on('data', (chunk) => (text += chunk.toString()))
    connection.on('close', () => resolve(text))
    connection.end(`${command}\n`)
  })
}

async function until<Value>(
  look: () => Promise<Value | null>,
  child: ChildProcess,
  said: () => string,
): Promise<Value> {
  const endsAt = performance.now() + START_WITHIN_MS
  while (performance.now() < endsAt) {
    if (child.exitCode !== null) break
    const seen = await look()
    if (seen !== null) return seen
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  child.kill('SIGTERM')
  throw new Error(`HAProxy did not come up:\n${said()}`)
}
