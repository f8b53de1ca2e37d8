import type { Point, Series } from './chart.ts'
import { dot, line } from './frame.ts'
import type { Scale } from './scale.ts'
import { thin } from './thin.ts'
import { PAINTS } from './tone.ts'
import { element, place } from './xml.ts'

interface Spot {
  readonly x: number
  readonly y: number
}

/** The marks of one series: its intervals below, its line or dots above. */
export function seriesMarks(series: Series, x: Scale, y: Scale): string {
  const points = thin(series.points, x)
  const intervals =
    series.interval === 'band' ? band(series, points, x, y) : errorBars(series, points, x, y)
  if (series.shape === 'dots') return intervals + dots(series, points, x, y)
  return intervals + stroke(series, points, x, y)
}

function stroke(
  { shape, tone, name }: Series,
  points: readonly Point[],
  x: Scale,
  y: Scale,
): string {
  const runs = runsOf(points, x, y)
  const d = runs.map((run) => (shape === 'step' ? stepPath(run) : linePath(run))).join('')
  // A run of one point has no length; without a dot it would not be seen.
  const alone = runs
    .filter((run) => run.length === 1)
    .flatMap((run) => run.map((spot) => dot(spot, tone, name)))
  if (d === '') return alone.join('')
  return (
    element('path', {
      d,
      fill: 'none',
      stroke: PAINTS[tone].light,
      class: `ga-line-${tone}`,
      'stroke-width': 2,
      'stroke-linejoin': 'round',
      'stroke-dasharray': PAINTS[tone].dash,
    }) + alone.join('')
  )
}

/** The stretches in which every point has a place. */
function runsOf(points: readonly Point[], x: Scale, y: Scale): readonly (readonly Spot[])[] {
  const runs: Spot[][] = [[]]
  for (const point of points) {
    const spot = spotOf(point.x, point.y, x, y)
    if (spot === null) runs.push([])
    else runs.at(-1)?.push(spot)
  }
  return runs.filter((run) => run.length > 0)
}

function spotOf(valueX: number, valueY: number | null, x: Scale, y: Scale): Spot | null {
  const [left, top] = [x.at(valueX), valueY === null ? null : y.at(valueY)]
  return left === null || top === null ? null : { x: left, y: top }
}

function linePath(run: readonly Spot[]): string {
  return run.map((spot, i) => `${i === 0 ? 'M' : 'L'}${place(spot.x)} ${place(spot.y)}`).join('')
}

function stepPath(run: readonly Spot[]): string {
  return run
    .map((spot, i) =>
      i === 0 ? `M${place(spot.x)} ${place(spot.y)}` : `H${place(spot.x)}V${place(spot.y)}`,
    )
    .join('')
}

function band({ tone }: Series, points: readonly Point[], x: Scale, y: Scale): string {
  const d = boundedRuns(points).map((run) => {
    const edge = (end: 'low' | 'high') =>
      run.map((point) => spotOf(point.x, point[end] ?? null, x, y)).filter((spot) => spot !== null)
    const outline = [...edge('high'), ...edge('low').toReversed()]
    return outline.length < 3 ? '' : `${linePath(outline)}Z`
  })
  if (d.every((outline) => outline === '')) return ''
  return element('path', {
    d: d.join(''),
    fill: PAINTS[tone].light,
    class: `ga-fill-${tone}`,
    'fill-opacity': 0.18,
  })
}

/** The stretches in which every point has a value and both ends of its interval. */
function boundedRuns(points: readonly Point[]): readonly (readonly Point[])[] {
  const runs: Point[][] = [[]]
  for (const point of points) {
    if (point.y === null || point.low === undefined || point.high === undefined) runs.push([])
    else runs.at(-1)?.push(point)
  }
  return runs
}

function errorBars({ tone }: Series, points: readonly Point[], x: Scale, y: Scale): string {
  return points
    .map((point) => {
      if (point.low === undefined || point.high === undefined) return ''
      const [low, high] = [spotOf(point.x, point.low, x, y), spotOf(point.x, point.high, x, y)]
      return low === null || high === null ? '' : line(low, high, { tone, width: 1.5 })
    })
    .join('')
}

function dots({ tone, name }: Series, points: readonly Point[], x: Scale, y: Scale): string {
  return points
    .map((point) => {
      const spot = spotOf(point.x, point.y, x, y)
      return spot === null || point.y === null
        ? ''
        : dot(spot, tone, `${name}: ${x.say(point.x)}, ${y.say(point.y)}`)
    })
    .join('')
}
