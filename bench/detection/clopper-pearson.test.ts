import { expect, test } from 'vitest'
import { rateLowerBound, rateUpperBound } from './clopper-pearson.ts'

/** 1 − 0.05^(1/n): with nothing seen the bound has a closed form. */
test.each([30, 300, 2000])('nothing seen in %d leaves the rule of three', (trials) => {
  expect(rateUpperBound(0, trials)).toBeCloseTo(1 - 0.05 ** (1 / trials), 9)
})

test.each([
  [1, 10, 0.3941633, 0.0051162],
  [5, 50, 0.198833, 0.0402366],
  [20, 2000, 0.0144981, 0.0066369],
])('%d of %d are bounded as the beta quantiles say', (events, trials, upper, lower) => {
  expect(rateUpperBound(events, trials)).toBeCloseTo(upper, 6)
  expect(rateLowerBound(events, trials)).toBeCloseTo(lower, 6)
})

test('all or none leave nothing to bound on that side', () => {
  expect(rateUpperBound(4, 4)).toBe(1)
  expect(rateLowerBound(0, 4)).toBe(0)
})
