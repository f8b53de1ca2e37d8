import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'

/** One row of figures; each key ends in its unit. */
export type Row = Readonly<Record<string, string | number | null>> & { readonly name: string }

export interface BenchOptions {
  /** A smaller run that shows that the bench works; its figures are not for quoting. */
  readonly short: boolean
  /** The run that is quoted; it may take an hour. */
  readonly full?: boolean
  /** The first seed of what is drawn by chance, and how many there are, where the bench has a choice. */
  readonly seed?: number
  readonly seeds?: number
  /** Only these parts, by name; of what, each bench says. */
  readonly only?: readonly string[]
}

/** What a bench found: rows, the few figures it is judged by, and tables where rows alone are hard to read. */
export interface Report {
  readonly rows: readonly Row[]
  readonly summary?: Readonly<Record<string, string | number | null>>
  readonly tables?: readonly {
    readonly says: string
    readonly rows: Readonly<Record<string, Readonly<Record<string, string | number>>>>
  }[]
}

interface Bench {
  readonly says: string
  readonly run: (options: BenchOptions) => Promise<Report | readonly Row[]>
}

/** `npm run bench -- NAME [--json] [--short | --full] [--seed N] [--seeds N] [--only NAME]…`: every performance claim, as a program. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  reaction: async () => (await import('./reaction.ts')).reaction,
  engine: async () => (await import('./engine.ts')).engine,
  sources: async () => (await import('./sources/sources.ts')).sources,
  'end-to-end': async () => (await import('./end-to-end/end-to-end.ts')).endToEnd,
  detection: async () => (await import('./detection.ts')).detection,
  'detection-cost': async () => (await import('./detection-cost.ts')).detectionCost,
  attribution: async () => (await import('./attribution.ts')).attribution,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    seed: { type: 'string' },
    seeds: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
  },
})
const [name = ''] = positionals
const open = BENCHES[name]
if (open === undefined) {
  console.error(
    `usage: npm run bench -- NAME [--json] [--short | --full] [--seed N] [--seeds N] [--only NAME]…; NAME is one of ${Object.keys(BENCHES).join(', ')}`,
  )
  process.exit(2)
}
const bench = await open()
console.error(`${name}: ${bench.says}`)
const found = await bench.run({
  short: values.short,
  full: values.full,
  only: values.only,
  ...(values.seed !== undefined && { seed: wholeNumber('seed', values.seed) }),
  ...(values.seeds !== undefined && { seeds: wholeNumber('seeds', values.seeds) }),
})
const report: Report = 'rows' in found ? found : { rows: found }
if (values.json) {
  const { rows, summary } = report
  const at = new Date().toISOString()
  const document = { bench: name, at, commit: commit(), machine: machine(), summary, rows }
  console.log(JSON.stringify(document, null, 2))
} else show(report)
process.exit(0)

function show({ rows, summary, tables }: Report): void {
  const plain = Object.fromEntries(rows.map(({ name: row, ...figures }) => [row, figures]))
  for (const table of tables ?? [{ says: '', rows: plain }]) {
    if (table.says !== '') console.log(table.says)
    console.table(table.rows)
  }
  if (summary !== undefined) console.table(summary)
}

function wholeNumber(option: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  console.error(`--${option}: expected a whole number from 1 on, got '${text}'`)
  process.exit(2)
}

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
