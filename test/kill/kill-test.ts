import { parseArgs } from 'node:util'
import { startPostgres } from '../support/postgres.ts'
import { killRun } from './kill-run.ts'

/** `npm run kill-test -- [--kills 200] [--store sqlite|postgres]`: both stores, one after the other, when none is named. */
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, store: { type: 'string' } },
})
const stores = values.store === undefined ? ['sqlite', 'postgres'] : [values.store]
let isBroken = false
for (const store of stores) {
  const postgres = store === 'postgres' ? await startPostgres() : null
  const url = postgres === null ? null : await postgres.createDatabase()
  const { kills, rollouts, acknowledged, problems } = await killRun(
    Number(values.kills),
    url,
    (text) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${store}: ${text}   `)
    },
  )
  await postgres?.stop()
  process.stdout.write(
    `${store}: ${kills} kills, ${rollouts} rollouts, ${acknowledged} acknowledged commands, ${problems.length} problems\n`,
  )
  for (const problem of problems) process.stdout.write(`  ${problem}\n`)
  isBroken ||= problems.length > 0
}
process.exit(isBroken ? 1 : 0)
