import { block, dot, FONT_SIZE, line, widthOf, words } from './frame.ts'
import { PAINTS, type Tone } from './tone.ts'

/** One entry of a legend: what a mark of this look means. */
export interface Key {
  readonly name: string
  readonly tone: Tone
  readonly mark: 'line' | 'dot' | 'block'
}

const SWATCH = 22
const GAP = 18
const ROW = 18

/** A legend in rows that fit a width. `height` is how much room it takes, so that it can be placed first. */
export function legend(
  keys: readonly Key[],
  place: { readonly x: number; readonly y: number; readonly width: number },
): { readonly markup: string; readonly height: number } {
  let [x, row] = [0, 0]
  const marks: string[] = []
  for (const key of keys) {
    const width = SWATCH + 6 + widthOf(key.name)
    if (x > 0 && x + width > place.width) [x, row] = [0, row + 1]
    const left = place.x + x
    const middle = place.y + row * ROW + ROW / 2
    marks.push(swatch(key, left, middle))
    marks.push(words(key.name, { x: left + SWATCH + 6, y: middle + FONT_SIZE / 3 }))
    x += width + GAP
  }
  return { markup: marks.join(''), height: keys.length === 0 ? 0 : (row + 1) * ROW }
}

function swatch({ tone, mark }: Key, left: number, middle: number): string {
  const right = left + SWATCH
  if (mark === 'dot') return dot({ x: (left + right) / 2, y: middle }, tone)
  if (mark === 'block') return block({ left, right, top: middle - 5, bottom: middle + 5 }, { tone })
  const { dash } = PAINTS[tone]
  return line({ x: left, y: middle }, { x: right, y: middle }, { tone, width: 2, dash })
}
