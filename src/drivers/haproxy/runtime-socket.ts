import { connect } from 'node:net'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { codeOf } from '../support/durable-file.ts'

/** HAProxy answers in a fifth of a millisecond; one that needs longer than this hangs. */
const ANSWER_WITHIN_MS = 3_000

/** `show stat` of a hundred servers is 40 kB; a larger answer is not ours. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024

/** HAProxy reads a command line into a buffer of 16 kB; longer lines are cut into several. */
const LINE_BYTES_MAX = 8 * 1024

/**
 * Sends commands to HAProxy's runtime socket and answers what it said, all texts in one. `retry` is
 * what a broken or late answer means: `safe` for questions, `after-looking` for orders.
 */
export async function askHaproxy(
  socketPath: string,
  commands: readonly string[],
  retry: 'safe' | 'after-looking',
  signal: AbortSignal,
): Promise<Result<string, DriverFailure>> {
  let said = ''
  for (const line of inLines(commands)) {
    const answer = await exchange(socketPath, line, retry, signal)
    if (!answer.ok) return answer
    said += answer.value
  }
  if (/^Permission denied/m.test(said)) {
    const what = `HAProxy's runtime socket ${socketPath} may only be read: its \`stats socket\` line needs \`level admin\``
    return no(failure('denied', 'never', what))
  }
  return yes(said)
}

function inLines(commands: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (const command of commands) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + command.length < LINE_BYTES_MAX) {
      lines[lines.length - 1] = `${last};${command}`
    } else lines.push(command)
  }
  return lines
}

function exchange(
  socketPath: string,
  line: string,
  retry: 'safe' | 'after-looking',
  signal: AbortSignal,
): Promise<Result<string, DriverFailure>> {
  return new Promise((resolve) => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])
    const chunks: Buffer[] = []
    let size = 0
    const socket = connect({ path: socketPath })
    const settle = (outcome: Result<string, DriverFailure>) => {
      within.removeEventListener('abort', late)
      socket.destroy()
      resolve(outcome)
    }
    const late = () => {
      const what = `HAProxy did not answer on ${socketPath} in time`
      settle(no(failure('timed-out', retry, what)))
    }
    within.addEventListener('abort', late, { once: true })
    socket.on('error', (error) => settle(no(unreachable(socketPath, error, retry))))
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      size += chunk.length
      if (size <= ANSWER_BYTES_MAX) return
      settle(no(failure('unclear', 'never', `${socketPath} does not answer as HAProxy does`)))
    })
    socket.on('end', () => settle(yes(Buffer.concat(chunks).toString('utf8'))))
    socket.end(`${line}\n`)
    if (within.aborted) late()
  })
}

function unreachable(
  socketPath: string,
  error: Error,
  retry: 'safe' | 'after-looking',
): DriverFailure {
  const code = codeOf(error)
  if (code === 'ENOENT') {
    const what = `HAProxy's runtime socket ${socketPath} is not there: is HAProxy running, and does its configuration hold \`stats socket ${socketPath} mode 660 level admin\`?`
    return failure('unreachable', 'safe', what)
  }
  if (code === 'ECONNREFUSED') {
    const what = `nobody answers on HAProxy's runtime socket ${socketPath}: HAProxy is not running, or runs with another one`
    return failure('unreachable', 'safe', what)
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const what = `this user may not open HAProxy's runtime socket ${socketPath}: give the \`stats socket\` line \`mode 660 group <a group that goaround is in>\``
    return failure('denied', 'never', what)
  }
  const what = `the connection to HAProxy's runtime socket ${socketPath} broke: ${error.message}`
  return failure('unclear', retry, what)
}
