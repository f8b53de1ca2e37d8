import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { latencyInformation } from '../../src/core/detect/statistics/information-limit.ts'
import { ERROR_WORLDS, LATENCY_WORLDS } from './failing-worlds.ts'
import { HEALTHY_WORLDS } from './healthy-worlds.ts'
import { isotonic } from './isotonic.ts'
import { limitSeconds, orderInformation } from './limit.ts'
import { worldNamed } from './worlds.ts'

/** Worked out independently, in seconds, at 10 requests per second against 190. */
const KNOWN: Readonly<Record<string, number>> = {
  '.1→.2': 1272,
  '.1→.5': 125,
  '.1→1': 37.5,
  '.1→5': 4.1,
  '.1→50': 0.3,
  '1→1.5': 446,
  '1→2': 126,
  '1→5': 12.3,
  '×1.05': 105,
  '×1.1': 27,
  '×1.25': 5,
  '×2': 0.57,
  'tail 1→2': 140,
  'tail 1→5': 13.5,
  '.5 % take 5 s': 31,
  'a fifth ×3': 3.4,
}

test.each(ERROR_WORLDS.concat(LATENCY_WORLDS))(
  'the least delay that is possible in the world $name',
  (world) => {
    const ratio = (limitSeconds(world) ?? Number.NaN) / (KNOWN[world.name] ?? Number.NaN)
    expect(Math.abs(ratio - 1)).toBeLessThan(0.025)
  },
)

test('is not defined where nothing is wrong', () => {
  expect(
    HEALTHY_WORLDS.map((world) => limitSeconds(world)).filter((limit) => limit !== null),
  ).toStrictEqual([])
})

test('grows with what is forgiven, until nothing is left to find', () => {
  const world = worldNamed('×1.25')
  const [strict, tolerant] = [1, 1.1].map(
    (tolerance) => limitSeconds(world, { tolerance, allowMs: 0 }) ?? Number.NaN,
  )
  expect(strict).toBeLessThan(tolerant ?? 0)
  expect(limitSeconds(world, { tolerance: 1.25, allowMs: 0 })).toBeNull()
  expect(limitSeconds(worldNamed('×1.1'), { tolerance: 1.1, allowMs: 5 })).toBeNull()
})

describe('the distance to "not slower"', () => {
  const traffic = { candidate: 10, control: 190 }
  const masses = fc
    .array(fc.integer({ min: 1, max: 1000 }), { minLength: 4, maxLength: 4 })
    .map((weights) => weights.map((weight) => weight / weights.reduce((a, b) => a + b, 0)))

  test('is nothing where the candidate is faster, and that to being alike where it is slower throughout', () => {
    const [fast, slow] = [
      [0.4, 0.3, 0.2, 0.1],
      [0.1, 0.2, 0.3, 0.4],
    ]
    if (fast === undefined || slow === undefined) throw new Error('two distributions')
    expect(orderInformation(traffic, fast, slow)).toBeCloseTo(0, 12)
    expect(orderInformation(traffic, slow, fast)).toBeCloseTo(
      latencyInformation(traffic, slow, fast),
      12,
    )
  })

  test('is that to the nearest pair in order: no other pair is nearer', () => {
    const divergence = (p: readonly number[], q: readonly number[]) =>
      p.reduce((sum, mass, k) => sum + mass * Math.log(mass / (q[k] ?? 0)), 0)
    fc.assert(
      fc.property(masses, masses, masses, masses, (p, q, one, other) => {
        const tail = (of: readonly number[], from: number) =>
          of.slice(from).reduce((sum, mass) => sum + mass, 0)
        fc.pre([1, 2, 3].every((from) => tail(one, from) <= tail(other, from)))
        const distance = 10 * divergence(p, one) + 190 * divergence(q, other)
        return orderInformation(traffic, p, q) <= distance + 1e-9
      }),
      { numRuns: 300 },
    )
  })

  test('pools neighbours that are out of order', () => {
    expect(isotonic([1, 3, 2, 4], [1, 1, 3, 1])).toStrictEqual([1, 2.25, 2.25, 4])
    expect(isotonic([3, 2, 1], [1, 1, 1])).toStrictEqual([2, 2, 2])
  })
})
