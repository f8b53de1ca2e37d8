import { CsvError, parse } from 'csv-parse/sync'
import { newRecording, type Recording, type Seen } from '../../core/backtest/recording.ts'
import type { Arm } from '../../core/detect/reading.ts'
import { type Instant, SECOND } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Metric } from '../../core/strategy/schema.ts'
import { type Columns, readColumns, type TimeColumn } from './csv-columns.ts'

/** One line of a file, with what stands in its cells. */
interface Row {
  readonly line: number
  readonly cells: readonly string[]
}

type Sums = { requests: number; errors: number; latency: number[] }

const ARMS = ['candidate', 'control'] as const

/**
 * Reads a table of counts. In the long form a row is one arm at one time (`time, arm, requests,
 * errors, le_250, le_inf`), in the wide form both arms (`candidate_requests`, `control_requests`).
 * The header says what the numbers are: `requests` are those since the row before, `requests_total` a counter that
 * only grows. The one problem names file, line and column.
 */
export function readCsv(
  text: string,
  file: string,
  metrics: readonly Metric[],
): Result<Recording, string> {
  const parsed = rowsOf(text, file)
  if (!parsed.ok) return parsed
  const [header, ...rows] = parsed.value
  if (header === undefined) return no(`${file} is empty: expected a header and rows`)
  const columns = readColumns(header.cells, metrics)
  if (!columns.ok) return no(`${file}:${header.line}: ${columns.problem}`)
  const reader = new CsvReader(columns.value, metrics)
  for (const row of rows) {
    const problem = reader.take(row)
    if (problem !== null) {
      const { column, says } = problem
      return no(`${file}:${row.line}: column '${header.cells[column] ?? column + 1}': ${says}`)
    }
  }
  if (reader.seen.length === 0) return no(`${file} has a header and no rows: expected at least two`)
  return yes(newRecording(file, reader.seen, reader.remarks()))
}

interface CellProblem {
  readonly column: number
  readonly says: string
}

class CsvReader {
  readonly seen: Seen[] = []
  readonly #columns: Columns
  readonly #metrics: readonly Metric[]
  readonly #sums = new Map<string, Sums>()
  readonly #newest = new Map<string, Instant>()
  #late = 0

  constructor(columns: Columns, metrics: readonly Metric[]) {
    this.#columns = columns
    this.#metrics = metrics
  }

  /** What the reader could not take as it stood. */
  remarks(): readonly string[] {
    if (this.#late === 0) return []
    return [
      `${this.#late} rows came late or twice; they are counted as a live watch would count them`,
    ]
  }

  take({ cells }: Row): CellProblem | null {
    const { time, arm, metric, counts } = this.#columns
    const at = readTime(cells[time.place] ?? '', time)
    if (at === null)
      return { column: time.place, says: expectedTime(cells[time.place] ?? '', time) }
    const named = metric === null ? null : (cells[metric] ?? '')
    const meant = this.#metrics.filter(({ name }) => named === null || name === named)
    if (metric !== null && meant.length === 0) {
      const names = this.#metrics.map(({ name }) => name).join(', ')
      return {
        column: metric,
        says: `'${named}' is no metric of the strategy: expected one of ${names}`,
      }
    }
    const written = arm === null ? null : (cells[arm] ?? '')
    const arms = ARMS.filter((one) => written === null || one === written)
    if (arm !== null && arms.length === 0) {
      return { column: arm, says: `'${written}' is no arm: expected candidate or control` }
    }
    for (const count of counts) {
      const value = readNumber(cells[count.place] ?? '')
      if (value === null || value < 0) {
        const says = `'${cells[count.place] ?? ''}' is not a count: expected a number from 0`
        return { column: count.place, says }
      }
    }
    for (const one of arms) this.#note(at, one, meant, cells)
    return null
  }

  #note(at: Instant, arm: Arm, meant: readonly Metric[], cells: readonly string[]): void {
    for (const metric of meant) {
      const counts = this.#countsOf(metric, arm, cells)
      if (counts === null) continue
      const key = `${arm} ${metric.name}`
      if (at <= (this.#newest.get(key) ?? Number.NEGATIVE_INFINITY)) this.#late += 1
      else this.#newest.set(key, at)
      const { edgesMs } = this.#columns
      const latency = metric.kind === 'latency'
      const reading = {
        ...counts,
        metric: metric.name,
        arm,
        at,
        epoch: 'csv',
        edgesMs: latency ? edgesMs : [],
      }
      this.seen.push({ seenAt: at, source: metric.source, reading })
    }
  }

  /** The cumulative counts of one metric after this row; null when the table has no columns for it. */
  #countsOf(metric: Metric, arm: Arm, cells: readonly string[]): Sums | null {
    const { counts, total } = this.#columns
    const of = (what: string) =>
      counts.filter((one) => one.what === what && (one.arm === null || one.arm === arm))
    const value = (place: number | undefined) => (place === undefined ? 0 : Number(cells[place]))
    const upTo = of('bucket').map(({ place }) => value(place))
    const [requests, errors] = [of('requests')[0]?.place, of('errors')[0]?.place]
    if (
      metric.kind === 'latency' ? upTo.length === 0 : requests === undefined || errors === undefined
    )
      return null
    const latency = upTo.map((count, k) => Math.max(0, count - (upTo[k - 1] ?? 0)))
    const row: Sums =
      metric.kind === 'latency'
        ? { requests: upTo.at(-1) ?? 0, errors: 0, latency }
        : { requests: value(requests), errors: value(errors), latency: [] }
    return total ? row : this.#added(`${arm} ${metric.name}`, row)
  }

  #added(key: string, row: Sums): Sums {
    const before = this.#sums.get(key)
    const sum = {
      requests: (before?.requests ?? 0) + row.requests,
      errors: (before?.errors ?? 0) + row.errors,
      latency: row.latency.map((count, k) => count + (before?.latency[k] ?? 0)),
    }
    this.#sums.set(key, sum)
    return sum
  }
}

function rowsOf(text: string, file: string): Result<readonly Row[], string> {
  const rows: Row[] = []
  try {
    parse(text, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      comment: '#',
      comment_no_infix: true,
      on_record: (cells: string[], { lines }) => {
        rows.push({ line: lines, cells })
        return null
      },
    })
    return yes(rows)
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1
    const [first = ''] = error.message.split('\n')
    return no(
      `${file}:${line}: ${first}: expected comma-separated values, as many in each row as in the header`,
    )
  }
}

/** An instant with its zone said, or a number of the unit that the header names. */
function readTime(text: string, { unit }: TimeColumn): Instant | null {
  if (unit === 'iso') {
    if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(text)) return null
    const at = Date.parse(text.replace(' ', 'T'))
    return Number.isNaN(at) ? null : at
  }
  const number = readNumber(text)
  if (number === null || number < 0) return null
  return Math.round(number * (unit === 's' ? SECOND : 1))
}

function expectedTime(text: string, { unit }: TimeColumn): string {
  if (unit === 'iso') {
    return `'${text}' is not a time with its zone: expected 2026-11-20T14:05:00Z or …+01:00 (or name the column time_s or time_ms for epoch seconds or milliseconds)`
  }
  return `'${text}' is not a number of ${unit === 's' ? 'seconds' : 'milliseconds'} since 1970`
}

function readNumber(text: string): number | null {
  const value = text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : null
}
