import type { Chart } from './chart.ts'
import { type Box, line, widthOf, words } from './frame.ts'
import type { Scale } from './scale.ts'
import type { Tone } from './tone.ts'

/** The room that one row of markers' labels takes above the plot. */
export const MARKER_ROW = 16
const LABEL_SIZE = 11
const GAP = 5

interface Placed {
  readonly label: string
  readonly tone: Tone
  readonly pixel: number
  /** The left end of the label. */
  readonly start: number
  readonly end: number
  /** Counted from the plot upwards. */
  readonly row: number
}

/**
 * Lays the markers' labels out in rows above the plot, each at the right of its line. Of labels that
 * would run into each other the earlier stands higher, so that no later line crosses it.
 */
export function markerRows(
  { markers = [] }: Chart,
  x: Scale,
  width: number,
): { readonly count: number; readonly draw: (box: Box) => string } {
  const placed: Placed[] = []
  for (const marker of markers.toSorted((a, b) => b.at - a.at)) {
    const pixel = x.at(marker.at)
    if (pixel === null) continue
    const wide = widthOf(marker.label, LABEL_SIZE)
    const start = Math.max(4, Math.min(pixel + GAP, width - wide - 4))
    const end = start + wide + GAP
    const below = placed.filter((other) => other.start < end && start < other.end)
    const row = Math.max(-1, ...below.map((other) => other.row)) + 1
    placed.push({ ...marker, pixel, start, end, row })
  }
  return {
    count: Math.max(-1, ...placed.map(({ row }) => row)) + 1,
    draw: (box) =>
      [...placed.map(drawLine), ...placed.map(drawLabel)].map((at) => at(box)).join(''),
  }
}

function drawLine({ pixel, row, tone }: Placed): (box: Box) => string {
  return ({ top, bottom }) =>
    line(
      { x: pixel, y: top - (row + 1) * MARKER_ROW + 3 },
      { x: pixel, y: bottom },
      { tone, width: 1.5 },
    )
}

function drawLabel({ start, row, label, tone }: Placed): (box: Box) => string {
  return ({ top }) =>
    words(
      label,
      { x: start, y: top - 5 - row * MARKER_ROW },
      { tone, size: LABEL_SIZE, halo: true },
    )
}
