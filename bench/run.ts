import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'

/** One row of figures; each key ends in its unit. */
export type Row = Readonly<Record<string, string | number | null>> & { readonly name: string }

export interface BenchOptions {
  /** A smaller run that shows that the bench works; its figures are not for quoting. */
  readonly short: boolean
}

interface Bench {
  readonly says: string
  readonly run: (options: BenchOptions) => Promise<readonly Row[]>
}

/** `npm run bench -- NAME [--json] [--short]`: every performance claim, as a program. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  reaction: async () => (await import('./reaction.ts')).reaction,
  engine: async () => (await import('./engine.ts')).engine,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
  },
})
const [name = ''] = positionals
const open = BENCHES[name]
if (open === undefined) {
  console.error(
    `usage: npm run bench -- NAME [--json] [--short]; NAME is one of ${Object.keys(BENCHES).join(', ')}`,
  )
  process.exit(2)
}
const bench = await open()
console.error(`${name}: ${bench.says}`)
const rows = await bench.run({ short: values.short })
const document = { bench: name, commit: commit(), machine: machine(), rows }
if (values.json) console.log(JSON.stringify(document, null, 2))
else console.table(Object.fromEntries(rows.map(({ name: row, ...figures }) => [row, figures])))
process.exit(0)

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

function machine(): string {
  const [cpu] = cpus()
  return `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
}
