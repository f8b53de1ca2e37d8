import { describe, expect, test } from 'vitest'
import { drawBars } from '../../src/picture/draw-bars.ts'
import { drawChart } from '../../src/picture/draw-chart.ts'
import { markdownOf } from './markdown.ts'
import { allFalseAlarms, defaultFalseAlarms, errorDelays, latencyDelays } from './pictures.ts'
import type { Outcome } from './play.ts'
import { type Score, scoreOf } from './score.ts'
import { SECTIONS } from './worlds.ts'

function everywhere(detector: string, firedAt: number | null): readonly Score[] {
  const outcomes: readonly Outcome[] = [{ firedAt, extraFailures: 0 }]
  return [...SECTIONS.healthy, ...SECTIONS.errors, ...SECTIONS.latency].map((world) =>
    scoreOf(world, { name: detector }, outcomes),
  )
}

const scores = [...everywhere('default', 30), ...everywhere('Lindon–Malek', null)]

describe('the pictures of a run', () => {
  test('draw each delay over how many times as many errors there are, beside the limit', () => {
    const { series } = errorDelays(scores)
    const points = (name: string) => series.find((one) => one.name === name)?.points
    expect(points('default')?.map(({ x }) => x)).toStrictEqual([2, 5, 10, 50, 500])
    expect(points('the limit')?.map(({ y }) => Math.round(y ?? 0))).toStrictEqual([
      1272, 125, 37, 4, 0,
    ])
    expect(points('Lindon–Malek')?.map(({ y }) => y)).toStrictEqual(Array(5).fill(3600))
    expect(points('Flagger, ≥ 99 %')).toStrictEqual([])
  })

  test('say what was never found and what was not measured', () => {
    const [bars] = latencyDelays([
      ...everywhere('default', 30),
      ...everywhere('DKW bands', null),
    ]).groups
    expect(bars?.bars.map(({ value, note }) => note ?? value)).toStrictEqual([
      104,
      'not measured',
      30,
      'not measured',
      'never',
    ])
  })

  test('show false alarms with their bounds', () => {
    const [group] = defaultFalseAlarms(scores).groups
    expect(group?.bars[0]).toStrictEqual({ value: 100, low: expect.closeTo(5, 6), high: 100 })
  })

  test('can all be drawn', () => {
    const drawn = [
      drawChart(errorDelays(scores)),
      ...[latencyDelays, defaultFalseAlarms, allFalseAlarms].map((of) => drawBars(of(scores))),
    ]
    for (const svg of drawn) expect(svg).toMatch(/^<svg[\s\S]*<\/svg>\s*$/)
  })

  test('have their tables in Markdown', () => {
    const text = markdownOf(scores)
    expect(text).toContain('| limit | 1270 | 125 | 37.5 | 4.14 |')
    expect(text).toContain('| Lindon–Malek | 3600 (0) |')
    expect(text).not.toContain('late errors')
  })
})
