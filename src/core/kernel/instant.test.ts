import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant, iso } from '../../../test/support/instants.ts'
import { DAY, isoInstant, parseDuration, sayDuration, startOfDay } from './instant.ts'

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['1h30m', 5_400_000],
  ['7d', 604_800_000],
  ['2w', 1_209_600_000],
  ['1m500ms', 60_500],
  ['0s', 0],
  ['', null],
  ['30', null],
  ['1.5h', null],
  ['-1s', null],
  ['30 s', null],
  ['1h ', null],
  ['5y', null],
])('the duration "%s" is %s ms', (text, millis) => {
  expect(parseDuration(text)).toBe(millis)
})

test.each([
  [0, '0ms'],
  [350.4, '350ms'],
  [1_000, '1s'],
  [4_230, '4.2s'],
  [59_400, '59s'],
  [60_000, '1m'],
  [5_400_000, '1h 30m'],
  [3_600_000 + 1_000, '1h 1s'],
  [9 * DAY + 3_600_000 + 60_000, '9d 1h'],
])('%s ms are said as "%s"', (millis, text) => {
  expect(sayDuration(millis)).toBe(text)
})

const anyInstant = fc.integer({
  min: instant('1600-01-01T00:00:00Z'),
  max: instant('9999-12-31T23:59:59Z'),
})

test('an instant is written as every calendar writes it', () => {
  fc.assert(
    fc.property(anyInstant, (at) => {
      expect(isoInstant(at)).toBe(iso(at))
    }),
  )
})

test('a day begins at its midnight in UTC, leap years and centuries included', () => {
  fc.assert(
    fc.property(anyInstant, (at) => {
      expect(startOfDay(iso(at).slice(0, 10))).toBe(Math.floor(at / DAY) * DAY)
    }),
  )
})
