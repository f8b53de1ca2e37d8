import { describe, expect, test } from 'vitest'
import { exposedRollout, failingBy } from '../../../test/support/emergencies.ts'
import { TAKE_OFF } from '../../../test/support/flight.ts'
import { instant } from '../../../test/support/instants.ts'
import {
  BACK_TREE,
  type Changes,
  rehearsed,
  sampleStrategy,
} from '../../../test/support/strategies.ts'
import { choose, chooseByHand, creditFor } from './choose.ts'
import type { Tried } from './ways-out.ts'

const now = TAKE_OFF

const TREE: NonNullable<Changes['tree']> = [
  {
    name: 'critical',
    when: 'workload.criticalityRank >= 3',
    choose: 'fallback',
    approvals: [{ role: 'director' }],
    because: 'too much depends on it',
  },
  {
    name: 'divided',
    when: '1 / attempt > 0',
    choose: 'rollback',
    because: 'this condition cannot be answered',
  },
  {
    name: 'switch-off',
    choose: 'bypass',
    bypass: 'no-checkout',
    approveWithin: '5m',
    because: 'only paying fails',
  },
  { name: 'fix', when: 'effort.hotfixMinutes < 30.0', choose: 'hotfix', because: 'it is small' },
  ...BACK_TREE,
]

function decide(changes: Changes, tried: readonly Tried[] = [], ...routes: readonly string[]) {
  const rollout = exposedRollout(sampleStrategy(changes))
  return choose(rollout, failingBy('verdict', ...routes), tried, now)
}

describe('the decision', () => {
  test('is the first branch whose condition holds and whose way out is possible, and says why not the others', () => {
    const decision = decide({ tree: TREE }, [], '/')
    expect([decision.branch, decision.choose, decision.holdForMs]).toStrictEqual([
      'fix',
      'hotfix',
      7_200_000,
    ])
    expect(decision.others).toStrictEqual([
      {
        branch: 'critical',
        choose: 'fallback',
        because: 'its condition does not hold: workload.criticalityRank >= 3',
      },
      {
        branch: 'divided',
        choose: 'rollback',
        because: expect.stringContaining('could not be answered'),
      },
      {
        branch: 'switch-off',
        choose: 'bypass',
        because: "flag 'checkout' does not cover /",
      },
      { branch: 'fall-back', choose: 'fallback', because: 'an earlier branch was taken' },
      { branch: 'roll-back', choose: 'rollback', because: 'an earlier branch was taken' },
    ])
  })

  test('passes over what was tried, with the reason why it was given up', () => {
    const tried = [{ branch: 'fall-back', choose: 'fallback', because: 'nobody got well' }] as const
    const decision = decide({}, tried)
    expect([decision.number, decision.branch]).toStrictEqual([2, 'roll-back'])
    expect(decision.others[0]?.because).toBe('nobody got well')
  })

  test('holds where nothing is left, because doing something known to be wrong is worse', () => {
    const tried = BACK_TREE.map(({ name, choose: kind }) => ({
      branch: name,
      choose: kind,
      because: 'it failed',
    }))
    const { choose: kind, branch, approvals, because } = decide({}, tried)
    expect([kind, branch, approvals]).toStrictEqual(['hold', 'nothing-left', []])
    expect(because).toBe('no branch of the tree can be taken: a person has to decide')
  })

  test('rests on facts that people can check', () => {
    const facts = decide({}, [], '/pay').facts
    expect(facts).toStrictEqual({
      exposure: { model: 'canary', share: 0.05, group: 'canary', groupIndex: 0, groups: 3 },
      failure: {
        verdict: 'fail',
        metrics: ['errors'],
        routes: ['/pay'],
        worstRatio: 10,
        errorRate: 0.1,
        sentence: 'the canary failed by verdict',
      },
      health: { group: 'unknown', flows: 'unknown', unhealthy: [], degraded: [], unknown: [] },
      workload: {
        name: 'shop',
        criticality: 'medium',
        criticalityRank: 1,
        infrastructure: 'immutable',
      },
      release: { candidate: 'v2', lastKnownGood: 'v1' },
      able: { fallback: true, rollback: true, bypass: false, hotfix: false },
      effort: { hotfixMinutes: 20 },
      alerts: { firing: [], severities: [] },
      attempt: 0,
    })
  })

  test('is the same again for the same facts, and another for any other', () => {
    const { hash } = decide({}, [], '/pay')
    expect(decide({}, [], '/pay').hash).toBe(hash)
    expect(decide({}, [], '/').hash).not.toBe(hash)
    expect(decide({ credits: [] }, [], '/pay').hash).not.toBe(hash)
  })

  test('has another hash after a resume, so that an old yes does not count', () => {
    const rollout = exposedRollout(sampleStrategy())
    const again = { ...rollout, openings: rollout.openings + 1 }
    const [first, second] = [rollout, again].map((one) =>
      choose(one, failingBy('verdict'), [], now),
    )
    expect(first?.hash).not.toBe(second?.hash)
  })
})

describe('who is asked', () => {
  const asked = (changes: Changes, ...routes: readonly string[]) =>
    decide(changes, [], ...routes).approvals.map(({ role, count }) => `${count} × ${role}`)

  test.each<[string, Changes, readonly string[]]>([
    ['nobody, where the way out was rehearsed lately', {}, []],
    ['the on-call, where it was not', { credits: [] }, ['1 × on-call']],
    [
      'the on-call, where another way out was rehearsed',
      { credits: [rehearsed('rollback')] },
      ['1 × on-call'],
    ],
    [
      'those whom the tree names, rehearsed or not',
      {
        tree: [
          {
            name: 'one',
            choose: 'fallback',
            approvals: [{ role: 'lead', count: 2 }, { role: 'dba' }],
            because: 'x',
          },
        ],
      },
      ['2 × lead', '1 × dba'],
    ],
    [
      'a stakeholder for every bypass, even a rehearsed one',
      {
        credits: [rehearsed('bypass')],
        tree: [{ name: 'one', choose: 'bypass', bypass: 'no-checkout', because: 'x' }],
      },
      ['1 × stakeholder'],
    ],
    [
      'a stakeholder besides those whom the tree names',
      {
        tree: [
          {
            name: 'one',
            choose: 'bypass',
            bypass: 'no-checkout',
            because: 'x',
            approvals: [{ role: 'lead' }],
          },
        ],
      },
      ['1 × lead', '1 × stakeholder'],
    ],
    [
      'nobody for a hold or a fix, which people carry out themselves',
      { credits: [], tree: [{ name: 'one', choose: 'hotfix', because: 'x' }] },
      [],
    ],
  ])('%s', (_who, changes, needs) => {
    expect(asked(changes, '/checkout')).toStrictEqual(needs)
  })
})

describe('a choice by hand', () => {
  const byHand = (changes: Changes, kind: 'fallback' | 'rollback') =>
    chooseByHand(
      exposedRollout(sampleStrategy(changes)),
      failingBy('operator'),
      [],
      { choose: kind, by: 'bob', because: 'I know this one' },
      now,
    )

  test('needs what the tree asks for it on the branch that holds here', () => {
    const tree: NonNullable<Changes['tree']> = [
      {
        name: 'critical',
        when: 'workload.criticalityRank >= 3',
        choose: 'rollback',
        approvals: [],
        because: 'x',
      },
      ...BACK_TREE,
    ]
    expect(byHand({ tree }, 'rollback')).toMatchObject({
      branch: 'roll-back',
      approvals: [{ role: 'on-call', count: 1 }],
      because: 'bob chose it: I know this one',
      by: 'bob',
    })
  })

  test('is possible although the tree does not name it', () => {
    expect(byHand({ tree: BACK_TREE.slice(0, 1) }, 'rollback')).toMatchObject({
      branch: 'by-hand',
      choose: 'rollback',
      approvals: [],
      approveWithinMs: 1_800_000,
    })
  })

  test('of what the strategy does not offer is impossible, with the reason', () => {
    expect(byHand({ mitigations: { rollback: undefined } }, 'rollback')).toStrictEqual({
      impossible: "the strategy's mitigations name no rollback",
    })
  })
})

describe('a credit', () => {
  const credits = [
    { ...rehearsed('fallback'), rehearsedOn: '2026-10-01', freshFor: '10d' },
    { ...rehearsed('fallback'), rehearsedOn: '2026-11-01', freshFor: '7d' },
    { ...rehearsed('fallback'), rehearsedOn: '2027-01-01' },
  ]
  const strategy = sampleStrategy({ credits })

  test.each([
    ['2026-11-01T00:00:00Z', true, 'fallback was rehearsed on 2026-11-01'],
    ['2026-11-08T23:59:59Z', true, 'fallback was rehearsed on 2026-11-01'],
    [
      '2026-11-09T01:00:00Z',
      false,
      'fallback was last rehearsed on 2026-11-01; that ran out 1h ago',
    ],
    ['2026-09-30T12:00:00Z', false, 'fallback was never rehearsed, so it does not act alone'],
  ])('on %s is fresh: %s', (at, fresh, because) => {
    expect(creditFor('fallback', strategy, instant(at))).toStrictEqual({ fresh, because })
  })

  test('is for one way out only', () => {
    expect(creditFor('rollback', strategy, now)).toStrictEqual({
      fresh: false,
      because: 'rollback was never rehearsed, so it does not act alone',
    })
  })
})
