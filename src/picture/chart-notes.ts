import type { Chart } from './chart.ts'
import { type Box, block, line, within, words } from './frame.ts'
import type { Scale } from './scale.ts'

/** Tints stretches of the x axis behind the lines, each with its label at the foot. */
export function drawShades({ shades: spans = [] }: Chart, x: Scale, box: Box): string {
  return spans
    .map(({ from, to, label, tone }) => {
      const [left, right] = [within(x.at(from), box), within(x.at(to), box)]
      return (
        block({ ...box, left, right }, { tone, opacity: 0.12, title: label }) +
        words(label, { x: left + 4, y: box.bottom - 6 }, { tone, size: 11 })
      )
    })
    .join('')
}

/** Lines across the plot at values that mean something, each with its label. */
export function drawReferences(
  { references: lines = [] }: Chart,
  x: Scale,
  y: Scale,
  box: Box,
): string {
  return lines
    .map(({ axis, at, label, tone }) => {
      const pixel = (axis === 'x' ? x : y).at(at)
      if (pixel === null) return ''
      const style = { tone, width: 1.5, dash: '6 3' } as const
      if (axis === 'x') {
        return (
          line({ x: pixel, y: box.top }, { x: pixel, y: box.bottom }, style) +
          words(label, { x: pixel + 4, y: box.top + 12 }, { tone, size: 11, halo: true })
        )
      }
      const above = pixel - 5 < box.top + 10 ? pixel + 14 : pixel - 5
      return (
        line({ x: box.left, y: pixel }, { x: box.right, y: pixel }, style) +
        words(label, { x: box.right - 4, y: above }, { tone, size: 11, halo: true, anchor: 'end' })
      )
    })
    .join('')
}
