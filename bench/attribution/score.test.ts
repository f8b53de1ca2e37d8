import { describe, expect, test } from 'vitest'
import { accusedAt } from './gandalf.ts'
import { precisionPct, recallPct, scoreOf } from './score.ts'
import { makeWorld, USUAL } from './world.ts'

const HOUR = 3_600_000
const bad = [
  { rollout: 'b1', kind: 'steady', signature: 's', rate: 1, firstFaultAt: 2 * HOUR },
  { rollout: 'b2', kind: 'steady', signature: 's', rate: 1, firstFaultAt: 2 * HOUR },
  { rollout: 'silent', kind: 'latent', signature: 's', rate: 1, firstFaultAt: null },
] as const
const placements = [1, 2, 3].map((k) => ({
  rollout: 'b1',
  node: `n${k}`,
  cluster: 'a',
  at: k * HOUR,
}))

describe('a score', () => {
  test('counts who was right, who was found of those that could be, after how long, and how far it had got', () => {
    const score = scoreOf({ bad, placements }, [
      { rollout: 'b1', at: 2.5 * HOUR },
      { rollout: 'innocent', at: HOUR },
    ])
    expect(score).toStrictEqual({
      accused: 2,
      right: 1,
      bad: 2,
      found: 1,
      hours: [0.5],
      updated: [2],
    })
    expect([precisionPct(score), recallPct(score)]).toStrictEqual([50, 50])
  })

  test('takes an accusation for the first time it was made, above the threshold', () => {
    const votes = [
      { rollout: 'r', at: 1, score: 2 },
      { rollout: 'r', at: 2, score: 5 },
      { rollout: 'r', at: 3, score: 9 },
    ]
    expect(accusedAt(votes, 4)).toStrictEqual([{ rollout: 'r', at: 2 }])
  })
})

test('a world is the same for the same seed, and another for another', () => {
  const small = { ...USUAL, rollouts: 5, background: 0.1 }
  expect(makeWorld(7, small)).toStrictEqual(makeWorld(7, small))
  expect(makeWorld(8, small).faults[0]).not.toStrictEqual(makeWorld(7, small).faults[0])
  expect(makeWorld(7, small).bad).toHaveLength(1)
})
