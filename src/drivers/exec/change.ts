import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { CLAIM_AND_BECOME, NOT_BECOME, parseClaim } from '../support/claim-and-become.ts'
import { PRIVATE_FILE, readIfThere, replaceFile } from '../support/durable-file.ts'
import { findCommand } from '../support/find-command.ts'
import { pause } from '../support/pause.ts'
import { isSameProcess } from '../support/process-identity.ts'
import { killGroup } from '../support/run-command.ts'
import type { CommandLine } from './command-words.ts'

/** A command that writes more than this within its time is out of control. */
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024

/** How often a running command's output and claim are looked at. */
const LOOK_EVERY_MS = 50

/** Between asking a command to end and killing it. */
const KILL_AFTER_MS = 2_000

/** A launcher of an earlier server may take the claim from us once; that it happens again and again is not chance. */
const CLAIMS_MAX = 3

export type Changed =
  | { readonly kind: 'exited'; readonly code: number; readonly errLog: string }
  | { readonly kind: 'not-found'; readonly command: string }
  | { readonly kind: 'not-started'; readonly why: string }
  | { readonly kind: 'signalled'; readonly by: string }
  | { readonly kind: 'timed-out' | 'too-loud' }
  /** The wait is over and the command goes on; the next change of this stack will meet it. */
  | { readonly kind: 'left-running'; readonly pid: number }

interface Change {
  readonly line: CommandLine
  /** Where the traces of this stack's commands are. */
  readonly folder: string
  /** Proves that we hold the turn; a launcher of an earlier turn withdraws. */
  readonly token: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Runs a command that changes something, so that it is never doubled: it carries a claim with its
 * own pid, which a server that comes after a kill finds, and it writes into files, so that the
 * death of the server does not break it in the middle.
 */
export async function runChange(asked: Change): Promise<Changed> {
  const [command = '', ...args] = asked.line.argv
  const found = await findCommand(command, asked.line.cwd, asked.line.env['PATH'])
  if (found === null) return { kind: 'not-found', command }
  await replaceFile(join(asked.folder, 'guard'), `${asked.token}\n`)
  for (let claims = 0; claims < CLAIMS_MAX; claims += 1) {
    const blocker = await waitForEarlier(asked.folder, asked.timeoutMs, asked.signal)
    if (blocker !== null) return { kind: 'left-running', pid: blocker }
    const changed = await runOnce(asked, [found, ...args])
    if (changed !== 'lost-claim') return changed
  }
  return { kind: 'not-started', why: 'launchers of earlier servers kept taking its claim' }
}

/**
 * Waits for a command that an earlier server started and did not see end; one that has outlived its
 * timeout is ended. Null when there is none any more, else its pid.
 */
export async function waitForEarlier(
  folder: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<number | null> {
  const path = join(folder, 'running')
  for (let looks = 0; ; looks += 1) {
    const written = await readIfThere(path)
    if (written === null) return null
    const { pid, group, identity } = parseClaim(written)
    if (!(await isSameProcess(pid, identity))) {
      await unlink(path)
      return null
    }
    if (looks > 0 && signal.aborted) return pid
    const overdue = Date.now() - (await stat(path)).mtimeMs - timeoutMs
    if (overdue > 0) killGroup(group, overdue > KILL_AFTER_MS ? 'SIGKILL' : 'SIGTERM')
    await pause(LOOK_EVERY_MS, signal)
  }
}

async function runOnce(asked: Change, argv: readonly string[]): Promise<Changed | 'lost-claim'> {
  const { folder, line, token } = asked
  const claim = join(folder, 'running')
  const [outLog, errLog] = [join(folder, 'out.log'), join(folder, 'err.log')]
  const out = await open(outLog, 'w', PRIVATE_FILE)
  const err = await open(errLog, 'w', PRIVATE_FILE)
  const words = [claim, join(folder, 'guard'), token, '', ...argv]
  const child = spawn('/bin/sh', ['-c', CLAIM_AND_BECOME, 'goaround-change', ...words], {
    cwd: line.cwd,
    env: { ...line.env },
    detached: true,
    stdio: ['ignore', out.fd, err.fd],
  })
  const exit: Promise<Exit> = once(child, 'exit').then(
    ([code, signal]: readonly (number | string | null)[]) => ({ code, signal }),
    (error: unknown) => ({ error }),
  )
  await out.close()
  await err.close()
  const ended = watch(child, exit, [outLog, errLog], asked.timeoutMs).then(async (result) => {
    const written = await readIfThere(claim)
    const isOurs = written !== null && parseClaim(written).pid === child.pid
    if (result.kind === 'exited' && result.code === NOT_BECOME && !isOurs) return 'lost-claim'
    // Once we have stopped waiting, the claim belongs to whoever has the turn.
    if (isOurs && !asked.signal.aborted) await unlink(claim)
    return result.kind === 'exited' ? { ...result, errLog } : result
  })
  return Promise.race([ended, stoppedWaiting(asked.signal, child.pid ?? 0)])
}

interface Exit {
  readonly code?: unknown
  readonly signal?: unknown
  readonly error?: unknown
}

type Ended =
  | { readonly kind: 'exited'; readonly code: number }
  | Exclude<Changed, { kind: 'exited' | 'not-found' | 'left-running' }>

/** Waits for the end of a command and brings it about when it takes too long or writes too much. */
async function watch(
  child: ChildProcess,
  exit: Promise<Exit>,
  logs: readonly string[],
  timeoutMs: number,
): Promise<Ended> {
  const deadline = Date.now() + timeoutMs
  const over = new AbortController()
  const ended = exit.then((value) => {
    over.abort()
    return value
  })
  let why: 'timed-out' | 'too-loud' | null = null
  while (!over.signal.aborted) {
    await pause(LOOK_EVERY_MS, over.signal)
    if (over.signal.aborted) break
    if (Date.now() > deadline) why = 'timed-out'
    else if ((await sizeOf(logs)) > OUTPUT_BYTES_MAX) why = 'too-loud'
    if (why === null) continue
    killGroup(child.pid, 'SIGTERM')
    await pause(KILL_AFTER_MS, over.signal)
    killGroup(child.pid, 'SIGKILL')
    break
  }
  const { code, signal, error } = await ended
  if (why !== null) return { kind: why }
  if (typeof signal === 'string') return { kind: 'signalled', by: signal }
  if (typeof code === 'number') return { kind: 'exited', code }
  return { kind: 'not-started', why: error instanceof Error ? error.message : String(error) }
}

function stoppedWaiting(signal: AbortSignal, pid: number): Promise<Changed> {
  return new Promise((resolve) => {
    const stop = () => resolve({ kind: 'left-running', pid })
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
  })
}

async function sizeOf(logs: readonly string[]): Promise<number> {
  const sizes = logs.map((log) =>
    stat(log).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
