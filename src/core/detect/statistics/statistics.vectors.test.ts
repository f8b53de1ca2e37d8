import { describe, expect, test } from 'vitest'
import vectors from '../../../../test/fixtures/eprocess-vectors.json' with { type: 'json' }
import { growAnyChange, newAnyChange } from './any-change.ts'
import {
  addToWindow,
  hierarchicalLogE,
  newHierarchicalBinomial,
  nextWindow,
} from './hierarchical-binomial.ts'
import { type Histogram, plus } from './histogram.ts'
import { latencyOrder } from './latency-order.ts'
import { addDifference, meanLogE, NO_DIFFERENCES } from './mean-difference.ts'
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

function histograms(name: string): readonly (readonly [Histogram, Histogram])[] {
  return vector(name).ticks.map(([candidate, control]) => {
    if (!Array.isArray(candidate) || !Array.isArray(control)) throw new Error('not histograms')
    return [candidate, control] as const
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

  test.each([
    ['HCB tauP=.1 tauW=.2 win=6', { hosts: 0.1, moments: 0.2 }],
    ['HCB tau=0', { hosts: 0, moments: 0 }],
  ])('%s', (name, noise) => {
    let state = newHierarchicalBinomial(0.6, 1, 'any')
    const got = slices(name).map((slice, t) => {
      if (t > 0 && t % 6 === 0) state = nextWindow(state, noise, 0.4 / 20, 1)
      state = addToWindow(state, slice)
      return hierarchicalLogE(state, noise, WEIGHTS)
    })
    expectClose(got, vector(name).logE)
  })

  test('LatencyOrder edges 1,3,5', () => {
    const edges = [1, 3, 5]
    // A past in which half, 15 % and 3 % of 200 requests lay above the three edges.
    let past: Histogram = [0, 99.5, 0, 70, 0, 24, 5.5, 0]
    let mixture = newOnsetMixture(edges.length * RATIO_GRID.length)
    const got = histograms('LatencyOrder edges 1,3,5').map(([candidate, control]) => {
      mixture = grow(mixture, 1, latencyOrder(candidate, control, past, edges))
      past = plus(past, control)
      return logEvidence(
        mixture,
        mixture.logM.map(() => 1 / mixture.logM.length),
      )
    })
    expectClose(got, vector('LatencyOrder edges 1,3,5').logE)
  })

  test('AnyChange', () => {
    let state = newAnyChange([0.2, 0.3, 0.2, 0.15, 0.08, 0.04, 0.02, 0.01], 10)
    const got = histograms('AnyChange').map(([candidate, control]) => {
      state = growAnyChange(state, candidate, control)
      return state.logE
    })
    expectClose(got, vector('AnyChange').logE)
  })

  test('AsympMean', () => {
    let state = NO_DIFFERENCES
    const got = vector('AsympMean').ticks.map(([difference]) => {
      state = addDifference(state, Number(difference))
      return meanLogE(state, { tolerance: 0, tightestAt: 50, alpha: 0.01, minTicks: 5 })
    })
    expectClose(got, vector('AsympMean').logE)
  })
})
