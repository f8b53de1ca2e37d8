import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BUCKETS } from '../../core/words/exposure-share.ts'
import { granularityOf, splitWeight, WEIGHT_MAX, weightsFor } from './weights.ts'

const count = fc.integer({ min: 1, max: 6 })
const servers = fc.record({ candidate: count, control: count })
const share = fc.integer({ min: 0, max: BUCKETS })

describe('the weights of a share', () => {
  test('never exceed it, and fall short by less than one step', () => {
    fc.assert(
      fc.property(share, servers, (buckets, of) => {
        const { candidate, control } = weightsFor(buckets, of)
        const shown = (candidate / (candidate + control)) * BUCKETS
        const step = granularityOf([of.candidate, of.control])
        return shown <= buckets + 1e-9 && shown > buckets - step
      }),
      { numRuns: 1_000 },
    )
  })

  test('can be carried by the servers, and are never all zero', () => {
    fc.assert(
      fc.property(share, servers, (buckets, of) => {
        const { candidate, control } = weightsFor(buckets, of)
        const each = [...splitWeight(candidate, of.candidate), ...splitWeight(control, of.control)]
        return candidate + control > 0 && each.every((weight) => weight <= WEIGHT_MAX)
      }),
    )
  })

  test('add up when split, and differ by at most one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_536 }), count, (total, among) => {
        const each = splitWeight(total, among)
        const sum = each.reduce((a, b) => a + b, 0)
        return sum === total && Math.max(...each) - Math.min(...each) <= 1
      }),
    )
  })

  test.each([
    [500, { candidate: 1, control: 1 }, { candidate: 13, control: 247 }],
    [1_000, { candidate: 1, control: 1 }, { candidate: 28, control: 252 }],
    [5_000, { candidate: 1, control: 1 }, { candidate: 256, control: 256 }],
    [500, { candidate: 2, control: 3 }, { candidate: 36, control: 684 }],
    [0, { candidate: 1, control: 2 }, { candidate: 0, control: 512 }],
    [BUCKETS, { candidate: 1, control: 2 }, { candidate: 256, control: 0 }],
  ])('hit %i buckets on %o exactly', (buckets, of, expected) => {
    expect(weightsFor(buckets, of)).toEqual(expected)
  })

  test('of one server each step by 0.39 %', () => {
    expect(granularityOf([1, 1])).toBe(39)
    expect(granularityOf([4, 10])).toBe(10)
  })
})
