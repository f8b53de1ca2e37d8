import { describe, expect, test } from 'vitest'
import {
  addRequests,
  armFindings,
  NO_ARMS,
  type RequestArms,
  type ServedUnder,
} from './request-arms.ts'

/** Requests under nothing, under a, under b, and under both. */
function tick(failed: readonly [number, number, number, number]): readonly ServedUnder[] {
  return [
    { rollouts: [], requests: 900, failed: failed[0] },
    { rollouts: ['a'], requests: 100, failed: failed[1] },
    { rollouts: ['b'], requests: 100, failed: failed[2] },
    { rollouts: ['b', 'a'], requests: 50, failed: failed[3] },
  ]
}

function after(...ticks: readonly (readonly ServedUnder[])[]): RequestArms {
  return ticks.reduce(addRequests, NO_ARMS)
}

describe('requests under several rollouts', () => {
  test('blame the rollout that makes the difference, not the one that runs beside it', () => {
    const found = armFindings(after(tick([0, 6, 0, 3])))
    expect(found).toMatchObject([
      { rollout: 'a', standing: 'blamed' },
      { rollout: 'b', standing: 'unknown' },
    ])
  })

  test('compare like with like: where a alone breaks things, the share of b that also has a says nothing about b', () => {
    // Nine of ten requests under b are also under a; without strata b would look 9 times worse.
    const confounded: readonly ServedUnder[] = [
      { rollouts: [], requests: 900, failed: 1 },
      { rollouts: ['a'], requests: 90, failed: 9 },
      { rollouts: ['b'], requests: 10, failed: 0 },
      { rollouts: ['a', 'b'], requests: 90, failed: 9 },
    ]
    const [a, b] = armFindings(after(confounded))
    expect([a?.rollout, a?.standing, b?.standing]).toStrictEqual(['a', 'blamed', 'unknown'])
    expect(b?.logE).toBeLessThan(0)
  })

  test('weigh by hand: one bad request of two arms alike is worth ln(2r/(1+r)) for the ratio r', () => {
    const even: readonly ServedUnder[] = [
      { rollouts: [], requests: 10, failed: 0 },
      { rollouts: ['a'], requests: 10, failed: 1 },
    ]
    const sums = after(even).rollouts['a']?.sums ?? []
    expect(sums[0]).toBeCloseTo(Math.log((2 * 1.25) / 2.25), 12)
    expect(sums[4]).toBeCloseTo(Math.log((2 * 6) / 7), 12)
  })

  test('blame nobody for an outage of all', () => {
    const outage = Array.from({ length: 20 }, () => tick([450, 50, 50, 25]))
    for (const { standing } of armFindings(after(...outage))) expect(standing).toBe('unknown')
  })

  test('cannot tell two rollouts apart that are only ever on together, and say so', () => {
    const together: readonly ServedUnder[] = [
      { rollouts: [], requests: 900, failed: 0 },
      { rollouts: ['a', 'b'], requests: 100, failed: 50 },
    ]
    const found = armFindings(after(together, together))
    expect(found.map(({ standing }) => standing)).toStrictEqual(['unknown', 'unknown'])
    expect(found[0]?.because).toContain('no requests were served with and without it')
  })

  test('weigh sixteen rollouts at most, and count the others', () => {
    const many = Array.from({ length: 18 }, (_, k) => ({
      rollouts: [`r${k}`],
      requests: 1,
      failed: 0,
    }))
    const arms = after(many)
    expect(Object.keys(arms.rollouts)).toHaveLength(16)
    expect(arms.leftOut).toBe(2)
  })
})

test('the state survives JSON as it is', () => {
  const arms = after(tick([1, 6, 0, 3]))
  expect(JSON.parse(JSON.stringify(arms))).toStrictEqual(arms)
})
