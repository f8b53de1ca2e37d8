import { expect, test } from 'vitest'
import { sayCount, sayOdds, sayPercent, sayShareOf } from './say-numbers.ts'

test.each([
  [0, '0'],
  [412, '412'],
  [7790, '7,790'],
  [1_234_567, '1,234,567'],
])('%d is written %s', (count, text) => {
  expect(sayCount(count)).toBe(text)
})

test.each([
  [0, '0 %'],
  [0.0825, '8.3 %'],
  [0.00116, '0.12 %'],
  [0.5, '50 %'],
  [1, '100 %'],
  [0.0000042, '0.00042 %'],
])('a share of %d is written %s', (share, text) => {
  expect(sayPercent(share)).toBe(text)
})

test('a share without requests does not divide by zero', () => {
  expect(sayShareOf(0, 0)).toBe('no requests')
  expect(sayShareOf(34, 412)).toBe('34 of 412 (8.3 %)')
})

test.each([
  [Math.log(22_345), 'less than once in 22,000 rollouts'],
  [Math.log(150), 'less than once in 150 rollouts'],
  [800, 'less than once in a billion rollouts'],
])('an e-value says how rare it is', (logE, text) => {
  expect(sayOdds(logE)).toBe(text)
})
