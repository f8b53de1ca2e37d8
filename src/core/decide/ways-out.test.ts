import { expect, test } from 'vitest'
import { exposedRollout, failingBy } from '../../../test/support/emergencies.ts'
import { NOTHING_THERE } from '../../../test/support/flight.ts'
import { NO_CHECKOUT, sampleStrategy } from '../../../test/support/strategies.ts'
import type { Failing } from '../rollout/failing.ts'
import type { Baseline } from '../rollout/state.ts'
import type { Branch, Strategy } from '../strategy/schema.ts'
import { wayOutOf } from './ways-out.ts'

const bare = sampleStrategy({
  mitigations: { fallback: undefined, rollback: undefined, hotfix: undefined, bypasses: [] },
})
const coversAll = sampleStrategy({ mitigations: { bypasses: [{ ...NO_CHECKOUT, covers: [] }] } })
const coversCheckout = sampleStrategy({
  mitigations: { bypasses: [{ ...NO_CHECKOUT, covers: ['/checkout'] }] },
})

function branch(choose: Branch['choose'], bypass?: string): Branch {
  const about = { name: 'one', approvals: [], approveWithin: 1, because: 'it is there' }
  return { ...about, choose, bypass }
}

const bypass = branch('bypass', 'no-checkout')

test.each<{
  readonly name: string
  readonly branch: Branch
  readonly strategy?: Strategy
  readonly baseline?: Baseline
  readonly failing?: Failing
  readonly possible: boolean
  readonly because: string
}>([
  {
    name: 'a fallback needs the old stack',
    branch: branch('fallback'),
    possible: true,
    because: 'the old stack (blue) is still there',
  },
  {
    name: 'a first release has no old stack',
    branch: branch('fallback'),
    baseline: NOTHING_THERE,
    possible: false,
    because: 'this is the first release: there is nothing to go back to',
  },
  {
    name: 'a fallback that the strategy does not name is not taken',
    branch: branch('fallback'),
    strategy: bare,
    possible: false,
    because: "the strategy's mitigations name no fallback",
  },
  {
    name: 'a rollback needs the state before',
    branch: branch('rollback'),
    possible: true,
    because: 'the state before the rollout was captured',
  },
  {
    name: 'a rollback that the strategy does not name is not taken',
    branch: branch('rollback'),
    strategy: bare,
    possible: false,
    because: "the strategy's mitigations name no rollback",
  },
  {
    name: 'a first release cannot be rolled back',
    branch: branch('rollback'),
    baseline: NOTHING_THERE,
    possible: false,
    because: 'this is the first release: there is nothing to go back to',
  },
  {
    name: 'a fix can be built where the strategy says so',
    branch: branch('hotfix'),
    possible: true,
    because: 'a fix can be built and rolled out',
  },
  {
    name: 'a hotfix that the strategy does not name is not taken',
    branch: branch('hotfix'),
    strategy: bare,
    possible: false,
    because: "the strategy's mitigations name no hotfix",
  },
  {
    name: 'holding is always possible',
    branch: branch('hold'),
    strategy: bare,
    possible: true,
    because: 'waiting for a person is always possible',
  },
  {
    name: 'a bypass that the strategy does not name is not taken',
    branch: branch('bypass', 'no-search'),
    possible: false,
    because: "the strategy's mitigations name no bypass 'no-search'",
  },
  {
    name: 'a flag that covers every failing route helps',
    branch: bypass,
    strategy: coversCheckout,
    failing: failingBy('verdict', '/checkout', '/checkout/pay'),
    possible: true,
    because: "flag 'checkout' covers /checkout, /checkout/pay",
  },
  {
    name: 'a flag that leaves one failing route uncovered does not help',
    branch: bypass,
    strategy: coversCheckout,
    failing: failingBy('verdict', '/checkout', '/search'),
    possible: false,
    because: "flag 'checkout' does not cover /search",
  },
  {
    name: 'a flag that covers some routes does not help where nobody knows which fail',
    branch: bypass,
    strategy: coversCheckout,
    failing: failingBy('verdict'),
    possible: false,
    because: "it is not known which routes fail, and flag 'checkout' covers only some",
  },
  {
    name: 'a flag that covers everything helps even then',
    branch: bypass,
    strategy: coversAll,
    failing: failingBy('verdict'),
    possible: true,
    because: "flag 'checkout' covers all routes",
  },
  ...(
    [
      ['smoke', 'the release failed its smoke tests; no flag changes that'],
      ['deploy', 'the release could not be brought up; no flag changes that'],
      ['no-data', 'nothing could be measured, so a flag could not be seen to help'],
      ['operator', 'a person stopped the rollout; a flag is no answer to that'],
    ] as const
  ).map(([kind, because]) => ({
    name: `no flag answers a failure by ${kind}`,
    branch: bypass,
    strategy: coversAll,
    failing: failingBy(kind),
    possible: false,
    because,
  })),
])('$name', ({ branch: taken, strategy, baseline, failing, possible, because }) => {
  const rollout = exposedRollout(strategy ?? sampleStrategy(), baseline)
  const found = wayOutOf(taken, rollout, failing ?? failingBy('verdict', '/'))
  expect(found).toStrictEqual({ possible, because })
})
