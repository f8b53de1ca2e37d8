import { execa } from 'execa'
import { findCommand } from './find-command.ts'

/** Between asking a command to end and killing it. */
const KILL_AFTER_MS = 2_000

export interface Command {
  readonly argv: readonly string[]
  readonly cwd: string
  /** The whole environment; nothing is added. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** A command that writes more is ended: a runaway must not fill our memory. */
  readonly outputBytesMax: number
  /** Hears what it prints, as it prints it. */
  readonly onOutput?: (chunk: string) => void
}

export type Ran =
  | {
      readonly kind: 'exited'
      readonly code: number
      readonly stdout: string
      readonly stderr: string
    }
  | { readonly kind: 'not-found'; readonly command: string }
  | { readonly kind: 'not-started'; readonly why: string }
  | { readonly kind: 'too-loud' }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'signalled'; readonly by: string }

/**
 * Runs a command that only looks, and collects what it says. When its time is over, or the signal
 * ends the wait, it is ended together with everything that it started.
 */
export async function runCommand(asked: Command): Promise<Ran> {
  const [command = '', ...args] = asked.argv
  const found = await findCommand(command, asked.cwd, asked.env['PATH'])
  if (found === null) return { kind: 'not-found', command }
  if (asked.signal.aborted) return { kind: 'aborted' }

  const child = execa(found, args, {
    cwd: asked.cwd,
    env: asked.env,
    extendEnv: false,
    stdin: 'ignore',
    detached: true,
    cleanup: true,
    reject: false,
    maxBuffer: asked.outputBytesMax,
    encoding: 'utf8',
  })
  const { onOutput } = asked
  if (onOutput !== undefined) {
    child.stdout.on('data', (chunk: unknown) => onOutput(String(chunk)))
    child.stderr.on('data', (chunk: unknown) => onOutput(String(chunk)))
  }
  let ended: 'timed-out' | 'aborted' | null = null
  const timers: NodeJS.Timeout[] = []
  const end = (why: 'timed-out' | 'aborted') => {
    if (ended !== null) return
    ended = why
    killGroup(child.pid, 'SIGTERM')
    timers.push(setTimeout(() => killGroup(child.pid, 'SIGKILL'), KILL_AFTER_MS))
  }
  const onAbort = () => end('aborted')
  timers.push(setTimeout(() => end('timed-out'), asked.timeoutMs))
  asked.signal.addEventListener('abort', onAbort, { once: true })
  const result = await child
  asked.signal.removeEventListener('abort', onAbort)
  for (const timer of timers) clearTimeout(timer)
  // What the command left in the background ends with it.
  killGroup(child.pid, 'SIGKILL')

  if (ended !== null) return { kind: ended }
  if (result.isMaxBuffer) return { kind: 'too-loud' }
  if (result.signal !== undefined) return { kind: 'signalled', by: result.signal }
  const { exitCode: code, stdout, stderr } = result
  if (code === undefined)
    return { kind: 'not-started', why: result.shortMessage ?? 'unknown error' }
  return { kind: 'exited', code, stdout, stderr }
}

/** Sends a signal to a process group; one that is gone already is what was wanted. */
export function killGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // Nobody of the group is left.
  }
}
