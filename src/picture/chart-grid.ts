import type { Chart } from './chart.ts'
import { type Box, FONT_SIZE, gridLine, line, words } from './frame.ts'
import type { Scale } from './scale.ts'

/** The grid behind the data, with its ticks written at the left and below. */
export function drawGrid(x: Scale, y: Scale, box: Box): string {
  const across = y.ticks.map(({ value, label }) => {
    const at = y.at(value) ?? box.bottom
    return (
      gridLine({ x: box.left, y: at }, { x: box.right, y: at }) +
      words(label, { x: box.left - 8, y: at + FONT_SIZE / 3 }, { anchor: 'end' })
    )
  })
  const along = x.ticks.map(({ value, label }) => {
    const at = x.at(value) ?? box.left
    return (
      line({ x: at, y: box.bottom }, { x: at, y: box.bottom + 5 }, { tone: 'quiet' }) +
      words(label, { x: at, y: box.bottom + 18 }, { anchor: 'middle' })
    )
  })
  const floor = line(
    { x: box.left, y: box.bottom },
    { x: box.right, y: box.bottom },
    { tone: 'quiet' },
  )
  return [...across, ...along, floor].join('')
}

/** What the two axes measure. */
export function drawAxisNames({ x, y }: Chart, box: Box): string {
  const middle = (box.top + box.bottom) / 2
  return (
    words(x.label, { x: (box.left + box.right) / 2, y: box.bottom + 34 }, { anchor: 'middle' }) +
    words(y.label, { x: 18, y: middle }, { anchor: 'middle', turned: true })
  )
}
