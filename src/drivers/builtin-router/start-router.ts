import { fork } from 'node:child_process'
import { mkdir, open } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../support/durable-file.ts'
import { EXIT_OCCUPIED, StartNews } from './start-news.ts'

/** It takes a quarter of a second; a busy machine may need a few. */
const START_WITHIN_MS = 10_000

/** What the process needs of our environment. Our secrets are none of its business. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'] as const

export interface Start {
  readonly name: string
  /** Absolute. */
  readonly folder: string
  readonly listen: string
  readonly nodePath: string
}

/**
 * Starts the router process, which outlives this one. Yes means that a router is at work in the
 * folder: ours, or that of another server that was faster, since only one can hold the lock.
 */
export async function startRouter(
  start: Start,
  signal: AbortSignal,
): Promise<Result<null, DriverFailure>> {
  const logPath = join(start.folder, 'router.log')
  try {
    await mkdir(start.folder, { recursive: true, mode: PRIVATE_FOLDER })
    const log = await open(logPath, 'a', PRIVATE_FILE)
    try {
      return await launch(start, log.fd, logPath, signal)
    } finally {
      await log.close()
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const what = `the router '${start.name}' could not be started in ${start.folder}: ${why}`
    return no(failure('misconfigured', 'safe', what))
  }
}

function launch(
  { name, folder, listen, nodePath }: Start,
  log: number,
  logPath: string,
  signal: AbortSignal,
): Promise<Result<null, DriverFailure>> {
  const program = join(import.meta.dirname, `router-process${extname(import.meta.filename)}`)
  const child = fork(program, ['--folder', folder, '--listen', listen], {
    detached: true,
    execPath: nodePath,
    execArgv: [],
    env: Object.fromEntries(INHERITED.map((key) => [key, process.env[key]])),
    cwd: '/',
    stdio: ['ignore', log, log, 'ipc'],
  })
  return new Promise((resolve) => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(START_WITHIN_MS)])
    const settle = (outcome: Result<null, DriverFailure>) => {
      within.removeEventListener('abort', late)
      child.removeAllListeners()
      child.on('error', () => undefined)
      if (child.connected) child.disconnect()
      child.unref()
      resolve(outcome)
    }
    const late = () => {
      const what = `the router '${name}' was started and did not say that it serves; see ${logPath}`
      settle(no(failure('timed-out', 'after-looking', what)))
    }
    within.addEventListener('abort', late, { once: true })
    child.once('error', (error) => {
      const what = `the router '${name}' could not be started with ${nodePath}: ${error.message}`
      settle(no(failure('misconfigured', 'never', what)))
    })
    child.once('message', (message) => {
      const news = StartNews.safeParse(message)
      if (news.data?.kind === 'failed') {
        settle(no(couldNotServe(name, listen, news.data.code, news.data.detail)))
      } else settle(yes(null))
    })
    child.once('exit', (code) => {
      const what = `the router '${name}' ended while it started (exit code ${code ?? 'none'}); see ${logPath}`
      settle(code === EXIT_OCCUPIED ? yes(null) : no(failure('unclear', 'safe', what)))
    })
  })
}

function couldNotServe(
  name: string,
  listen: string,
  code: string | null,
  detail: string,
): DriverFailure {
  const [, port] = listen.split(/:(?=\d+$)/)
  const what = `the router '${name}' cannot listen on ${listen}`
  if (code === 'EADDRINUSE') {
    const why = `another program has port ${port} (\`ss -ltnp 'sport = :${port}'\` shows which)`
    const todo = 'stop it, or choose another port in traffic.listen'
    return failure('misconfigured', 'safe', `${what}: ${why}; ${todo}`)
  }
  if (code === 'EACCES') {
    const why = `this user may not open port ${port}`
    const todo = 'choose one above 1023 in traffic.listen, or give Node.js CAP_NET_BIND_SERVICE'
    return failure('denied', 'never', `${what}: ${why}; ${todo}`)
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    const why = 'this machine does not have that address; correct traffic.listen'
    return failure('misconfigured', 'never', `${what}: ${why}`)
  }
  return failure('misconfigured', 'safe', `the router '${name}' could not start: ${detail}`)
}
