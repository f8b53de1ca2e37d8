import { expect, test } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND } from '../kernel/instant.ts'
import { sayLength, sayMinute, sayWhen } from './say-time.ts'

/** 2026-11-23 14:05:30 UTC */
const NOW = 1_795_442_730_000

test.each([
  [NOW + 15 * MINUTE, '14:20 UTC (in 15 minutes)'],
  [NOW + 20 * SECOND, '14:05:50 UTC (in 20 seconds)'],
  [NOW - 45 * MINUTE, '13:20 UTC (45 minutes ago)'],
  [NOW + 12 * HOUR, '2026-11-24 02:05 UTC (in 12 hours)'],
  [NOW + 3 * DAY, '2026-11-26 14:05 UTC (in 3 days)'],
])('an instant is said with its distance, and with its day when it is another one', (at, says) => {
  expect(sayWhen(at, NOW)).toBe(says)
})

test.each([
  [0, '0 seconds'],
  [SECOND, '1 second'],
  [119 * SECOND, '119 seconds'],
  [2 * MINUTE, '2 minutes'],
  [60 * MINUTE, '1 hour'],
  [90 * MINUTE, '90 minutes'],
  [4 * HOUR, '4 hours'],
  [5 * DAY, '5 days'],
])('%i ms are said in one unit: %s', (length, says) => {
  expect(sayLength(length)).toBe(says)
})

test('a moment of the record is said to the minute', () => {
  expect(sayMinute(NOW)).toBe('2026-11-23 14:05 UTC')
})
