import type { Tone } from './tone.ts'
import { FAINT, PAINTS, PAPER, PICTURE_STYLE, TEXT } from './tone.ts'
import { element, place, text } from './xml.ts'

export const FONT_SIZE = 12
/** The mean width of a letter of the interface fonts, as a share of their size; ours to assume, since nothing measures text here. */
const LETTER = 0.56

/** A corner or an end in pixels. */
export interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** About how wide a text will be, in pixels. */
export function widthOf(content: string, size = FONT_SIZE): number {
  return content.length * size * LETTER
}

/** The picture's root: its name and description for screen readers, its style and its paper. */
export function figure(
  spec: { readonly title: string; readonly description: string },
  size: { readonly width: number; readonly height: number },
  ...marks: readonly string[]
): string {
  const { width, height } = size
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      class: 'ga-figure',
      'font-family': 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif',
      'font-size': FONT_SIZE,
    },
    element('title', {}, text(spec.title)),
    element('desc', {}, text(spec.description)),
    element('style', {}, PICTURE_STYLE),
    element('rect', { width, height, fill: PAPER.light, class: 'ga-paper' }),
    ...marks,
  )
}

/** Words at a place. `halo` keeps them readable above lines. */
export function words(
  content: string,
  at: { readonly x: number; readonly y: number },
  style: {
    readonly anchor?: 'start' | 'middle' | 'end'
    readonly size?: number
    readonly bold?: boolean
    readonly tone?: Tone
    readonly halo?: boolean
    readonly turned?: boolean
  } = {},
): string {
  const { tone } = style
  return element(
    'text',
    {
      x: at.x,
      y: at.y,
      fill: tone === undefined ? TEXT.light : PAINTS[tone].light,
      class: `${tone === undefined ? 'ga-text' : `ga-fill-${tone}`}${style.halo === true ? ' ga-halo' : ''}`,
      'text-anchor': style.anchor === undefined || style.anchor === 'start' ? null : style.anchor,
      'font-size': style.size ?? null,
      'font-weight': style.bold === true ? 600 : null,
      transform: style.turned === true ? `rotate(-90 ${at.x} ${at.y})` : null,
      ...(style.halo === true
        ? {
            stroke: PAPER.light,
            'stroke-width': 3,
            'paint-order': 'stroke',
            'stroke-linejoin': 'round',
          }
        : {}),
    },
    text(content),
  )
}

/** A straight line in a tone. */
export function line(
  from: { readonly x: number; readonly y: number },
  to: { readonly x: number; readonly y: number },
  style: { readonly tone: Tone; readonly width?: number; readonly dash?: string | null },
): string {
  return element('line', {
    x1: from.x,
    y1: from.y,
    x2: to.x,
    y2: to.y,
    stroke: PAINTS[style.tone].light,
    class: `ga-line-${style.tone}`,
    'stroke-width': style.width ?? 1,
    'stroke-dasharray': style.dash ?? null,
  })
}

/** A line of the grid behind the data. */
export function gridLine(
  from: { readonly x: number; readonly y: number },
  to: typeof from,
): string {
  return element('line', {
    x1: from.x,
    y1: from.y,
    x2: to.x,
    y2: to.y,
    stroke: FAINT.light,
    class: 'ga-grid',
  })
}

/** A filled rectangle in a tone. */
export function block(
  box: Box,
  style: { readonly tone: Tone; readonly opacity?: number; readonly title?: string },
): string {
  return element(
    'rect',
    {
      x: box.left,
      y: box.top,
      width: Math.max(0, box.right - box.left),
      height: Math.max(0, box.bottom - box.top),
      fill: PAINTS[style.tone].light,
      class: `ga-fill-${style.tone}`,
      'fill-opacity': style.opacity ?? null,
    },
    ...(style.title === undefined ? [] : [element('title', {}, text(style.title))]),
  )
}

/** A dot in a tone, with a ring of paper so that it stands out from a line below it. */
export function dot(
  at: { readonly x: number; readonly y: number },
  tone: Tone,
  title?: string,
): string {
  return element(
    'circle',
    {
      cx: at.x,
      cy: at.y,
      r: 3.5,
      fill: PAINTS[tone].light,
      class: `ga-fill-${tone} ga-halo`,
      stroke: PAPER.light,
      'stroke-width': 1,
    },
    ...(title === undefined ? [] : [element('title', {}, text(title))]),
  )
}

/** A pixel kept between the left and the right end of a box. */
export function within(pixel: number | null, { left, right }: Pick<Box, 'left' | 'right'>): number {
  return Math.max(left, Math.min(right, pixel ?? left))
}

/** Half a dot and half a line may reach over the edge of the plot. */
const OVERHANG = 4

/** Marks cut off at a box's edges: an inner picture clips by itself, and needs no name to refer to. */
export function clipped(box: Box, ...marks: readonly string[]): string {
  const [x, y] = [box.left - OVERHANG, box.top - OVERHANG]
  const width = box.right - box.left + 2 * OVERHANG
  const height = box.bottom - box.top + 2 * OVERHANG
  const viewBox = [x, y, width, height].map(place).join(' ')
  return element('svg', { x, y, width, height, viewBox }, ...marks)
}
