import { describe, expect, test } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND, startOfDay } from '../core/kernel/instant.ts'
import { sayNumber, scaleOf } from './scale.ts'

const PIXELS = { start: 0, end: 700, ticks: 7 }
const DAY_START = startOfDay('2026-11-20')

function labels(scale: 'linear' | 'log' | 'time' | 'duration', from: number, to: number) {
  return scaleOf({ label: '', scale, from, to }, [], PIXELS).ticks.map(({ label }) => label)
}

describe('the ticks of an axis', () => {
  test.each([
    ['linear', 0, 0.7, ['0', '0.1', '0.2', '0.3', '0.4', '0.5', '0.6', '0.7']],
    ['linear', -3, 3, ['-3', '-2', '-1', '0', '1', '2', '3']],
    ['log', 0.001, 1_000, ['0.001', '0.01', '0.1', '1', '10', '100', '1,000']],
    ['log', 10, 100, ['10', '20', '50', '100']],
    ['duration', 0, 12 * MINUTE, ['0', '2m', '4m', '6m', '8m', '10m', '12m']],
    [
      'time',
      DAY_START + 9 * HOUR,
      DAY_START + 10 * HOUR,
      ['09:00', '09:10', '09:20', '09:30', '09:40', '09:50', '10:00'],
    ],
    [
      'time',
      DAY_START + 22 * HOUR,
      DAY_START + 26 * HOUR,
      ['22:00', '23:00', '2026-11-21', '01:00', '02:00'],
    ],
    [
      'time',
      DAY_START,
      DAY_START + 3 * SECOND,
      ['2026-11-20', '00.500', '01.000', '01.500', '02.000', '02.500', '03.000'],
    ],
    [
      'time',
      DAY_START,
      DAY_START + 2 * DAY,
      ['2026-11-20', '12:00', '2026-11-21', '12:00', '2026-11-22'],
    ],
  ] as const)('of kind %s from %d to %d are %j', (scale, from, to, expected) => {
    expect(labels(scale, from, to)).toEqual(expected)
  })
})

describe('an axis', () => {
  test('begins at zero when the data cannot be negative and nearly reach it', () => {
    expect(scaleOf({ label: '', scale: 'linear' }, [0.001, 1], PIXELS).from).toBe(0)
    expect(scaleOf({ label: '', scale: 'linear' }, [-0.001, 1], PIXELS).from).toBeLessThan(0)
  })

  test('has no place for zero when it is logarithmic', () => {
    expect(scaleOf({ label: '', scale: 'log' }, [1, 100], PIXELS).at(0)).toBeNull()
  })

  test('keeps its order: a larger value lies further along', () => {
    const { at } = scaleOf({ label: '', scale: 'log', from: 1, to: 100 }, [], PIXELS)
    expect([1, 10, 100].map(at)).toEqual([0, 350, 700])
  })
})

test.each([
  [0, '0'],
  [1_234_567, '1,234,567'],
  [0.05, '0.05'],
  [3.14159, '3.14'],
  [-12.34, '-12.3'],
  [32_000_000, '3.2e+7'],
  [0.00001, '1e-5'],
])('%d is written %s', (value, said) => {
  expect(sayNumber(value)).toBe(said)
})
