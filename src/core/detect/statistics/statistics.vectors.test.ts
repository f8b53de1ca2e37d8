import { describe, expect, test } from 'vitest'
import vectors from '../../../../test/fixtures/eprocess-vectors.json' with { type: 'json' }
import { grow, logEvidence, newOnsetMixture } from './onset-mixture.ts'
import { rateRatio } from './rate-ratio.ts'
import { RATIO_GRID } from './ratio-grid.ts'
import { twoProp } from './two-prop.ts'

const WEIGHTS = RATIO_GRID.map(() => 1 / RATIO_GRID.length)

function vector(name: string) {
  const found = vectors.vectors.find((candidate) => candidate.name === name)
  if (found === undefined) throw new Error(`the fixture has no vector '${name}'`)
  return { ticks: found.ticks, logE: found.logE }
}

function expectClose(got: readonly number[], wanted: readonly number[]) {
  expect(got.length).toBe(wanted.length)
  for (const [i, value] of got.entries()) expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 6)
}

function slices(name: string) {
  return vector(name).ticks.map((tick) => {
    const [n1 = 0, x1 = 0, n0 = 0, x0 = 0] = tick.map(Number)
    return { n1, x1, n0, x0 }
  })
}

describe('the independent numpy/scipy vectors agree', () => {
  test.each([
    ['RateRatio', 1, 1],
    ['RateRatio r0=1.5 eta=.5', 1.5, 0.5],
  ])('%s', (name, tolerance, eta) => {
    let mixture = newOnsetMixture(RATIO_GRID.length)
    const got = slices(name).map((slice) => {
      mixture = grow(mixture, 1, rateRatio(slice, tolerance, eta))
      return logEvidence(mixture, WEIGHTS)
    })
    expectClose(got, vector(name).logE)
  })

  test('RateRatio onset-mix', () => {
    let mixture = newOnsetMixture(RATIO_GRID.length)
    const got = slices('RateRatio onset-mix').map((slice, t) => {
      mixture = grow(mixture, t === 0 ? 0.5 : 0.5 / 100, rateRatio(slice, 1))
      return logEvidence(mixture, WEIGHTS)
    })
    expectClose(got, vector('RateRatio onset-mix').logE)
  })

  test.each([
    ['TwoProp', 1, 0, 0.01, 20],
    ['TwoProp r0=1.2 d=.01', 1.2, 0.01, 0.05, 40],
  ])('%s', (name, ratio, offset, p0, strength) => {
    let mixture = newOnsetMixture(RATIO_GRID.length)
    let [a, b] = [p0 * strength, (1 - p0) * strength]
    const got = slices(name).map((slice) => {
      mixture = grow(mixture, 1, twoProp(slice, { ratio, offset }, a / (a + b)))
      a += slice.x0
      b += slice.n0 - slice.x0
      return logEvidence(mixture, WEIGHTS)
    })
    expectClose(got, vector(name).logE)
  })
})
