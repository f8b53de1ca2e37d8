#!/usr/bin/env node
import { createCli } from '../cli/cli.ts'
import { systemClock } from '../drivers/system-clock.ts'
import { runDemo } from './demo/run-demo.ts'
import { runUp } from './run-up.ts'
import { VERSION } from './version.ts'

/** The second wish to stop means it. */
const INTERRUPTED = 130

const interrupting = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupting.signal.aborted) process.exit(INTERRUPTED)
    interrupting.abort()
  })
}

const cli = createCli({
  actions: { up: runUp, demo: runDemo },
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
