import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exponentialBuckets } from '../support/buckets.ts'
import type { Point } from './point.ts'
import { Series } from './series.ts'

const OPENED = 1_000
const OLD = { listeningSince: OPENED, isNewToItsInstance: false }

function point(kind: 'cumulative' | 'delta', at: number, count: number, startAt = 0): Point {
  return {
    metric: 'm',
    series: 's',
    instance: 'i',
    attributes: {},
    startAt,
    at,
    measured: { kind, count, buckets: null },
  }
}

function totalOf(points: readonly Point[], sight = OLD): number {
  const [first] = points
  if (first === undefined) return 0
  const series = new Series(first)
  for (const one of points) series.take(one, one.at, sight)
  return series.total.count
}

describe('a cumulative series', () => {
  it('that began before anybody listened counts from its first point on', () => {
    expect(totalOf([point('cumulative', 2_000, 100), point('cumulative', 3_000, 107)])).toBe(7)
  })

  it('that began in sight, or is new to a known instance, counts from zero', () => {
    expect(totalOf([point('cumulative', 3_000, 5, 2_000)])).toBe(5)
    const born = { listeningSince: OPENED, isNewToItsInstance: true }
    expect(totalOf([point('cumulative', 3_000, 5)], born)).toBe(5)
  })

  it('that restarted behind what was heard counts from zero again', () => {
    const points = [point('cumulative', 2_000, 100), point('cumulative', 4_000, 9, 3_000)]
    expect(totalOf(points)).toBe(9)
  })

  it('whose start moves into what was counted, or that shrinks, only begins anew', () => {
    const moved = [
      point('cumulative', 2_000, 100),
      point('cumulative', 3_000, 110),
      point('cumulative', 4_000, 120, 2_500),
      point('cumulative', 5_000, 121, 2_500),
    ]
    expect(totalOf(moved)).toBe(11)
    const shrunk = [point('cumulative', 2_000, 100), point('cumulative', 3_000, 40)]
    expect(totalOf([...shrunk, point('cumulative', 4_000, 42)])).toBe(2)
  })

  it('of which two instances write in turns counts one of them, and nothing twice', () => {
    const turns = [
      point('cumulative', 3_000, 5, 1_500),
      point('cumulative', 3_100, 50, 1_200),
      point('cumulative', 4_000, 6, 1_500),
      point('cumulative', 4_100, 60, 1_200),
    ]
    expect(totalOf(turns)).toBe(6)
  })
})

describe('any history', () => {
  it('of cumulative points that are repeated, lost and out of order never counts a request twice', () => {
    const history = fc.array(fc.nat({ max: 50 }), { minLength: 2, maxLength: 30 })
    fc.assert(
      fc.property(history, fc.array(fc.nat(), { maxLength: 60 }), (steps, order) => {
        let count = 0
        const points = steps.map((step, k) => {
          count += step
          return point('cumulative', 2_000 + k, count, 1_500)
        })
        const heard = order.flatMap((n) => points[n % points.length] ?? [])
        const total = totalOf(heard)
        const newest = heard.reduce((most, { at }) => Math.max(most, at), 0)
        const truth = points.find(({ at }) => at === newest)?.measured
        expect(total).toBe(truth?.kind === 'cumulative' ? truth.count : 0)
      }),
    )
  })

  it('of deltas that are repeated and out of order counts each once', () => {
    const history = fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 25 })
    fc.assert(
      fc.property(history, fc.array(fc.nat(), { maxLength: 60 }), (steps, order) => {
        const points = steps.map((step, k) => point('delta', 2_000 + k, step, 1_999 + k))
        const heard = order.flatMap((n) => points[n % points.length] ?? [])
        const truth = [...new Set(heard)].reduce(
          (sum, { measured }) => sum + (measured.kind === 'delta' ? measured.count : 0),
          0,
        )
        expect(totalOf(heard)).toBe(truth)
      }),
    )
  })
})

it('a histogram that turns coarser goes on, on the coarser ladder', () => {
  const buckets = (scale: number, upper: number, count: number) => {
    const filled = [{ upper, count }]
    return exponentialBuckets({ scale, below: 0, filled }, 1_000)
  }
  const at = (time: number, scale: number, upper: number, count: number): Point => ({
    ...point('delta', time, count),
    measured: { kind: 'delta', count, buckets: buckets(scale, upper, count) },
  })
  const first = at(2_000, 5, -32, 3)
  const series = new Series(first)
  series.take(first, 2_000, OLD)
  series.take(at(3_000, 0, 0, 4), 3_000, OLD)
  const { edgesMs = [], counts = [] } = series.total.buckets ?? {}
  expect(edgesMs).toContain(500)
  expect(edgesMs).toHaveLength(17)
  expect(counts[edgesMs.indexOf(500)]).toBe(3)
  expect(counts[edgesMs.indexOf(1_000)]).toBe(4)
})
