import { expect, test } from 'vitest'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import { coldStart, warmAfter } from './cold-start.ts'

test('a cold start is forgiven less and less, and not at all after half a minute', () => {
  expect(coldStart('error-rate', 0, 10 * MINUTE, null)).toBe(3)
  expect(coldStart('error-rate', 15 * SECOND, 10 * MINUTE, null)).toBeCloseTo(Math.sqrt(3), 10)
  expect(coldStart('error-rate', 30 * SECOND, 10 * MINUTE, null)).toBe(1)
  expect(coldStart('latency', HOURS, 10 * MINUTE, null)).toBe(1)
})

test('a short bake is judged by its own tolerance for three quarters of it', () => {
  expect(warmAfter(4 * SECOND)).toBe(SECOND)
  expect(coldStart('latency', SECOND, 4 * SECOND, null)).toBe(1)
  expect(coldStart('latency', 0, 0, null)).toBe(1)
})

const HOURS = 5 * 60 * MINUTE

test('a start that was learnt is forgiven per stretch, and no longer than a quarter of the bake', () => {
  const learnt = [4, 2, 1.5, 1]
  const during = (age: number, bake = HOURS) => coldStart('error-rate', age, bake, learnt)
  expect([0, 10, 30, 60, 120].map((s) => during(s * SECOND))).toEqual([4, 2, 1.5, 1, 1])
  expect(during(11 * SECOND, 40 * SECOND)).toBe(1)
})
