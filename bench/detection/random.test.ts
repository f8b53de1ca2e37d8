import { describe, expect, test } from 'vitest'
import { binomial, normal, poisson, stream } from './random.ts'

const DRAWS = 20_000

function moments(draw: () => number): { readonly mean: number; readonly variance: number } {
  const values = Array.from({ length: DRAWS }, draw)
  const mean = values.reduce((sum, value) => sum + value, 0) / DRAWS
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS
  return { mean, variance }
}

describe('a stream of numbers', () => {
  test('is the same for the same name and seed, and another for any other', () => {
    const first = (name: string, seed: number) => Array.from({ length: 5 }, stream(name, seed))
    expect(first('a', 1)).toStrictEqual(first('a', 1))
    expect(first('a', 2)).not.toStrictEqual(first('a', 1))
    expect(first('b', 1)).not.toStrictEqual(first('a', 1))
  })

  test('lies in [0, 1) and is spread evenly', () => {
    const random = stream('even', 1)
    const { mean, variance } = moments(random)
    expect(mean).toBeCloseTo(0.5, 2)
    expect(variance).toBeCloseTo(1 / 12, 2)
  })
})

describe('numbers drawn from a distribution', () => {
  test.each([0.05, 3, 11.9, 12.1, 50, 950])(
    'Poisson of mean %d has that mean and variance',
    (m) => {
      const random = stream(`poisson ${m}`, 1)
      const { mean, variance } = moments(() => poisson(m, random))
      // Five standard errors each; a variance of a Poisson number has one of about m·√(2/n).
      expect(Math.abs(mean - m)).toBeLessThan(5 * Math.sqrt(m / DRAWS))
      expect(Math.abs(variance - m)).toBeLessThan(5 * Math.sqrt((2 * m * m + m) / DRAWS))
    },
  )

  test.each([
    [50, 0.001],
    [950, 0.05],
    [40, 0.7],
  ])('binomial of %d trials at %d has its mean and variance', (n, p) => {
    const random = stream(`binomial ${n} ${p}`, 1)
    const { mean, variance } = moments(() => binomial(n, p, random))
    const expected = n * p * (1 - p)
    expect(Math.abs(mean - n * p)).toBeLessThan(5 * Math.sqrt(expected / DRAWS))
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.1)
  })

  test('a certain event always happens and an impossible one never', () => {
    const random = stream('edges', 1)
    expect([binomial(7, 1, random), binomial(7, 0, random), poisson(0, random)]).toStrictEqual([
      7, 0, 0,
    ])
  })

  test('normal numbers have mean 0 and variance 1', () => {
    const random = stream('normal', 1)
    const { mean, variance } = moments(() => normal(random))
    expect(mean).toBeCloseTo(0, 1)
    expect(variance).toBeCloseTo(1, 1)
  })
})
