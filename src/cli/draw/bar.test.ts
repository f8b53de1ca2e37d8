import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bar } from './bar.ts'
import { fit, sayCount } from './numbers.ts'

test.each([
  [0, '░░░░░░░░'],
  [0.5, '████░░░░'],
  [1, '████████'],
  [0.0001, '▏░░░░░░░'],
  [-3, '░░░░░░░░'],
  [7, '████████'],
  [Number.NaN, '░░░░░░░░'],
])('%d of eight is %s', (part, picture) => {
  expect(bar(part, 8)).toBe(picture)
})

test('a bar is always as wide as asked, and never shorter for more', () => {
  const filled = (text: string) => text.replaceAll('░', '')
  fc.assert(
    fc.property(fc.double(), fc.double(), fc.integer({ min: 1, max: 60 }), (a, b, width) => {
      const [less, more] = [bar(Math.min(a, b), width), bar(Math.max(a, b), width)]
      expect(less).toHaveLength(width)
      expect(filled(less).length).toBeLessThanOrEqual(filled(more).length)
    }),
  )
})

test('a count never takes more than six characters', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_000_000 }), (count) => {
      expect(sayCount(count).length).toBeLessThanOrEqual(6)
    }),
  )
})

test('a sentence is cut at the width, with a mark', () => {
  expect(fit('goaround', 8)).toBe('goaround')
  expect(fit('goaround', 5)).toBe('goar…')
})
