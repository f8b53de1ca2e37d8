import type { Point } from './chart.ts'
import type { Scale } from './scale.ts'

/** More points than this in one column of pixels are not seen apart. */
const PER_COLUMN_MAX = 4

/**
 * Keeps of each column of pixels the first, the lowest, the highest and the last point, and every
 * gap: the same picture from a file that stays small however long the recording is.
 */
export function thin(points: readonly Point[], x: Scale): readonly Point[] {
  const kept: Point[] = []
  let column: Point[] = []
  let at: number | null = null
  const close = () => {
    kept.push(...essential(column))
    column = []
  }
  for (const point of points) {
    const pixel = x.at(point.x)
    const next = pixel === null ? null : Math.round(pixel)
    if (next !== at) close()
    at = next
    if (point.y === null) {
      close()
      kept.push(point)
    } else column.push(point)
  }
  close()
  return kept
}

function essential(column: readonly Point[]): readonly Point[] {
  if (column.length <= PER_COLUMN_MAX) return column
  const lowest = column.reduce((a, b) => (height(b) < height(a) ? b : a))
  const highest = column.reduce((a, b) => (height(b) > height(a) ? b : a))
  const chosen = new Set([column[0], lowest, highest, column.at(-1)])
  return column.filter((point) => chosen.has(point))
}

function height({ y }: Point): number {
  return y ?? 0
}
