import { describe, expect, test } from 'vitest'
import { DAY } from '../kernel/instant.ts'
import { exposureOf } from './exposure.ts'
import { EMPTY_LEDGER, record } from './ledger.ts'
import { historyEnd, historyUsedFrom, nodeWeights } from './node-weights.ts'

const nodes = ['n0', 'n1'].map((node) => ({ node, cluster: 'a' }))

describe('how readily a node fails', () => {
  test('is (0.7 + its faults) / (0.7 + the mean): three faults and none weigh 3.7/2.2 and 0.7/2.2', () => {
    const faults = [0, 1, 2].map((day) => ({ signature: 's', node: 'n0', at: day * DAY }))
    const { ledger } = record(EMPTY_LEDGER, { nodes, placements: [], faults })
    const weights = nodeWeights(ledger, exposureOf(ledger, null), 3 * DAY)
    expect(weights[0]).toBeCloseTo(3.7 / 2.2, 12)
    expect(weights[1]).toBeCloseTo(0.7 / 2.2, 12)
    const before = nodeWeights(ledger, exposureOf(ledger, null), DAY)
    expect(before[0]).toBeCloseTo(1.7 / 1.2, 12)
  })

  test('rests on faults that are at least a day old, so that a bad release cannot excuse itself', () => {
    for (const hours of [0, 1, 13, 23.9, 24, 100]) {
      const at = 10 * DAY + (hours * DAY) / 24
      expect(at - historyEnd(at)).toBeGreaterThanOrEqual(DAY)
      expect(at - historyEnd(at)).toBeLessThan(2 * DAY)
    }
    const first = historyUsedFrom(5.5 * DAY)
    expect(historyEnd(first)).toBeGreaterThan(5.5 * DAY)
    expect(historyEnd(first - 1)).toBeLessThanOrEqual(5.5 * DAY)
  })
})
