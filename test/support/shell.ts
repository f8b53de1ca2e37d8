import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { ProcessCard } from '../../src/drivers/builtin-router/control-protocol.ts'
import { isSameProcess } from '../../src/drivers/support/process-identity.ts'

const MAIN = join(import.meta.dirname, '../../src/main/goaround.ts')
/** Whoever has not ended by then is killed: a server lets its requests finish first. */
const END_WITHIN_MS = 5_000
const LOOK_EVERY_MS = 50
/** Two cores and many tests: what takes one second alone may take many. */
const PATIENCE_MS = 30_000
/** Below the range from which systems take the ports of outgoing connections. */
const PORTS = { first: 15_000, count: 15_000 }
const PORT_TRIES = 100

/** What one command line said, on both streams, and how it ended. */
export interface Ran {
  readonly exit: number | null
  readonly said: string
}

/** Something that goes on until it is ended. */
export interface Running {
  readonly said: () => string
  /** Waits until it has said something that matches; fails loudly when it ends or stays silent. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly end: () => Promise<void>
}

/** A person's shell in a folder of its own, with `goaround` on the PATH. */
export interface Shell {
  readonly folder: string
  /** Variables that were exported; later commands see them. */
  readonly env: Record<string, string>
  /** Everything that any command has said since the beginning. */
  readonly everything: () => string
  readonly run: (script: string, options?: { readonly types?: string }) => Promise<Ran>
  readonly begin: (script: string) => Running
  /** Ends what was begun and the releases that goaround started, and removes the folder. */
  readonly close: () => Promise<void>
}

/**
 * Opens a shell. Nothing of goaround's own settings leaks in from outside; each command is a
 * process group of its own, so that its children end with it.
 */
export async function openShell(): Promise<Shell> {
  const home = mkdtempSync(join(tmpdir(), 'ga-'))
  const [folder, bin] = [join(home, 'at'), join(home, 'bin')]
  await Promise.all([mkdir(folder), mkdir(bin)])
  const shim = join(bin, 'goaround')
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`)
  chmodSync(shim, 0o755)
  const path = [bin, dirname(process.execPath), process.env['PATH'] ?? '', '/usr/sbin']
  const env: Record<string, string> = { PATH: path.join(delimiter), HOME: home }
  const children = new Set<ChildProcess>()
  const killAll = () => children.forEach((child) => signalGroup(child, 'SIGKILL'))
  process.once('exit', killAll)
  let everything = ''

  function start(script: string, types: string | undefined): [ChildProcess, () => string] {
    const child = spawn('bash', ['-c', script], { cwd: folder, env, detached: true })
    children.add(child)
    child.once('exit', () => children.delete(child))
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        everything += chunk.toString()
      })
    }
    child.stdin.on('error', () => undefined)
    child.stdin.end(types ?? '')
    return [child, () => said]
  }

  return {
    folder,
    env,
    everything: () => everything,
    run(script, { types } = {}) {
      const [child, said] = start(script, types)
      return new Promise((resolve) => {
        child.once('close', (exit) => resolve({ exit, said: said() }))
      })
    },
    begin(script) {
      const [child, said] = start(script, undefined)
      return {
        said,
        says: (pattern) => waitFor(pattern, said, () => hasEnded(child), script),
        end: () => endGroup(child),
      }
    },
    async close() {
      await Promise.all([...children].map(endGroup))
      await endReleases(folder)
      process.off('exit', killAll)
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Fails with the one command that helps when a program is missing that the shell will need. */
export function needProgram(name: string, debian: string): void {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
  if (folders.some((folder) => existsSync(join(folder, name)))) return
  throw new Error(
    `'${name}' is missing, and this test runs the real one. Install it with: apt-get install -y ${debian}`,
  )
}

/** Expects a command to have ended like this, and shows what it said when it has not. */
export function expectExit({ exit, said }: Ran, expected: number): void {
  expect(`ended with ${exit}\n${said}`).toMatch(new RegExp(`^ended with ${expected}\n`))
}

/** A port that nobody listens on, and that no outgoing connection will take by chance. */
export async function quietPort(): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count)
    if (await isFree(port)) return port
  }
  throw new Error(`no port between ${PORTS.first} and ${PORTS.first + PORTS.count} is free`)
}

/** Asks again and again until it holds; otherwise says what did not come true. */
export async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + PATIENCE_MS
  while (!(await look())) {
    if (performance.now() > endsAt) throw new Error(`within ${PATIENCE_MS} ms not seen: ${what}`)
    await sleep(LOOK_EVERY_MS)
  }
}

async function waitFor(
  pattern: RegExp,
  said: () => string,
  ended: () => boolean,
  script: string,
): Promise<RegExpExecArray> {
  const endsAt = performance.now() + PATIENCE_MS
  for (;;) {
    const found = pattern.exec(said())
    if (found !== null) return found
    if (ended() || performance.now() > endsAt)
      throw new Error(`'${script}' has not said ${pattern} but:\n${said()}`)
    await sleep(LOOK_EVERY_MS)
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = new Promise((resolve) => {
    child.once('exit', resolve)
  })
  signalGroup(child, 'SIGTERM')
  const killing = setTimeout(() => signalGroup(child, 'SIGKILL'), END_WITHIN_MS)
  await ended
  clearTimeout(killing)
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) tryKill(-pid, signal)
}

/**
 * Releases and routers go on without goaround. Each has left a note of who it is, so that nobody
 * else is ended who has its pid by now.
 */
async function endReleases(folder: string): Promise<void> {
  for (const card of globSync(join(folder, '.goaround/router-*/process.json'))) {
    const { pid, identity } = ProcessCard.parse(JSON.parse(readFileSync(card, 'utf8')))
    if (identity !== null && (await isSameProcess(pid, identity))) tryKill(pid, 'SIGKILL')
  }
  for (const claim of globSync(join(folder, '.goaround/processes/*/*/*/instances/*/claim'))) {
    const [pid, group, identity = ''] = readFileSync(claim, 'utf8').trim().split(' ')
    if (await isSameProcess(Number(pid), identity)) tryKill(-Number(group), 'SIGKILL')
  }
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended since we looked.
  }
}
