import type { Arm } from '../../core/detect/reading.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Metric } from '../../core/strategy/schema.ts'

/** Which column carries the time, and in which unit. */
export interface TimeColumn {
  readonly place: number
  readonly unit: 'iso' | 's' | 'ms'
}

/** One column that counts something. */
interface CountColumn {
  readonly place: number
  readonly what: 'requests' | 'errors' | 'bucket'
  /** Null in the long form, where a column of its own says the arm. */
  readonly arm: Arm | null
  /** Upper edge of a bucket in ms. */
  readonly edgeMs: number
}

/** What the columns of a table mean. */
export interface Columns {
  readonly time: TimeColumn
  readonly arm: number | null
  readonly metric: number | null
  /** Buckets stand in the order of their edges, for each arm. */
  readonly counts: readonly CountColumn[]
  /** The edges of the buckets but for the last, which has none. */
  readonly edgesMs: readonly number[]
  /** True when the numbers are counters that only grow, false when each row counts for itself. */
  readonly total: boolean
}

const TIMES: Readonly<Record<string, TimeColumn['unit']>> = {
  time: 'iso',
  time_s: 's',
  time_ms: 'ms',
}

const COUNT = /^(?:(candidate|control)_)?(?:(requests|errors)|le_(inf|\d+(?:\.\d+)?))(_total)?$/

const KNOWN =
  'time (or time_s, time_ms), arm, metric, requests, errors, le_MS … le_inf; each count with _total where it is a counter that only grows, or as candidate_… and control_… without an arm column'

/** Reads a header. Unknown columns are an error, because a misspelt count would be a zero. */
export function readColumns(
  header: readonly string[],
  metrics: readonly Metric[],
): Result<Columns, string> {
  const counts: CountColumn[] = []
  const totals = new Set<boolean>()
  let time: TimeColumn | null = null
  let [arm, metric]: (number | null)[] = [null, null]
  for (const [place, name] of header.entries()) {
    const unit = Object.hasOwn(TIMES, name) ? TIMES[name] : undefined
    const count = COUNT.exec(name)
    if (unit !== undefined) time = { place, unit }
    else if (name === 'arm') arm = place
    else if (name === 'metric') metric = place
    else if (count === null) return no(`column '${name}' is not known: expected ${KNOWN}`)
    else {
      counts.push(countColumn(place, count))
      totals.add(count[4] !== undefined)
    }
  }
  if (time === null) return no(`there is no column time: expected ${KNOWN}`)
  if (totals.size > 1)
    return no('some counts end in _total and some do not: expected all of one kind')
  const problem =
    countProblem(counts, arm !== null) ?? metricProblem(metrics, metric !== null, counts)
  if (problem !== null) return no(problem)
  const sorted = counts.toSorted((a, b) => a.edgeMs - b.edgeMs)
  const edges = new Set(sorted.filter(({ what }) => what === 'bucket').map(({ edgeMs }) => edgeMs))
  const edgesMs = [...edges].filter(Number.isFinite)
  return yes({
    time,
    arm: arm ?? null,
    metric: metric ?? null,
    counts: sorted,
    edgesMs,
    total: totals.has(true),
  })
}

function countColumn(place: number, found: RegExpExecArray): CountColumn {
  const [, arm, counted, edge] = found
  return {
    place,
    what: counted === 'requests' || counted === 'errors' ? counted : 'bucket',
    arm: arm === 'candidate' || arm === 'control' ? arm : null,
    edgeMs: edge === undefined ? 0 : edge === 'inf' ? Number.POSITIVE_INFINITY : Number(edge),
  }
}

function countProblem(counts: readonly CountColumn[], long: boolean): string | null {
  if (counts.length === 0) return `nothing is counted: expected ${KNOWN}`
  if (counts.some(({ arm }) => (arm === null) !== long)) {
    return long
      ? 'there is a column arm and counts with an arm in their name: expected one of the two'
      : 'a count does not say of which arm it is: expected a column arm, or candidate_… and control_…'
  }
  const arms = new Set(counts.map(({ arm }) => arm))
  const edgesOf = (one: Arm | null) =>
    counts.filter(({ arm, what }) => arm === one && what === 'bucket').map(({ edgeMs }) => edgeMs)
  for (const one of arms) {
    const edges = edgesOf(one)
    if (edges.length > 0 && !edges.includes(Number.POSITIVE_INFINITY)) {
      return 'the latency buckets have no le_inf: without it nobody knows how many requests there were'
    }
  }
  const [first = [], ...others] = [...arms].map((one) =>
    edgesOf(one)
      .toSorted((a, b) => a - b)
      .join(),
  )
  return others.some((other) => other !== first)
    ? 'both arms need the same latency buckets: they are compared bucket by bucket'
    : null
}

/** Without a metric column the counts stand for every metric of their kind; of two of a kind nobody could tell. */
function metricProblem(
  metrics: readonly Metric[],
  named: boolean,
  counts: readonly CountColumn[],
): string | null {
  if (named) return null
  const kinds = [
    { kind: 'error-rate', there: counts.some(({ what }) => what === 'errors') },
    { kind: 'latency', there: counts.some(({ what }) => what === 'bucket') },
  ]
  for (const { kind, there } of kinds) {
    const names = metrics.filter((one) => one.kind === kind).map(({ name }) => name)
    if (there && names.length > 1) {
      return `the strategy has ${names.length} metrics of kind ${kind} (${names.join(', ')}): a column metric has to say which one a row is of`
    }
  }
  return null
}
