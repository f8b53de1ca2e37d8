import type { Bars } from './bars.ts'
import type { Chart } from './chart.ts'
import { scaleOf } from './scale.ts'
import { element, text } from './xml.ts'

/** A long recording's table is thinned to this many rows: a table is for reading. */
const ROWS_MAX = 200

/** Rows and columns of text; the first cell of a row names it. */
export interface Table {
  readonly caption: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The same data as words, for those who cannot see the picture or want the numbers. */
export function tableOfChart(chart: Chart): Table {
  const points = chart.series.flatMap((series) => series.points.map((point) => ({ series, point })))
  const xs = [...new Set(points.map(({ point }) => point.x))].toSorted((a, b) => a - b)
  const every = Math.max(1, Math.ceil(xs.length / ROWS_MAX))
  const kept = xs.filter((_, i) => i % every === 0 || i === xs.length - 1)
  const pixels = { start: 0, end: 1, ticks: 1 }
  const x = scaleOf(chart.x, xs, pixels)
  const y = scaleOf(
    chart.y,
    points.map(({ point }) => point.y ?? Number.NaN),
    pixels,
  )
  const looked = chart.series.map(
    (series) => new Map(series.points.map((point) => [point.x, point])),
  )
  return {
    caption: every === 1 ? chart.title : `${chart.title} (every ${every}th of ${xs.length} rows)`,
    head: [chart.x.label, ...chart.series.map(({ name }) => name)],
    rows: kept.map((at) => [x.say(at), ...looked.map((series) => sayCell(series.get(at), y.say))]),
  }
}

/** The same numbers as words: one row per group, one column per series. */
export function tableOfBars(bars: Bars): Table {
  const all = bars.groups.flatMap((group) => group.bars.map(({ value }) => value ?? Number.NaN))
  const { say } = scaleOf(bars.value, all, { start: 0, end: 1, ticks: 1 })
  return {
    caption: `${bars.title}: ${bars.value.label}`,
    head: ['', ...bars.series.map(({ name }) => name)],
    rows: bars.groups.map(({ label, bars: cells }) => [
      label,
      ...cells.map((bar) => bar.note ?? sayCell({ ...bar, y: bar.value }, say)),
    ]),
  }
}

/** A table as HTML. */
export function drawTable({ caption, head, rows }: Table): string {
  const heading = head.map((cell) => element('th', { scope: 'col' }, text(cell)))
  const body = rows.map(([first = '', ...rest]) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, text(first)),
      ...rest.map((cell) => element('td', {}, text(cell))),
    ),
  )
  return element(
    'table',
    {},
    element('caption', {}, text(caption)),
    element('thead', {}, element('tr', {}, ...heading)),
    element('tbody', {}, ...body),
  )
}

interface Cell {
  readonly y: number | null
  readonly low?: number
  readonly high?: number
}

function sayCell(cell: Cell | undefined, say: (value: number) => string): string {
  if (cell === undefined || cell.y === null) return '–'
  if (cell.low === undefined || cell.high === undefined) return say(cell.y)
  return `${say(cell.y)} (${say(cell.low)} to ${say(cell.high)})`
}
