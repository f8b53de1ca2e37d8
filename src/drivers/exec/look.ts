import { z } from 'zod'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { sayDuration } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { hiddenValues } from '../support/command-environment.ts'
import { hide, lastLine, shorten } from '../support/last-line.ts'
import { type Ran, runCommand } from '../support/run-command.ts'
import { commandLine, type ExecConfig, type Told } from './command-words.ts'

/** The state of a stack is a line of JSON; a thousand endpoints are 40 kB. */
const STATE_BYTES_MAX = 1024 * 1024

/** What the `state` command prints. Fields that we do not know are its own business. */
const State = z.object({
  release: z.string().max(200).nullable(),
  replicas: z.int().min(0),
  ready: z.int().min(0),
  endpoints: z.array(z.url({ protocol: /^https?$/ })).default([]),
  crashed: z.string().max(1_000).nullable().default(null),
  incarnation: z.string().max(1_000).nullable().default(null),
})
export type State = z.output<typeof State>

/** Runs the `state` command and reads what it prints. It only looks, so asking again is always safe. */
export async function lookByCommand(
  config: ExecConfig,
  told: Told,
  signal: AbortSignal,
): Promise<Result<State, DriverFailure>> {
  const line = commandLine(config, config.state, told, null)
  const ran = await runCommand({
    ...line,
    timeoutMs: config.timeout,
    signal,
    outputBytesMax: STATE_BYTES_MAX,
  })
  if (ran.kind !== 'exited') return no(notRun(ran, config))
  if (ran.code !== 0) {
    const said = hide(lastLine(ran.stderr) ?? 'nothing on stderr', hiddenValues(config.env))
    return no(failure('refused', 'safe', `'state' exited with ${ran.code}: ${said}`))
  }
  return readState(ran.stdout, config)
}

function readState(stdout: string, config: ExecConfig): Result<State, DriverFailure> {
  const quoted = shorten(hide(stdout.trim(), hiddenValues(config.env)))
  const said = quoted === '' ? 'nothing' : quoted
  const parsed = State.safeParse(jsonOrNull(stdout))
  if (parsed.success) return yes(parsed.data)
  const [issue] = parsed.error.issues
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
  const expected =
    '{"release": string|null, "replicas": int, "ready": int, "endpoints"?: [url], "crashed"?: string, "incarnation"?: string}'
  const what = `'state' must print ${expected}; ${where}${issue?.message ?? 'unreadable'}; it printed ${said}`
  return no(failure('misconfigured', 'safe', what))
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function notRun(ran: Exclude<Ran, { kind: 'exited' }>, config: ExecConfig): DriverFailure {
  switch (ran.kind) {
    case 'not-found':
      return commandMissing(ran.command, 'state')
    case 'not-started':
      return failure('misconfigured', 'never', `'state' could not be started: ${ran.why}`)
    case 'too-loud':
      return failure('misconfigured', 'safe', `'state' printed more than ${STATE_BYTES_MAX} bytes`)
    case 'timed-out': {
      const what = `'state' did not end within ${sayDuration(config.timeout)} and was ended`
      return failure('timed-out', 'safe', what)
    }
    case 'aborted':
      return failure('timed-out', 'safe', `there was no time left for 'state' to end`)
    case 'signalled':
      return failure('unclear', 'safe', `'state' was ended by ${ran.by}`)
  }
}

/** The failure for a command that does not exist. */
export function commandMissing(command: string, field: string): DriverFailure {
  const what = `the command '${command}' was not found or is not executable; correct platform.${field}`
  return failure('misconfigured', 'never', what)
}
