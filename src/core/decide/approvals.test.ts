import { describe, expect, test } from 'vitest'
import { person } from '../../../test/support/flight.ts'
import { type Approval, fillableRole, missingApprovals } from './approvals.ts'
import type { Decision } from './decision.ts'

function decisionThat(...asks: readonly (readonly [role: string, count: number])[]): Decision {
  return {
    number: 1,
    branch: 'fall-back',
    choose: 'fallback',
    bypass: null,
    because: 'the old stack still runs',
    approvals: asks.map(([role, count]) => ({ role, count, because: 'the tree asks for it' })),
    approveWithinMs: 1,
    holdForMs: 1,
    others: [],
    facts: {},
    by: 'tree',
    hash: 'h1',
  }
}

function yes(by: string, role: string, hash = 'h1'): Approval {
  return { by, role, hash, at: 1 }
}

const one = decisionThat(['on-call', 1])
const two = decisionThat(['on-call', 2])
const both = decisionThat(['on-call', 1], ['stakeholder', 1])

describe('an approval', () => {
  test.each<{
    because: string
    decision: Decision
    given?: readonly Approval[]
    by: string
    roles: readonly string[]
    fills: { readonly role: string } | { readonly refused: string }
  }>([
    {
      because: 'counts for a role that is asked for',
      decision: one,
      by: 'bob',
      roles: ['on-call'],
      fills: { role: 'on-call' },
    },
    {
      because: 'of an administrator counts for any role',
      decision: both,
      given: [yes('bob', 'on-call')],
      by: 'dave',
      roles: ['admin'],
      fills: { role: 'stakeholder' },
    },
    {
      because: 'of the one who started it counts where one yes is enough',
      decision: one,
      by: 'alice',
      roles: ['on-call'],
      fills: { role: 'on-call' },
    },
    {
      because: 'of the one who started it does not count where two people of a role are needed',
      decision: two,
      by: 'alice',
      roles: ['on-call'],
      fills: { refused: 'own-request' },
    },
    {
      because: 'of the one who started it does not count where two roles are needed',
      decision: both,
      by: 'alice',
      roles: ['admin'],
      fills: { refused: 'own-request' },
    },
    {
      because: 'is given once by a person, even one with every role',
      decision: both,
      given: [yes('dave', 'on-call')],
      by: 'dave',
      roles: ['admin'],
      fills: { refused: 'approved-before' },
    },
    {
      because: 'needs a role that is asked for',
      decision: one,
      by: 'erin',
      roles: ['viewer'],
      fills: { refused: 'not-your-role' },
    },
    {
      because: 'needs a role that is still asked for',
      decision: both,
      given: [yes('bob', 'on-call')],
      by: 'cleo',
      roles: ['on-call'],
      fills: { refused: 'not-your-role' },
    },
    {
      because: 'is not needed where nothing is asked',
      decision: decisionThat(),
      by: 'bob',
      roles: ['on-call'],
      fills: { refused: 'no-approval-needed' },
    },
    {
      because: 'that was given for another decision fills nothing, and does not stand in the way',
      decision: two,
      given: [yes('bob', 'on-call', 'h0')],
      by: 'bob',
      roles: ['on-call'],
      fills: { role: 'on-call' },
    },
  ])('$because', ({ decision, given = [], by, roles, fills }) => {
    expect(fillableRole(decision, given, person(by, ...roles), 'alice')).toStrictEqual(fills)
  })

  test('is missing until as many people as needed have said yes to this very decision', () => {
    const given = [yes('bob', 'on-call'), yes('cleo', 'on-call', 'h0')]
    expect(missingApprovals(two, given)).toStrictEqual([
      { role: 'on-call', count: 1, because: 'the tree asks for it' },
    ])
    expect(missingApprovals(two, [...given, yes('cleo', 'on-call')])).toStrictEqual([])
  })
})
