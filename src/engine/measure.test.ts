import { expect, test } from 'vitest'
import { allSeen, captured, fly } from '../../test/support/flight.ts'
import { CANARY_GROUPS, sampleStrategy } from '../../test/support/strategies.ts'
import type { SplitWatch } from '../core/detect/split.ts'
import type { Strategy } from '../core/strategy/schema.ts'
import { beginMeasuring } from './measure.ts'

function splitOf(strategy: Strategy): SplitWatch | null {
  const flight = fly(strategy, captured(), allSeen)
  const { rollout } = flight.state
  if (rollout === null) throw new Error('nothing was started')
  return beginMeasuring(rollout, 'w', 0, null, {}, flight.now).state.split
}

const plain = sampleStrategy()

test('the split that is watched is the share that the router was asked for', () => {
  expect(splitOf(plain)).toMatchObject({ share: 0.05, worth: 1 })
})

test('where users stick to their arm, their requests count less', () => {
  const traffic = { ...plain.traffic, driver: 'builtin', subjectHeader: 'x-user' } as const
  const sticky = { ...plain, traffic: { ...traffic, listen: '127.0.0.1:8080' } }
  expect(splitOf(sticky)?.worth).toBeLessThan(1)
})

test('with a cohort nobody knows how many requests to expect, so no split is watched', () => {
  const groups = CANARY_GROUPS.map((group) => ({ ...group, cohort: ['ann'] }))
  expect(splitOf(sampleStrategy({ groups }))).toBeNull()
})
