/**
 * Stands for a goaround server that is killed: opens the processes of `shop/api` and applies one
 * want after the other, as its argument says. Prints `go` when it is about to begin.
 */
import { z } from 'zod'
import { Platform } from '../../src/core/strategy/connections.ts'
import { openProcesses } from '../../src/drivers/processes/processes.ts'

const Job = z.object({
  stateDir: z.string(),
  config: z.unknown(),
  wants: z.array(z.object({ release: z.string(), replicas: z.number(), effectId: z.string() })),
})

const { stateDir, config, wants } = Job.parse(JSON.parse(process.argv[2] ?? ''))
const parsed = Platform.parse(config)
if (parsed.driver !== 'processes') throw new Error('the job needs local processes')
const platform = openProcesses({ config: parsed, workload: 'shop', component: 'api', stateDir })

process.stdout.write('go\n')
for (const { effectId, ...want } of wants) {
  const at = { workload: 'shop', component: 'api', stack: 'blue' }
  const ask = { effectId, signal: AbortSignal.timeout(20_000) }
  const applied = await platform.apply({ ...at, ...want }, ask)
  if (!applied.ok) throw new Error(applied.problem.detail)
}
process.stdout.write('done\n')
// It has nothing more to do, and goes on living until it is killed.
setInterval(() => undefined, 60_000)
