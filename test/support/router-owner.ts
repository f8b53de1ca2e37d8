/**
 * Stands for a goaround server that is killed: opens the built-in router as its argument says,
 * sends all traffic to one instance, prints `routed`, and lives until it is killed.
 */
import { openBuiltinRouter } from '../../src/drivers/builtin-router/builtin-router.ts'

const [stateDir = '', listen = '', endpoint = ''] = process.argv.slice(2)
const router = openBuiltinRouter({ name: 'shop', listen, stateDir })
const ask = { effectId: 'start', signal: AbortSignal.timeout(10_000) }
const plan = { control: 'blue', candidate: 'green', buckets: 0, salt: 'r', cohort: [] }

const attached = await router.attach('blue', [endpoint], ask)
if (!attached.ok) throw new Error(attached.problem.detail)
const routed = await router.route(plan, ask)
if (!routed.ok) throw new Error(routed.problem.detail)
process.stdout.write('routed\n')
setInterval(() => undefined, 60_000)
