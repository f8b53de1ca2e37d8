import { describe, expect, test } from 'vitest'
import { poisson, seeded } from '../../../../test/support/fake-traffic.ts'
import { budgetLogM, NEW_BUDGET_WATCH, spend } from './budget-watch.ts'
import { burnRate } from './burn-rate.ts'
import { calibrateNoise, NO_COMPARISONS, noiseLikelihood } from './calibrate-noise.ts'
import { eBH } from './e-bh.ts'
import {
  addToWindow,
  hierarchicalLogE,
  newHierarchicalBinomial,
  nextWindow,
} from './hierarchical-binomial.ts'
import {
  knownRateInformation,
  latencyInformation,
  ratesInformation,
  secondsToDetect,
} from './information-limit.ts'
import {
  addDifference,
  guardedMeanLogE,
  type MeanSetting,
  meanLogE,
  NO_DIFFERENCES,
} from './mean-difference.ts'
import { grow, logEvidence, newOnsetMixture } from './onset-mixture.ts'
import { overStrata } from './over-strata.ts'
import { rateRatio } from './rate-ratio.ts'
import { BETTER_GRID, RATIO_GRID, RATIO_WEIGHTS } from './ratio-grid.ts'
import type { TwoArms } from './two-arms.ts'

const FIRE = Math.log(100)

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function even(length: number): readonly number[] {
  return Array.from({ length }, () => 1 / length)
}

describe('a lasting difference between healthy hosts', () => {
  const NOISE = { hosts: 0.2, moments: 0.1 }

  function alarms(rollouts: number, effect: number, believed: typeof NOISE): number {
    let count = 0
    for (let seed = 1; seed <= rollouts; seed += 1) {
      const random = seeded(seed)
      const host = NOISE.hosts * normal(random)
      let state = newHierarchicalBinomial(0.6, 1, 'any')
      let fired = false
      for (let window = 0; window < 60; window += 1) {
        const rate = 0.01 * effect * Math.exp(host + NOISE.moments * normal(random))
        const counts = {
          n1: 600,
          x1: poisson(600 * rate, random),
          n0: 11_400,
          x0: poisson(114, random),
        }
        state = addToWindow(state, counts)
        fired ||= hierarchicalLogE(state, believed, RATIO_WEIGHTS) >= FIRE
        state = nextWindow(state, believed, 0.4 / 60, 1)
      }
      count += fired ? 1 : 0
    }
    return count
  }

  test('raises false alarms where it is denied, and none to speak of where it is known', () => {
    expect(alarms(300, 1, { hosts: 0, moments: 0 })).toBeGreaterThan(20)
    expect(alarms(300, 1, NOISE)).toBeLessThanOrEqual(6)
  })

  test('does not hide three times the errors', () => {
    expect(alarms(50, 3, NOISE)).toBe(50)
  })

  function learnt(instances: readonly (readonly TwoArms[])[]) {
    const likelihoods = instances.map(noiseLikelihood)
    return calibrateNoise(
      NO_COMPARISONS.map((_, cell) => likelihoods.reduce((sum, one) => sum + (one[cell] ?? 0), 0)),
    )
  }

  test('is learnt from eight instances', () => {
    const random = seeded(5)
    const world = (hosts: number, moments: number) =>
      Array.from({ length: 8 }, () => {
        const host = hosts * normal(random)
        return Array.from({ length: 60 }, () => {
          const rate = 0.05 * Math.exp(host + moments * normal(random))
          return {
            n1: 2000,
            x1: poisson(2000 * rate, random),
            n0: 14_000,
            x0: poisson(700, random),
          }
        })
      })
    expect(learnt(world(0, 0))).toEqual({ hosts: 0.02, moments: 0.02 })
    const noisy = learnt(world(0.35, 0.5))
    expect(noisy.hosts).toBeGreaterThanOrEqual(0.2)
    expect(noisy.moments).toBe(0.5)
  })
})

describe('the mean of a gauge', () => {
  const SETTING: MeanSetting = { tolerance: 0, tightestAt: 100, alpha: 0.01, minTicks: 20 }

  function alarms(phi: number, shift: number, logE: typeof meanLogE): number {
    let count = 0
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = seeded(seed)
      let state = NO_DIFFERENCES
      let noise = 0
      let fired = false
      for (let tick = 0; tick < 400 && !fired; tick += 1) {
        noise = phi * noise + normal(random)
        state = addDifference(state, shift + noise)
        fired = logE(state, SETTING) >= FIRE
      }
      count += fired ? 1 : 0
    }
    return count
  }

  test('raises one false alarm in a hundred', () => {
    expect(alarms(0, 0, meanLogE)).toBeLessThanOrEqual(7)
  })

  test('is fooled by ticks that resemble their neighbours, unless guarded', () => {
    expect(alarms(0.6, 0, meanLogE)).toBeGreaterThan(30)
    expect(alarms(0.6, 0, guardedMeanLogE)).toBeLessThanOrEqual(9)
  })

  test('finds half a standard deviation', () => {
    expect(alarms(0, 0.5, guardedMeanLogE)).toBe(300)
  })
})

function windowOf(rate: number) {
  return { requests: 1_000_000, errors: rate * 1_000_000 }
}

describe('a service watched against its budget', () => {
  const LOG_ARL = Math.log(1e6)

  function secondsUntilAlarm(rate: number, seed: number, most: number): number {
    const random = seeded(seed)
    let watch = NEW_BUDGET_WATCH
    for (let second = 1; second <= most; second += 1) {
      watch = spend(watch, 200, poisson(200 * rate, random), 0.001)
      if (budgetLogM(watch) >= LOG_ARL) return second
    }
    return Number.POSITIVE_INFINITY
  }

  test('alarms within seconds at ten times the budget', () => {
    const times = Array.from({ length: 50 }, (_, i) => secondsUntilAlarm(0.01, i + 1, 1000))
    expect(times.reduce((sum, time) => sum + time, 0) / times.length).toBeLessThan(15)
  })

  test('is quiet for hours within its budget', () => {
    expect(secondsUntilAlarm(0.001, 1, 20_000)).toBe(Number.POSITIVE_INFINITY)
    expect(secondsUntilAlarm(0.002, 2, 20_000)).toBe(Number.POSITIVE_INFINITY)
  })

  test.each([
    ['quiet', 0.0009, 0.0009, 0.0009, 0.0009, 0.0009],
    ['page', 0.02, 0.02, 0.02, 0.004, 0.001],
    ['quiet', 0.0001, 0.02, 0.02, 0.004, 0.0009],
    ['page', 0.0001, 0.007, 0.007, 0.007, 0.002],
    ['ticket', 0.0015, 0.0015, 0.0015, 0.0015, 0.0015],
  ] as const)('the multi-window rule says %s', (said, m5, m30, h1, h6, d3) => {
    const windows = {
      minutes5: windowOf(m5),
      minutes30: windowOf(m30),
      hours1: windowOf(h1),
      hours6: windowOf(h6),
      days3: windowOf(d3),
    }
    expect(burnRate(windows, 0.001)).toBe(said)
  })

  test('the multi-window rule is quiet without traffic', () => {
    const none = { requests: 0, errors: 0 }
    const windows = { minutes5: none, minutes30: none, hours1: none, hours6: none, days3: none }
    expect(burnRate(windows, 0.001)).toBe('quiet')
  })
})

describe('the certificate that a candidate is not so many times worse', () => {
  test.each([
    ['twice, at one error in a hundred', 0.01, 2, 188],
    ['five times, at one in a thousand', 0.001, 5, 267],
  ])('%s, takes about as long as the reference says', (_, rate, worst, seconds) => {
    const weights = even(BETTER_GRID.length)
    const times = Array.from({ length: 100 }, (_unused, i) => {
      const random = seeded(i + 1)
      let mixture = newOnsetMixture(BETTER_GRID.length)
      for (let tick = 1; ; tick += 1) {
        const slice = {
          n1: 50,
          x1: poisson(50 * rate, random),
          n0: 950,
          x0: poisson(950 * rate, random),
        }
        mixture = grow(mixture, 1, rateRatio(slice, worst, 1, BETTER_GRID))
        if (logEvidence(mixture, weights) >= FIRE) return tick * 5
      }
    })
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length
    expect(mean / seconds).toBeGreaterThan(0.8)
    expect(mean / seconds).toBeLessThan(1.25)
  })
})

describe('strata', () => {
  test('keep a shift in the mix from looking like a regression', () => {
    const random = seeded(3)
    const weights = even(RATIO_GRID.length)
    let pooled = newOnsetMixture(RATIO_GRID.length)
    let apart = newOnsetMixture(RATIO_GRID.length)
    for (let tick = 0; tick < 200; tick += 1) {
      // The candidate's users are mostly on the endpoint that always failed more.
      const easy = { n1: 10, x1: poisson(0.01, random), n0: 900, x0: poisson(0.9, random) }
      const hard = { n1: 40, x1: poisson(0.8, random), n0: 100, x0: poisson(2, random) }
      const both = {
        n1: 50,
        x1: easy.x1 + hard.x1,
        n0: 1000,
        x0: easy.x0 + hard.x0,
      }
      pooled = grow(pooled, 1, rateRatio(both, 1))
      apart = grow(
        apart,
        1,
        overStrata([easy, hard], (stratum) => rateRatio(stratum, 1)),
      )
    }
    expect(logEvidence(pooled, weights)).toBeGreaterThan(FIRE)
    expect(logEvidence(apart, weights)).toBeLessThan(1)
  })
})

describe('e-BH', () => {
  test('rejects the strongest as far as the budget for wrong ones goes', () => {
    const logE = [1, 300, 30, 0.5, 15].map(Math.log)
    // Five hypotheses at q = 0.1: one needs 50, two need 25 each, three need 16.7 each.
    expect(eBH(logE, 0.1)).toEqual([1, 2])
    expect(eBH([0, 0, 0], 0.1)).toEqual([])
  })
})

describe('the information limit', () => {
  const TRAFFIC = { candidate: 10, control: 190 }
  const NOT_WORSE = { ratio: 1, offset: 0 }

  test.each([
    [0.001, 0.002, 1272],
    [0.001, 0.005, 125],
    [0.001, 0.01, 37.5],
    [0.001, 0.05, 4.1],
    [0.01, 0.015, 446],
    [0.01, 0.02, 126],
    [0.01, 0.05, 12.3],
  ])('from %d to %d is %d s, as in the reference', (p0, p1, seconds) => {
    const limit = secondsToDetect(ratesInformation(TRAFFIC, { p1, p0 }, NOT_WORSE), 0.01)
    expect(limit / seconds).toBeCloseTo(1, 1)
  })

  test('is shorter against a known rate than against an unknown one', () => {
    const unknown = ratesInformation(TRAFFIC, { p1: 0.01, p0: 0.001 }, NOT_WORSE)
    expect(knownRateInformation(10, 0.01, 0.001)).toBeGreaterThan(unknown)
  })

  test('for latencies grows with the shift and is nothing without one', () => {
    const control = [0.1, 0.4, 0.3, 0.15, 0.05]
    const slower = [0.05, 0.3, 0.35, 0.2, 0.1]
    expect(latencyInformation(TRAFFIC, control, control)).toBeCloseTo(0, 12)
    expect(latencyInformation(TRAFFIC, slower, control)).toBeGreaterThan(0.1)
  })
})
