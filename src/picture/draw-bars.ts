import type { Bar, Bars } from './bars.ts'
import { type Box, block, dot, FONT_SIZE, figure, gridLine, line, widthOf, words } from './frame.ts'
import { legend } from './legend.ts'
import { type Scale, scaleOf } from './scale.ts'
import type { Tone } from './tone.ts'

const WIDTH = 820
const TITLE_HEIGHT = 30
const ROW = 15
const GROUP_GAP = 12
const AXIS_ROOM = 44
/** Room at the right for the number behind the longest bar. */
const RIGHT_ROOM = 84
const TICK_ROOM = 80

/** Draws numbers side by side, with their intervals, as one SVG text that needs nothing from outside. */
export function drawBars(bars: Bars): string {
  const width = bars.width ?? WIDTH
  const logarithmic = bars.value.scale === 'log'
  const keys = legend(
    bars.series.map(({ name, tone }) => ({ name, tone, mark: logarithmic ? 'dot' : 'block' })),
    { x: 16, y: TITLE_HEIGHT + 6, width: width - 32 },
  )
  const left = Math.max(60, ...bars.groups.map(({ label }) => widthOf(label) + 28))
  const referenceRoom = (bars.references ?? []).length * 14
  const top = TITLE_HEIGHT + 14 + keys.height + referenceRoom
  const tall = bars.groups.reduce((sum, group) => sum + group.bars.length * ROW + GROUP_GAP, 0)
  const box = { left, right: width - RIGHT_ROOM, top, bottom: top + tall }
  const scale = scaleOf(bars.value, valuesOf(bars), {
    start: box.left,
    end: box.right,
    ticks: (box.right - box.left) / TICK_ROOM,
  })
  return figure(
    bars,
    { width, height: box.bottom + AXIS_ROOM },
    words(bars.title, { x: 16, y: 22 }, { size: 15, bold: true }),
    keys.markup,
    grid(bars, scale, box),
    ...rows(bars, scale, box),
    ...references(bars, scale, box),
  )
}

/** A bar begins at zero, so zero is on its axis. */
function valuesOf({ groups, references: lines = [], value }: Bars): number[] {
  const measured = groups.flatMap(({ bars }) =>
    bars.flatMap(({ value: one, low, high }) =>
      [one, low, high].filter((n) => typeof n === 'number'),
    ),
  )
  return [...measured, ...lines.map(({ at }) => at), ...(value.scale === 'log' ? [] : [0])]
}

function rows({ series, groups, value }: Bars, scale: Scale, box: Box): readonly string[] {
  let top = box.top + GROUP_GAP / 2
  return groups.map(({ label, bars }) => {
    const middle = top + (bars.length * ROW) / 2
    const drawn = bars.map((bar, i) => {
      const tone = series[i]?.tone ?? 'quiet'
      const name = `${label}, ${series[i]?.name ?? ''}`
      return drawBar(
        { bar, tone, name },
        scale,
        {
          left: box.left,
          right: box.right,
          top: top + i * ROW,
          bottom: top + i * ROW + ROW - 3,
        },
        value.scale === 'log',
      )
    })
    top += bars.length * ROW + GROUP_GAP
    return (
      words(label, { x: box.left - 10, y: middle + FONT_SIZE / 3 - 1 }, { anchor: 'end' }) +
      drawn.join('')
    )
  })
}

function drawBar(
  { bar, tone, name }: { readonly bar: Bar; readonly tone: Tone; readonly name: string },
  scale: Scale,
  row: Box,
  logarithmic: boolean,
): string {
  const middle = (row.top + row.bottom) / 2
  const end = bar.value === null ? null : scale.at(bar.value)
  const [low, high] = [bar.low, bar.high].map((one) => (one === undefined ? null : scale.at(one)))
  const said = bar.note ?? (bar.value === null ? 'none' : scale.say(bar.value))
  const furthest = Math.max(end ?? row.left, high ?? row.left, row.left)
  const label = words(said, { x: furthest + 7, y: middle + 4 }, { size: 11, halo: true })
  if (end === null) return label
  const title = `${name}: ${said}`
  const start = Math.max(row.left, Math.min(row.right, scale.at(0) ?? row.left))
  const mark = logarithmic
    ? dot({ x: end, y: middle }, tone, title)
    : block(
        { ...row, left: Math.min(start, end), right: Math.max(start, end) },
        { tone, title, opacity: 0.85 },
      )
  return mark + whisker(low ?? null, high ?? null, middle, logarithmic ? tone : 'ink') + label
}

function whisker(low: number | null, high: number | null, y: number, tone: Tone): string {
  if (low === null || high === null) return ''
  const end = (x: number) => line({ x, y: y - 3 }, { x, y: y + 3 }, { tone, width: 1.5 })
  return line({ x: low, y }, { x: high, y }, { tone, width: 1.5 }) + end(low) + end(high)
}

function grid({ value }: Bars, scale: Scale, box: Box): string {
  const lines = scale.ticks.map(({ value: at, label }) => {
    const x = scale.at(at) ?? box.left
    return (
      gridLine({ x, y: box.top }, { x, y: box.bottom }) +
      words(label, { x, y: box.bottom + 16 }, { anchor: 'middle' })
    )
  })
  const middle = (box.left + box.right) / 2
  return (
    lines.join('') + words(value.label, { x: middle, y: box.bottom + 34 }, { anchor: 'middle' })
  )
}

function references({ references: marks = [] }: Bars, scale: Scale, box: Box): readonly string[] {
  return marks.map(({ at, label, tone }, i) => {
    const x = scale.at(at)
    if (x === null) return ''
    const y = box.top - 6 - i * 14
    return (
      line({ x, y: y + 3 }, { x, y: box.bottom }, { tone, width: 1.5, dash: '6 3' }) +
      words(label, { x: x + 4, y }, { tone, size: 11, halo: true })
    )
  })
}
