import { describe, expect, test } from 'vitest'
import { poisson, seeded } from '../../../../test/support/fake-traffic.ts'
import {
  probabilityInterval,
  quantileInterval,
  quantileOf,
  ratioInterval,
  separateRatioInterval,
  slowdownInterval,
} from './confidence-sequence.ts'

const ALPHA = 0.05

/** The chance that the interval ever leaves `p` within so many requests, by adding up every history. */
function everMissed(p: number, requests: number): number {
  let alive = [1]
  let missed = 0
  for (let n = 1; n <= requests; n += 1) {
    const next = Array.from({ length: n + 1 }, () => 0)
    for (const [x, mass] of alive.entries()) {
      next[x] = (next[x] ?? 0) + mass * (1 - p)
      next[x + 1] = (next[x + 1] ?? 0) + mass * p
    }
    for (const [x, mass] of next.entries()) {
      if (mass === 0) continue
      const { low, high } = probabilityInterval(x, n, ALPHA)
      if (p >= low && p <= high) continue
      missed += mass
      next[x] = 0
    }
    alive = next
  }
  return missed
}

describe('the confidence sequence of a probability', () => {
  test.each([0.5, 0.2, 0.05, 0.01])('holds %s at every one of 150 looks', (p) => {
    const missed = everMissed(p, 150)
    expect(missed).toBeLessThanOrEqual(ALPHA)
    expect(missed).toBeGreaterThan(0)
  })

  test('is open where nothing or everything happened, and shrinks', () => {
    expect(probabilityInterval(0, 10, ALPHA).low).toBe(0)
    expect(probabilityInterval(10, 10, ALPHA).high).toBe(1)
    expect(probabilityInterval(0, 0, ALPHA)).toEqual({ low: 0, high: 1 })
    const [few, many] = [probabilityInterval(7, 10, ALPHA), probabilityInterval(700, 1000, ALPHA)]
    expect(many.high - many.low).toBeLessThan((few.high - few.low) / 5)
    // Howard & Ramdas' own mixture, tuned to another time, gives 0.652 to 0.746.
    expect(many.low).toBeCloseTo(0.65, 1)
    expect(many.high).toBeCloseTo(0.746, 1)
  })
})

describe('the ratio of two rates', () => {
  test('holds what is true in nearly all of 300 histories, at every look', () => {
    let [beside, apart] = [0, 0]
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = seeded(seed)
      const seen = { n1: 0, x1: 0, n0: 0, x0: 0 }
      const missed = { beside: false, apart: false }
      for (let look = 0; look < 60; look += 1) {
        seen.n1 += 10
        seen.n0 += 190
        seen.x1 += poisson(10 * 0.03, random)
        seen.x0 += poisson(190 * 0.01, random)
        missed.beside ||= !holds(ratioInterval(seen, ALPHA), 3)
        missed.apart ||= !holds(separateRatioInterval(seen, ALPHA), 3)
      }
      beside += missed.beside ? 1 : 0
      apart += missed.apart ? 1 : 0
    }
    // 5 % of 300 are 15; 26 or more would be a chance of one in two hundred.
    expect(beside).toBeLessThanOrEqual(25)
    expect(apart).toBeLessThanOrEqual(25)
  })

  test('is unknown before the first event, and open above while the control has none', () => {
    expect(ratioInterval({ n1: 10, x1: 0, n0: 90, x0: 0 }, ALPHA)).toBeNull()
    expect(ratioInterval({ n1: 10, x1: 5, n0: 90, x0: 0 }, ALPHA)).toMatchObject({ high: null })
    const clear = ratioInterval({ n1: 210, x1: 10, n0: 3990, x0: 4 }, ALPHA)
    expect(clear?.low).toBeGreaterThan(8)
    expect(clear?.high).toBeLessThan(500)
  })
})

describe('a quantile', () => {
  const edges = Array.from({ length: 40 }, (_, k) => 2 ** (k / 4))
  const peak = (at: number, n: number) =>
    [...edges, 0].map((_, k) => (k === at ? 0.9 * n : k === at + 8 ? 0.1 * n : 0))

  test('lies between the edges of its bucket once it is known', () => {
    const found = quantileInterval(peak(20, 10_000), edges, 0.5, ALPHA)
    expect(found).toEqual({ low: edges[19], high: edges[20] })
    expect(quantileInterval(peak(20, 0), edges, 0.5, ALPHA)).toEqual({ low: 0, high: null })
    expect(quantileOf(peak(20, 100), edges, 0.5)).toBeCloseTo(
      ((edges[19] ?? 0) + (edges[20] ?? 0)) / 2,
    )
  })

  test('that doubles is said to have doubled, within the buckets', () => {
    const arms = { candidate: peak(24, 5_000), control: peak(20, 5_000) }
    const found = slowdownInterval(arms, edges, 0.5, ALPHA)
    expect(found?.low).toBeCloseTo(2 / 2 ** 0.25, 6)
    expect(found?.high).toBeCloseTo(2 * 2 ** 0.25, 6)
  })
})

function holds(interval: { low: number; high: number | null } | null, truth: number): boolean {
  if (interval === null) return true
  return interval.low <= truth && truth <= (interval.high ?? Number.POSITIVE_INFINITY)
}
