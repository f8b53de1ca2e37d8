import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

/** How long a fresh server may take: initdb and the first start take about 1.5 s on two busy cores. */
const START_DEADLINE_MS = 30_000

/** How long a server may take to stop before it is killed. An immediate shutdown takes milliseconds. */
const STOP_DEADLINE_MS = 5_000

/** Another process may take the port between our looking and PostgreSQL's binding. */
const START_TRIES = 3

/** Enough for several test files at once, each with several pools of ten. */
const CONNECTIONS_MAX = 200

/** Names the server that a whole test run shares, see `setup`. */
const SHARED = 'GOAROUND_TEST_POSTGRES'

const OLDEST_MAJOR = 15

/** A real PostgreSQL for tests. */
export interface TestPostgres {
  /** The server's own database `postgres`, as superuser. */
  readonly url: string
  /** Makes an empty database and answers its URL. Takes about 50 ms. */
  readonly createDatabase: () => Promise<string>
  /** Ends the server and removes its data; nothing when the server is shared. */
  readonly stop: () => Promise<void>
}

/**
 * Starts a PostgreSQL of its own in a temporary folder, on a free port, with fsync on, as a user
 * that is not root. It dies with this process, even with one that is killed, where setpriv exists.
 */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = binaries()
  const user = serverUser()
  const folder = mkdtempSync(join(tmpdir(), 'goaround-pg-'))
  if (user !== null) chownSync(folder, user.uid, user.gid)
  chmodSync(folder, 0o700)
  try {
    initialise(bin, folder, user)
    const server = await startServer(bin, folder, user)
    return {
      url: server.url,
      createDatabase: () => createDatabase(server.url),
      async stop() {
        await end(server.process)
        rmSync(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** The server that the whole test run shares, or one of our own when there is none. */
export async function sharedPostgres(): Promise<TestPostgres> {
  const url = process.env[SHARED]
  if (url === undefined) return startPostgres()
  return { url, createDatabase: () => createDatabase(url), stop: async () => {} }
}

/** For vitest's `globalSetup`: one server for all test files. */
export async function setup(): Promise<() => Promise<void>> {
  const server = await startPostgres()
  process.env[SHARED] = server.url
  return server.stop
}

interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/** The folder with `initdb` and `postgres`: the newest that Debian installed, or the one on the PATH. */
function binaries(): string {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).map(Number) : []
  const newest = Math.max(0, ...versions.filter((version) => version >= OLDEST_MAJOR))
  const folders = [
    join(debian, String(newest), 'bin'),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')))
  if (found !== undefined) return found
  throw new Error(
    `These tests need PostgreSQL ${OLDEST_MAJOR} or newer, and there is none. Install it: apt-get install -y postgresql`,
  )
}

/** Who runs the server: PostgreSQL refuses root, so root hands over to `postgres` or `nobody`. Null: ourselves. */
function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null
  for (const name of ['postgres', 'nobody']) {
    try {
      const uid = Number(execFileSync('id', ['-u', name], { encoding: 'utf8', stdio: 'pipe' }))
      const gid = Number(execFileSync('id', ['-g', name], { encoding: 'utf8', stdio: 'pipe' }))
      return { uid, gid }
    } catch {
      // There is no such user here: the next one.
    }
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is no user postgres or nobody. Add one: useradd --system postgres',
  )
}

/** A command line that runs a program as the server's user and ends it with us. */
function asUser(user: ServerUser | null, program: string, args: readonly string[]): string[] {
  if (user === null) return [program, ...args]
  const { uid, gid } = user
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--pdeathsig=QUIT',
    program,
    ...args,
  ]
}

function initialise(bin: string, folder: string, user: ServerUser | null): void {
  const args = ['-D', join(folder, 'data'), '-U', 'goaround', '-A', 'trust', '-E', 'UTF8']
  const [command = '', ...rest] = asUser(user, join(bin, 'initdb'), [
    ...args,
    '--no-locale',
    '--no-sync',
  ])
  execFileSync(command, rest, { stdio: 'pipe', cwd: folder, timeout: START_DEADLINE_MS })
}

async function startServer(
  bin: string,
  folder: string,
  user: ServerUser | null,
): Promise<{ readonly url: string; readonly process: ChildProcess }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: folder,
      max_connections: CONNECTIONS_MAX,
      shared_buffers: '32MB',
      fsync: 'on',
    }
    const [command = '', ...args] = asUser(user, join(bin, 'postgres'), [
      '-D',
      join(folder, 'data'),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ])
    const server = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder })
    process.once('exit', () => server.kill('SIGKILL'))
    let said = ''
    server.stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-4_000)
    })
    const url = `postgres://goaround@127.0.0.1:${port}/postgres`
    if (await answers(url, server)) return { url, process: server }
    await end(server)
    if (attempt >= START_TRIES) throw new Error(`PostgreSQL did not start. It said: ${said}`)
  }
}

async function answers(url: string, server: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + START_DEADLINE_MS
  while (Date.now() < deadline && server.exitCode === null) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      return true
    } catch {
      await sleep(50)
    } finally {
      await client.end().catch(() => {})
    }
  }
  return false
}

/** With the sorting rules of English, as on most real servers, so that a missing `collate "C"` shows. */
async function createDatabase(url: string): Promise<string> {
  const name = `test_${process.pid}_${Math.random().toString(36).slice(2)}`
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(
      `create database ${name} template template0 locale_provider icu icu_locale 'en-US'`,
    )
  } finally {
    await client.end()
  }
  const its = new URL(url)
  its.pathname = `/${name}`
  return its.href
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => {
    server.once('exit', resolve)
  })
  // At once, and without writing anything down: the data is thrown away.
  server.kill('SIGQUIT')
  const killing = setTimeout(() => server.kill('SIGKILL'), STOP_DEADLINE_MS)
  await ended
  clearTimeout(killing)
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', resolve)
  })
  const address = probe.address()
  await new Promise((resolve) => {
    probe.close(resolve)
  })
  if (address === null || typeof address === 'string') throw new Error('no port was given to us')
  return address.port
}
