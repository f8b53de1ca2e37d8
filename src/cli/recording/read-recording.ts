import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Journal } from '../../core/backtest/journal.ts'
import { isJournal, readJournal } from '../../core/backtest/journal-lines.ts'
import { newRecording, type Recording } from '../../core/backtest/recording.ts'
import { recordingOf } from '../../core/backtest/relive.ts'
import type { Millis } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Metric } from '../../core/strategy/schema.ts'
import { EXIT } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import type { Failure } from '../outcome.ts'
import { readCsv } from './csv-recording.ts'
import { fetchSeries, type Wanted } from './prometheus-range.ts'
import {
  fromSeries,
  type Labels,
  MatrixAnswer,
  type Series,
  seriesOf,
} from './prometheus-recording.ts'

/** A larger file would not fit beside its own readings in memory. */
const BYTES_MAX = 512 * 1024 * 1024

/** What must be known to make sense of a file. */
export interface Reading {
  readonly metrics: readonly Metric[]
  readonly labels: Labels
  /** How long after it was measured a sample could be known. */
  readonly lag: Millis
}

/** A recording; and where goaround made it itself, what was known beside the readings. */
export interface Recorded {
  readonly recording: Recording
  readonly journals: readonly Journal[]
}

/** Asks a Prometheus server for what it remembers of a stretch of time. */
export async function readPrometheus(
  io: Io,
  wanted: Wanted,
  reading: Reading,
): Promise<Result<Recorded, Failure>> {
  const series = await fetchSeries(io, wanted, reading.metrics, reading.labels)
  if (!series.ok) return series
  const { host } = new URL(wanted.url)
  const recording = fromSeries(host, series.value, reading.metrics, reading)
  return recording.ok ? yes({ recording: recording.value, journals: [] }) : bad(recording.problem)
}

/** Reads recorded telemetry: goaround's own, tables, and answers of Prometheus, of which several files are taken together. */
export async function readRecording(
  io: Io,
  files: readonly string[],
  reading: Reading,
): Promise<Result<Recorded, Failure>> {
  const tables: Recording[] = []
  const series: Series[] = []
  const exports: string[] = []
  const journals: Journal[] = []
  for (const file of files) {
    const text = await readText(io, file)
    if (!text.ok) return text
    if (isJournal(text.value)) {
      const journal = readJournal(text.value, file)
      if (!journal.ok) return bad(journal.problem)
      journals.push(journal.value)
      tables.push(recordingOf(journal.value))
    } else if (/^\s*\{/.test(text.value)) {
      const found = readExport(text.value, file)
      if (!found.ok) return bad(found.problem)
      series.push(...found.value)
      exports.push(file)
    } else {
      const table = readCsv(text.value, file, reading.metrics)
      if (!table.ok) return bad(table.problem)
      tables.push(table.value)
    }
  }
  if (exports.length > 0) {
    const exported = fromSeries(exports.join(', '), series, reading.metrics, reading)
    if (!exported.ok) return bad(exported.problem)
    tables.push(exported.value)
  }
  const [only, ...others] = tables
  if (only !== undefined && others.length === 0) return yes({ recording: only, journals })
  const name = tables.map((one) => one.name).join(', ')
  const remarks = tables.flatMap((one) => one.remarks)
  const opened = tables.flatMap((one) => one.opened ?? [])
  const seen = tables.flatMap((one) => one.seen)
  return yes({ recording: { ...newRecording(name, seen, remarks), opened }, journals })
}

async function readText(io: Io, file: string): Promise<Result<string, Failure>> {
  const path = resolve(io.cwd, file)
  try {
    const { size } = await stat(path)
    if (size > BYTES_MAX)
      return bad(`${file} has ${size} bytes: expected at most ${BYTES_MAX}; export a shorter time`)
    return yes(await readFile(path, 'utf8'))
  } catch (error) {
    return bad(
      `${file} cannot be read (${String(Object(error).code)}): expected a recording, as docs/backtest.md describes`,
    )
  }
}

function readExport(text: string, file: string): Result<readonly Series[], string> {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (error) {
    return no(
      `${file} is not JSON (${error instanceof Error ? error.message : String(error)}): expected an answer of /api/v1/query_range as it came`,
    )
  }
  const answer = MatrixAnswer.safeParse(body)
  if (answer.success) return yes(seriesOf(answer.data))
  const issue = answer.error.issues[0]
  const where = issue === undefined ? '' : ` at ${issue.path.join('.')}: ${issue.message}`
  return no(
    `${file} is no range answer of Prometheus${where}: expected the JSON of /api/v1/query_range, with a resultType of matrix`,
  )
}

function bad(says: string): { readonly ok: false; readonly problem: Failure } {
  return no({ exit: EXIT.usage, says })
}
