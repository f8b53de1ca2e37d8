import { describe, expect, test } from 'vitest'
import { guardedRate, likelyRate } from './baseline-rate.ts'

describe('the rate a candidate may have without a control beside it', () => {
  test('is one in a hundred when nothing is known', () => {
    expect(guardedRate(0, 0, 1)).toBe(0.01)
  })

  test('is not excused by a short baseline', () => {
    expect(guardedRate(50, 0, 1)).toBeLessThanOrEqual(0.01)
  })

  test('is a few times what a long baseline showed, never less than one in a thousand', () => {
    const rate = guardedRate(10_000, 10, 1)
    expect(rate).toBeGreaterThan(0.002)
    expect(rate).toBeLessThan(0.006)
    expect(guardedRate(10_000_000, 0, 1)).toBe(0.001)
  })

  test('follows a control that always failed a tenth', () => {
    expect(guardedRate(300, 30, 1)).toBeGreaterThan(0.1)
    expect(guardedRate(100_000, 10_000, 1)).toBeLessThan(0.2)
  })

  test('grows with the tolerance and stays a probability', () => {
    expect(guardedRate(10_000, 10, 2)).toBeCloseTo(2 * guardedRate(10_000, 10, 1), 10)
    expect(guardedRate(100, 90, 50)).toBeLessThan(1)
  })
})

test('the best guess is never certain', () => {
  expect(likelyRate(0, 0)).toBeGreaterThan(0)
  expect(likelyRate(1000, 1000)).toBeLessThan(1)
  expect(likelyRate(100_000, 100)).toBeCloseTo(0.001, 4)
})
