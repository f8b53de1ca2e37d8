import { parseArgs } from 'node:util'
import { runSeed } from './run-seed.ts'

/** `npm run simulate -- --seeds 1000 [--from 1] [--story]`: lives seeds through and says which laws were broken. */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    story: { type: 'boolean', default: false },
  },
})
const [count, from] = [Number(values.seeds), Number(values.from)]
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(from)) {
  process.stderr.write('expected --seeds N and --from N, whole numbers\n')
  process.exit(2)
}

const began = performance.now()
const totals = { crashes: 0, effects: 0, events: 0, broken: 0 }
const outcomes: Record<string, number> = {}
for (let seed = from; seed < from + count; seed += 1) {
  const report = await runSeed(seed)
  if (values.story) process.stdout.write(`${report.story.join('\n')}\n`)
  totals.crashes += report.crashes
  totals.effects += report.effects
  totals.events += report.events
  for (const outcome of report.outcomes) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  if (report.violations.length > 0) {
    totals.broken += 1
    process.stdout.write(`seed ${seed} (again with --seeds 1 --from ${seed}):\n`)
    for (const { law, what } of report.violations) process.stdout.write(`  ${law}: ${what}\n`)
  }
  if (process.stderr.isTTY) process.stderr.write(`\r${seed - from + 1} of ${count} seeds`)
}
if (process.stderr.isTTY) process.stderr.write('\n')
const seconds = ((performance.now() - began) / 1_000).toFixed(1)
process.stdout.write(
  `${count} seeds in ${seconds} s: ${totals.crashes} crashes injected, ${totals.effects} effects, ${totals.events} facts, ` +
    `ends ${Object.entries(outcomes)
      .map(([phase, times]) => `${phase} ${times}`)
      .join(', ')}; ${totals.broken} seeds with violations\n`,
)
process.exit(totals.broken > 0 ? 1 : 0)
