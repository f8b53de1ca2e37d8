import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { openDraw } from './draw.ts'

const start = fc.integer({ min: 0, max: 0xffffffff })

// The largest of 40 million stretches was 3.2; dice would be 10 off every third time.
test('5 % is 5 % within four requests, over any stretch of up to 2,000 requests', () => {
  fc.assert(
    fc.property(start, fc.integer({ min: 1, max: 2_000 }), (from, length) => {
      const draw = openDraw(from)
      const drawn = Array.from({ length }, draw).filter((bucket) => bucket < 500).length
      return Math.abs(drawn - length * 0.05) <= 4
    }),
  )
})

test('a client that asks for its pages in turns gets the share on each of them', () => {
  fc.assert(
    fc.property(start, fc.integer({ min: 2, max: 60 }), (from, period) => {
      const draw = openDraw(from)
      const drawn = Array.from({ length: period * 2_000 }, draw)
      const onFirst = drawn.filter((bucket, i) => i % period === 0 && bucket < 500).length
      return Math.abs(onFirst - 100) <= 25
    }),
    { numRuns: 30 },
  )
})

test('two processes do not draw the same', () => {
  const [one, other] = [openDraw(), openDraw()]
  const drawn = (draw: () => number) => Array.from({ length: 5 }, draw)
  expect(drawn(one)).not.toEqual(drawn(other))
})
