import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { UpOptions } from '../cli/actions.ts'
import { EXIT } from '../cli/exit-codes.ts'
import type { Io } from '../cli/io.ts'
import { openLog } from './log.ts'
import { startUp } from './up.ts'

/** `goaround up`: runs a server until the person or the machine says stop. */
export async function runUp(options: UpOptions, io: Io): Promise<number> {
  const stateDir = resolve(io.cwd, options.stateDir)
  const problem = makeFolder(stateDir)
  if (problem !== null) return refuse(io, problem)
  const { storeUrl, ...rest } = options
  const log = openLog(options.logLevel, io.stderr)
  const started = await startUp({
    ...rest,
    stateDir,
    terminal: io.stderr,
    log,
    ...(storeUrl === null ? {} : { storeUrl }),
  })
  if (!started.ok) return refuse(io, started.problem.detail)
  const { url, firstToken, store, stop } = started.value
  io.stderr.write(`goaround listens on ${url}; its log is ${store.where}.\n`)
  if (options.openToAll) io.stderr.write('Without tokens: whoever reaches it may do everything.\n')
  if (firstToken !== null) io.stderr.write(firstTokenText(firstToken))
  await until(io.interrupted)
  io.stderr.write('Stopping. What it operates (routers, processes) goes on.\n')
  await stop()
  return EXIT.done
}

function firstTokenText(token: string): string {
  return [
    '',
    'This is the administrator’s token. It is shown this once:',
    '',
    `  ${token}`,
    '',
    'Keep it, and give it to the commands: export GOAROUND_TOKEN=…',
    '',
    '',
  ].join('\n')
}

function refuse(io: Io, detail: string): number {
  io.stderr.write(`goaround could not start: ${detail}\n`)
  return EXIT.usage
}

function makeFolder(path: string): string | null {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return null
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return `the state directory ${path} cannot be made: ${why}. Choose another with --state`
  }
}

function until(signal: AbortSignal): Promise<void> {
  return new Promise((resolveWait) => {
    if (signal.aborted) resolveWait()
    signal.addEventListener('abort', () => resolveWait(), { once: true })
  })
}
