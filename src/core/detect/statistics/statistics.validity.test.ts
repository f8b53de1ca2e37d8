import { describe, expect, test } from 'vitest'
import { growAnyChange, newAnyChange } from './any-change.ts'
import { knownRate } from './known-rate.ts'
import { latencyOrder } from './latency-order.ts'
import { latencyShift } from './latency-shift.ts'
import { outrightFailure } from './outright-failure.ts'
import { rateRatio } from './rate-ratio.ts'
import { BETTER_GRID } from './ratio-grid.ts'
import { towards, twoProp } from './two-prop.ts'

/**
 * An e-process is valid when no slice can make it grow in expectation under the null. These
 * tests add up every possible outcome of a small slice instead of sampling.
 */
const ALMOST_ONE = 1 + 1e-9
const SIZES: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 7],
  [3, 3],
  [4, 9],
  [6, 2],
]
const RATES: readonly number[] = [0.0005, 0.01, 0.1, 0.3, 0.6, 0.95]

function choose(n: number, k: number): number {
  let value = 1
  for (let i = 0; i < k; i += 1) value = (value * (n - i)) / (i + 1)
  return value
}

function binomial(n: number, k: number, p: number): number {
  return choose(n, k) * p ** k * (1 - p) ** (n - k)
}

/** The largest E[L_j] over the alternatives, for fixed numbers of requests and true rates. */
function worstExpectation(
  n1: number,
  n0: number,
  p1: number,
  p0: number,
  factors: (x1: number, x0: number) => readonly number[],
): number {
  const sums: number[] = []
  for (let x1 = 0; x1 <= n1; x1 += 1) {
    for (let x0 = 0; x0 <= n0; x0 += 1) {
      const mass = binomial(n1, x1, p1) * binomial(n0, x0, p0)
      for (const [j, logL] of factors(x1, x0).entries()) {
        sums[j] = (sums[j] ?? 0) + mass * Math.exp(logL)
      }
    }
  }
  return Math.max(...sums)
}

/** The worst over sizes and over pairs of rates for which `isNull` holds. */
function worstNull(
  isNull: (p1: number, p0: number) => boolean,
  factors: (n1: number, x1: number, n0: number, x0: number) => readonly number[],
): number {
  let worst = 0
  let tried = 0
  for (const [n1, n0] of SIZES) {
    for (const p1 of [...RATES, ...RATES.map((rate) => rate / 2), 0.0008, 0.06, 0.11]) {
      for (const p0 of RATES) {
        if (!isNull(p1, p0)) continue
        tried += 1
        const found = worstExpectation(n1, n0, p1, p0, (x1, x0) => factors(n1, x1, n0, x0))
        worst = Math.max(worst, found)
      }
    }
  }
  expect(tried).toBeGreaterThan(20)
  return worst
}

describe('no slice grows in expectation under its null', () => {
  test.each([1, 1.5, 3])('RateRatio with tolerance %d', (tolerance) => {
    const worst = worstNull(
      (p1, p0) => p1 <= tolerance * p0,
      (n1, x1, n0, x0) => rateRatio({ n1, x1, n0, x0 }, tolerance),
    )
    expect(worst).toBeLessThanOrEqual(ALMOST_ONE)
    expect(worst).toBeGreaterThan(0.9)
  })

  test.each([
    [1, 0],
    [1.5, 0],
    [1.2, 0.01],
    [3, 0],
  ])('TwoProp with tolerance %d + %d, however wrong its guess of the control', (ratio, offset) => {
    for (const guess of [0.001, 0.05, 0.5]) {
      const worst = worstNull(
        (p1, p0) => p1 <= ratio * p0 + offset,
        (n1, x1, n0, x0) => twoProp({ n1, x1, n0, x0 }, { ratio, offset }, guess),
      )
      expect(worst).toBeLessThanOrEqual(ALMOST_ONE)
    }
  })

  test('the mirror of TwoProp, which certifies that the candidate is not worse', () => {
    for (const ratio of [1.2, 3]) {
      for (const p of [0.001, 0.05, 0.3, 0.6]) {
        const worst = worstNull(
          (p1, p0) => p1 >= ratio * p0 + 0.05,
          (n1, x1, n0, x0) => [
            towards({ n1, x1, n0, x0 }, { ratio, offset: 0.05 }, { p1: p, p0: p }),
          ],
        )
        expect(worst).toBeLessThanOrEqual(ALMOST_ONE)
      }
    }
  })

  test('the outright failure', () => {
    const worst = worstNull(
      (p1, p0) => p1 <= p0 + 0.05,
      (n1, x1, n0, x0) => outrightFailure({ n1, x1, n0, x0 }, 0.01),
    )
    expect(worst).toBeLessThanOrEqual(ALMOST_ONE)
  })

  test('KnownRate', () => {
    const worst = worstNull(
      (p1) => p1 <= 0.1,
      (n1, x1) => knownRate(n1, x1, 0.1, 1),
    )
    expect(worst).toBeLessThanOrEqual(ALMOST_ONE)
    expect(worst).toBeGreaterThan(0.9)
  })

  test('the mirror of RateRatio, for Poisson counts', () => {
    for (const ratio of [2, 5]) {
      for (const lambda of [0.2, 1, 3]) {
        const sums = BETTER_GRID.map(() => 0)
        for (let x1 = 0; x1 < 80; x1 += 1) {
          for (let x0 = 0; x0 < 40; x0 += 1) {
            const mass = poissonMass(x1, ratio * lambda) * poissonMass(x0, lambda)
            const logL = rateRatio({ n1: 1, x1, n0: 1, x0 }, ratio, 1, BETTER_GRID)
            for (const [j, value] of logL.entries())
              sums[j] = (sums[j] ?? 0) + mass * Math.exp(value)
          }
        }
        expect(Math.max(...sums)).toBeLessThanOrEqual(ALMOST_ONE)
        expect(Math.max(...sums)).toBeGreaterThan(0.999)
      }
    }
  })
})

function poissonMass(k: number, mean: number): number {
  let value = Math.exp(-mean)
  for (let i = 1; i <= k; i += 1) value *= mean / i
  return value
}

describe('no slice of latencies grows in expectation when the candidate is not slower', () => {
  const CONTROL = [0.4, 0.3, 0.2, 0.1]
  const TWO_HUMPS = [0.1, 0.4, 0.05, 0.45]

  test.each([
    ['equal', CONTROL, CONTROL],
    ['faster', [0.6, 0.2, 0.15, 0.05], CONTROL],
    ['equal, with two humps', TWO_HUMPS, TWO_HUMPS],
    ['faster, from the second hump into the valley', [0.1, 0.4, 0.5, 0], TWO_HUMPS],
  ])('for a candidate that is %s', (_, candidate, control) => {
    const past = control.map((share) => 100 * share)
    for (const [n1, n0] of [
      [1, 1],
      [2, 3],
      [3, 1],
    ] as const) {
      const sums: number[] = []
      for (const [h1, mass1] of outcomes(n1, candidate)) {
        for (const [h0, mass0] of outcomes(n0, control)) {
          const logL = [...latencyShift(h1, h0, past), ...latencyOrder(h1, h0, past, [0, 1, 2])]
          for (const [j, value] of logL.entries()) {
            sums[j] = (sums[j] ?? 0) + mass1 * mass0 * Math.exp(value)
          }
        }
      }
      expect(Math.max(...sums)).toBeLessThanOrEqual(ALMOST_ONE)
    }
  })

  test('nor does AnyChange when both arms are the same', () => {
    const learnt = growAnyChange(newAnyChange(CONTROL, 10), [9, 2, 1, 0], [20, 18, 9, 8])
    let sum = 0
    for (const [h1, mass1] of outcomes(3, CONTROL)) {
      for (const [h0, mass0] of outcomes(3, CONTROL)) {
        sum += mass1 * mass0 * Math.exp(growAnyChange(learnt, h1, h0).logE - learnt.logE)
      }
    }
    expect(sum).toBeLessThanOrEqual(ALMOST_ONE)
  })
})

/** Every histogram of `n` requests over the categories, with its probability. */
function outcomes(n: number, shares: readonly number[]): readonly (readonly [number[], number])[] {
  let found = new Map<string, readonly [number[], number]>([
    ['', [shares.map(() => 0), 1] as const],
  ])
  for (let request = 0; request < n; request += 1) {
    const next = new Map<string, readonly [number[], number]>()
    for (const [histogram, mass] of found.values()) {
      for (const [k, share] of shares.entries()) {
        const more = histogram.map((count, i) => count + (i === k ? 1 : 0))
        const before = next.get(more.join())?.[1] ?? 0
        next.set(more.join(), [more, before + mass * share])
      }
    }
    found = next
  }
  return [...found.values()]
}
