import { describe, expect, test } from 'vitest'
import { exposedRollout, failingBy } from '../../../test/support/emergencies.ts'
import { BASELINE, TAKE_OFF } from '../../../test/support/flight.ts'
import { type Changes, sampleStrategy } from '../../../test/support/strategies.ts'
import { choose, chooseByHand } from '../decide/choose.ts'
import type { Decision } from '../decide/decision.ts'
import type { Tried } from '../decide/ways-out.ts'
import { MINUTE } from '../kernel/instant.ts'
import type { Baseline } from '../rollout/state.ts'
import type { Step } from '../step/step.ts'
import { flagName, mitigationPlan, mitigationWithin } from './plans.ts'

const now = TAKE_OFF

const SHOP: Changes = {
  workload: {
    components: [
      { name: 'web', replicas: 4, platform: { driver: 'processes', command: ['web'] } },
      { name: 'jobs', platform: { driver: 'processes', command: ['jobs'] } },
    ],
  },
  tree: [
    { name: 'switch-off', choose: 'bypass', bypass: 'no-checkout', because: 'only paying fails' },
    { name: 'fall-back', choose: 'fallback', because: 'the old stack still runs' },
  ],
}

/** The old stack was scaled down to one web instance, and an even older release waits on green. */
const SCALED_DOWN: Baseline = {
  ...BASELINE,
  state: {
    ...BASELINE.state,
    stacks: {
      blue: { web: { release: 'v1', replicas: 1 }, jobs: { release: 'v1', replicas: 3 } },
      green: { web: { release: 'v0', replicas: 2 }, jobs: { release: null, replicas: 0 } },
    },
    flags: { 'a#b.json#checkout': 'on', 'flags.json#checkout': null },
  },
}

const TRIED_BYPASS: Tried = { branch: 'switch-off', choose: 'bypass', because: 'it ran out' }

function planOf(
  kind: 'fallback' | 'rollback' | 'bypass',
  changes: Changes = SHOP,
  tried: readonly Tried[] = [],
): { readonly decision: Decision; readonly plan: readonly Step[] } {
  const rollout = exposedRollout(sampleStrategy(changes), SCALED_DOWN)
  const failing = failingBy('verdict', '/checkout')
  const asked = { by: 'bob', because: 'x' }
  const decision =
    kind === 'bypass'
      ? choose(rollout, failing, tried, now)
      : chooseByHand(rollout, failing, tried, { choose: kind, ...asked }, now)
  if ('impossible' in decision) throw new Error(decision.impossible)
  return { decision, plan: mitigationPlan(rollout, decision, tried) }
}

const says = (plan: readonly Step[]) => plan.map((step) => step.says)

describe('the plan of a mitigation', () => {
  test('of a fallback has capacity ready before traffic moves, and looks at the end', () => {
    expect(says(planOf('fallback').plan)).toStrictEqual([
      'scale web on the old stack (blue) to 4 and see it ready',
      'scale jobs on the old stack (blue) to 3 and see it ready',
      'tell the router where blue is',
      'send all traffic to blue',
      'see green serve nothing',
      'see that users are well again',
    ])
  })

  test('of a fallback needs no more capacity than the strategy says, and never less than there was', () => {
    const changes = { ...SHOP, mitigations: { fallback: { capacity: '50%' } } }
    expect(says(planOf('fallback', changes).plan).slice(0, 2)).toStrictEqual([
      'scale web on the old stack (blue) to 2 and see it ready',
      'scale jobs on the old stack (blue) to 3 and see it ready',
    ])
  })

  test('of a rollback brings back every plane once users are safe, and sees them all equal', () => {
    expect(says(planOf('rollback').plan).slice(4)).toStrictEqual([
      'see green serve nothing',
      'restore shop.conf',
      "set flag 'checkout' back to on",
      "set flag 'checkout' back to disabled",
      'put web v0 back on green',
      'stop jobs on green',
      'see every plane equal to the last known good state',
      'see that users are well again',
    ])
  })

  test('of a rollback compares with the very state that was captured', () => {
    const planes = planOf('rollback').plan.find(({ action }) => action.kind === 'planes')
    expect(planes?.action).toStrictEqual({ kind: 'planes', state: SCALED_DOWN.state })
  })

  test('of a bypass switches the flag and compares both arms', () => {
    const { plan } = planOf('bypass')
    expect(plan.map(({ action }) => action)).toStrictEqual([
      { kind: 'flag', file: 'flags.json', key: 'checkout', variant: 'off' },
      { kind: 'verify', mode: 'compare', group: 'canary', forMs: 10_000 },
    ])
    expect(says(plan)[1]).toBe('see that the 5 % of users on v2 are well again')
  })

  test('of a fallback after a bypass switches on again what the bypass switched off', () => {
    const { plan } = planOf('fallback', SHOP, [TRIED_BYPASS])
    expect(says(plan).slice(4)).toStrictEqual([
      'see green serve nothing',
      "set flag 'checkout' back to disabled",
      'see that users are well again',
    ])
  })

  test('finds the file of a flag although its name holds the separator', () => {
    expect(flagName('a#b.json', 'checkout')).toBe('a#b.json#checkout')
    const flag = planOf('rollback').plan.find(({ action }) => action.kind === 'flag')
    expect(flag?.action).toMatchObject({ file: 'a#b.json', key: 'checkout' })
  })

  test('is looked at by users once and not retried, for as long as four windows', () => {
    const verify = planOf('fallback').plan.at(-1)
    expect([verify?.attemptsMax, verify?.withinMs]).toStrictEqual([1, 40_000])
  })

  test('names every step once, by opening and decision', () => {
    const first = planOf('fallback').plan.map(({ id }) => id)
    const second = planOf('fallback', SHOP, [TRIED_BYPASS]).plan.map(({ id }) => id)
    expect([first[0], second[0]]).toStrictEqual(['mitigation/1.1/1-run', 'mitigation/1.2/1-run'])
    expect(new Set([...first, ...second]).size).toBe(first.length + second.length)
  })
})

test.each([
  ['fallback', 5 * MINUTE],
  ['rollback', 10 * MINUTE],
  ['bypass', 2 * MINUTE],
] as const)('a %s may take %i ms until users are looked at', (kind, within) => {
  const rollout = exposedRollout(sampleStrategy(SHOP), SCALED_DOWN)
  expect(mitigationWithin(rollout, planOf(kind).decision)).toBe(within)
})

test('a bypass that nobody has named cannot be planned', () => {
  const rollout = exposedRollout(sampleStrategy())
  const decision: Decision = { ...planOf('bypass').decision, bypass: 'no-search' }
  expect(() => mitigationPlan(rollout, decision, [])).toThrow(
    "the strategy names no bypass 'no-search'",
  )
})
