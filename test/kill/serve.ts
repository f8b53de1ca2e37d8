import { startUp } from '../../src/main/up.ts'

/** The server that is killed: `goaround up` with a short lease, so that a restart goes on soon. */
const [stateDir = '', port = '0', storeUrl = ''] = process.argv.slice(2)
const started = await startUp({
  host: '127.0.0.1',
  port: Number(port),
  stateDir,
  storeUrl,
  openToAll: true,
  terminal: process.stderr,
  log: {
    info: () => undefined,
    error: (fields, says) => process.stderr.write(`${says} ${JSON.stringify(fields)}\n`),
  },
  leaseMs: 1_000,
})
if (!started.ok) {
  process.stderr.write(`${started.problem.detail}\n`)
  process.exit(1)
}
