import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { above, forgive, total } from './histogram.ts'

const EDGES = [1, 2, 4, 8, 16, 32]
const Counts = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 7, maxLength: 7 })
const Setting = fc.record({
  tolerance: fc.double({ min: 1, max: 5, noNaN: true }),
  allow: fc.double({ min: 0, max: 10, noNaN: true }),
})

test('what is not forgiven stays as it is', () => {
  const counts = [1, 2, 3, 4, 5, 6, 7]
  expect(forgive(counts, EDGES, 1, 0)).toBe(counts)
})

test('a whole bucket that is forgiven is one bucket faster', () => {
  expect(forgive([0, 0, 0, 0, 8, 0, 0], EDGES, 2, 0)).toEqual([0, 0, 0, 8, 0, 0, 0])
})

test('half a bucket that is forgiven divides the requests', () => {
  const [, , , faster = 0, rest = 0] = forgive([0, 0, 0, 0, 8, 0, 0], EDGES, Math.SQRT2, 0)
  expect(faster).toBeCloseTo(4)
  expect(rest).toBeCloseTo(4)
})

test('an allowance in milliseconds matters to quick requests and hardly to slow ones', () => {
  const moved = forgive([0, 0, 10, 0, 0, 10, 0], EDGES, 1, 2)
  expect(moved[2]).toBe(0)
  expect(moved[5]).toBeGreaterThan(8)
})

test('nobody is lost, and nobody becomes slower', () => {
  fc.assert(
    fc.property(Counts, Setting, (counts, { tolerance, allow }) => {
      const moved = forgive(counts, EDGES, tolerance, allow)
      expect(total(moved)).toBeCloseTo(total(counts), 6)
      for (const k of EDGES.keys()) {
        expect(above(moved, k)).toBeLessThanOrEqual(above(counts, k) + 1e-9)
      }
    }),
  )
})
