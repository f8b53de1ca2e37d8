#!/usr/bin/env node
import type { Actions } from '../cli/actions.ts'
import { createCli } from '../cli/cli.ts'
import { systemClock } from '../drivers/system-clock.ts'
import { VERSION } from './version.ts'

/** The second wish to stop means it. */
const INTERRUPTED = 130

/**
 * What needs the whole house is loaded when it is asked for: the house costs most of a second of
 * a processor, and most commands only ask a server something.
 */
const actions: Actions = {
  up: async (options, io) => (await import('./run-up.ts')).runUp(options, io),
  demo: async (options, io) => (await import('./demo/run-demo.ts')).runDemo(options, io),
  down: async (options, io) => (await import('./down.ts')).runDown(options, io),
  exportLog: async (options, io) => (await import('./move-log.ts')).exportLog(options, io),
  importLog: async (options, io) => (await import('./move-log.ts')).importLog(options, io),
}

const interrupting = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupting.signal.aborted) process.exit(INTERRUPTED)
    interrupting.abort()
  })
}

const cli = createCli({
  actions,
  io: {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock,
    interrupted: interrupting.signal,
  },
  version: VERSION,
})
process.exitCode = await cli.run(process.argv.slice(2))
