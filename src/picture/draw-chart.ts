import type { Chart, Lane } from './chart.ts'
import { drawAxisNames, drawGrid } from './chart-grid.ts'
import { drawLane, LANE_HEIGHT } from './chart-lanes.ts'
import { MARKER_ROW, markerRows } from './chart-markers.ts'
import { drawReferences, drawShades } from './chart-notes.ts'
import { clipped, figure, widthOf, words } from './frame.ts'
import { type Key, legend } from './legend.ts'
import { scaleOf } from './scale.ts'
import { seriesMarks } from './series-marks.ts'
import type { Tone } from './tone.ts'

const WIDTH = 820
const HEIGHT = 360
const TITLE_HEIGHT = 30
const AXIS_ROOM = 40
const RIGHT_ROOM = 20
/** A tick needs about this much room to be read apart from its neighbour. */
const X_TICK_ROOM = 90
const Y_TICK_ROOM = 46

/** Draws lines over a common axis as one SVG text that needs nothing from outside. */
export function drawChart(chart: Chart): string {
  const width = chart.width ?? WIDTH
  const lanes = chart.lanes ?? []
  const keys = legend(keysOf(chart), { x: 16, y: TITLE_HEIGHT + 6, width: width - 32 })
  const left = leftRoom(chart, lanes)
  const x = scaleOf(chart.x, xValues(chart), {
    start: left,
    end: width - RIGHT_ROOM,
    ticks: (width - left - RIGHT_ROOM) / X_TICK_ROOM,
  })
  const rows = markerRows(chart, x, width)
  const top = TITLE_HEIGHT + 12 + keys.height + rows.count * MARKER_ROW
  const plotHeight = (chart.height ?? HEIGHT) - TITLE_HEIGHT - AXIS_ROOM
  const box = { left, right: width - RIGHT_ROOM, top, bottom: top + plotHeight }
  const ticks = plotHeight / Y_TICK_ROOM
  const y = scaleOf(chart.y, yValues(chart), { start: box.bottom, end: box.top, ticks })
  const lanesTop = box.bottom + AXIS_ROOM
  const height = lanesTop + lanes.length * LANE_HEIGHT + (lanes.length > 0 ? 10 : 0)
  return figure(
    chart,
    { width, height },
    words(chart.title, { x: 16, y: 22 }, { size: 15, bold: true }),
    keys.markup,
    drawShades(chart, x, box),
    drawGrid(x, y, box),
    drawAxisNames(chart, box),
    clipped(box, ...chart.series.map((series) => seriesMarks(series, x, y))),
    drawReferences(chart, x, y, box),
    rows.draw(box),
    ...lanes.map((lane, i) => drawLane(lane, x, { ...box, top: lanesTop + i * LANE_HEIGHT })),
  )
}

function keysOf({ series, lanes = [] }: Chart): readonly Key[] {
  const marks = series.map(({ name, tone, shape }): Key => {
    return { name, tone, mark: shape === 'dots' ? 'dot' : 'line' }
  })
  const states = new Map<string, Tone>()
  for (const { label, tone } of lanes.flatMap(({ spans }) => spans)) states.set(label, tone)
  return [...marks, ...[...states].map(([name, tone]): Key => ({ name, tone, mark: 'block' }))]
}

/** The room that the longest label at the left needs. */
function leftRoom(chart: Chart, lanes: readonly Lane[]): number {
  const y = scaleOf(chart.y, yValues(chart), { start: 1, end: 0, ticks: 6 })
  const ticks = y.ticks.map(({ label }) => widthOf(label) + 40)
  const names = lanes.map(({ name }) => widthOf(name) + 28)
  return Math.max(56, ...ticks, ...names)
}

function xValues(chart: Chart): readonly number[] {
  const spans = [...(chart.shades ?? []), ...(chart.lanes ?? []).flatMap((lane) => lane.spans)]
  const lines = (chart.references ?? []).filter(({ axis }) => axis === 'x')
  return [
    ...chart.series.flatMap(({ points }) => points.map(({ x }) => x)),
    ...spans.flatMap(({ from, to }) => [from, to]),
    ...[...(chart.markers ?? []), ...lines].map(({ at }) => at),
  ]
}

function yValues(chart: Chart): readonly number[] {
  const measured = chart.series.flatMap(({ points }) =>
    points.flatMap(({ y, low, high }) => [y, low, high].filter((one) => typeof one === 'number')),
  )
  const lines = (chart.references ?? []).filter(({ axis }) => axis === 'y')
  return [...measured, ...lines.map(({ at }) => at)]
}
