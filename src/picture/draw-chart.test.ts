import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MINUTE, startOfDay } from '../core/kernel/instant.ts'
import type { Chart } from './chart.ts'
import { drawChart } from './draw-chart.ts'

const NOON = startOfDay('2026-11-20') + 12 * 60 * MINUTE

const CHART: Chart = {
  title: 'Evidence <now>',
  description: 'It rises & falls.',
  x: { label: 'time (UTC)', scale: 'time' },
  y: { label: 'ln E', scale: 'linear' },
  series: [
    {
      name: 'errors',
      tone: 'one',
      shape: 'line',
      points: [0, 1, 2, null, 4].map((y, i) => ({ x: NOON + i * MINUTE, y })),
    },
  ],
  references: [{ axis: 'y', at: 4.6, label: 'halts here', tone: 'bad' }],
  markers: [{ at: NOON + MINUTE, label: 'began', tone: 'bad' }],
  lanes: [
    { name: 'verdict', spans: [{ from: NOON, to: NOON + MINUTE, label: 'pass', tone: 'good' }] },
  ],
}

describe('a chart', () => {
  test('says what it shows to those who cannot see it, with its text escaped', () => {
    const svg = drawChart(CHART)
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 820 \d+"/)
    expect(svg).toContain('<title>Evidence &lt;now&gt;</title><desc>It rises &amp; falls.</desc>')
  })

  test('asks for nothing from outside and carries no script', () => {
    expect(drawChart(CHART)).not.toMatch(/href|url\(|@import|<script|<image|onload/)
  })

  test('interrupts a line where nothing was known, and shows what stands alone as a dot', () => {
    const svg = drawChart(CHART)
    const [path = ''] = svg.match(/<path d="[^"]+" fill="none"/) ?? []
    expect(path.match(/M/g)).toHaveLength(2)
    expect(svg).toContain('<circle')
  })

  test('names the limit, what happened, and each state of a lane', () => {
    const svg = drawChart(CHART)
    for (const words of ['halts here', 'began', 'pass: 12:00:00 to 12:01:00', 'verdict']) {
      expect(svg).toContain(words)
    }
  })

  test('is the same text for the same data', () => {
    expect(drawChart(CHART)).toBe(drawChart(structuredClone(CHART)))
  })

  test('stays small however long the recording is, and keeps its highest and lowest point', () => {
    const points = Array.from({ length: 200_000 }, (_, i) => {
      return { x: NOON + i * 1_000, y: i === 77_777 ? 50 : i === 99_999 ? -50 : Math.sin(i) }
    })
    const svg = drawChart({
      ...CHART,
      lanes: [],
      series: [{ name: 'a', tone: 'one', shape: 'line', points }],
    })
    expect(svg.length).toBeLessThan(80_000)
    const heights = [...svg.matchAll(/[ML][\d.]+ (-?[\d.]+)/g)].map(([, y]) => Number(y))
    const [top, bottom] = [Math.min(...heights), Math.max(...heights)]
    expect(bottom - top).toBeGreaterThan(260)
  })

  test('has a finite place for every mark, whatever the numbers are', () => {
    const value = fc.oneof(fc.double(), fc.constant(0), fc.integer({ min: -5, max: 5 }))
    fc.assert(
      fc.property(
        fc.array(fc.record({ x: value, y: fc.option(value) }), { maxLength: 30 }),
        fc.constantFrom('linear', 'log', 'duration'),
        fc.string({ unit: 'binary' }),
        (points, scale, label) => {
          const svg = drawChart({
            ...CHART,
            x: { label, scale: 'linear' },
            y: { label, scale },
            series: [{ name: label, tone: 'two', shape: 'step', points }],
            markers: [{ at: points[0]?.x ?? 0, label, tone: 'quiet' }],
            references: [],
            lanes: [],
          })
          expect(svg).not.toMatch(/="[^"]*(NaN|Infinity)/)
        },
      ),
      {
        examples: [
          [
            [
              { x: 0, y: -1 },
              { x: 0, y: 6e304 },
              { x: 0, y: 0 },
            ],
            'duration',
            '',
          ],
        ],
      },
    )
  })
})
