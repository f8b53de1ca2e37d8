import { describe, expect, test } from 'vitest'
import type { Happened } from './history.ts'
import { rolesForNames, sayAuthority, sayRole } from './say-roles.ts'

const HISTORY: readonly Happened[] = [
  happened({ type: 'rollout.paused', data: { by: 'person:zoe.quill', because: 'a look', at: 1 } }),
  happened({
    type: 'approval.given',
    data: { role: 'release-captain', by: 'person:omar.rusk', hash: 'h', at: 2 },
  }),
  happened({ type: 'rollout.paused', data: { by: 'token:deploy', because: 'a pause', at: 3 } }),
  happened({ type: 'rollout.paused', data: { by: 'goaround', because: 'no data', at: 4 } }),
  happened({ type: 'rollout.paused', data: { by: 'person:local', because: 'a test', at: 5 } }),
  happened({
    type: 'rollout.ended',
    data: { outcome: 'not-mitigated', because: 'person:eve-1 closed it as it stands', at: 6 },
  }),
]

describe('roles in place of names', () => {
  const nameless = rolesForNames(HISTORY)

  test.each([
    ['person:zoe.quill paused it', 'an operator paused it'],
    ['person:omar.rusk chose fallback', 'a release captain chose fallback'],
    [
      'omar.rusk said so, and Omar Rusk knows',
      'a release captain said so, and a release captain knows',
    ],
    ['Ask Zoe. Or Omar: they know', 'Ask an operator. Or a release captain: they know'],
    ['token:deploy started it', 'an operator started it'],
    ['person:eve-1 aborted the rollout', 'an operator aborted the rollout'],
    ['goaround paused it', 'goaround paused it'],
  ])('%s → %s', (text, says) => {
    expect(nameless(text)).toBe(says)
  })

  test.each([
    'the deploy took a minute on localhost',
    'a local cache was cold',
    'zoetrope.example.org answered; see https://omar.rusk.example/x',
    'the omaric ring and the azoe reaction',
  ])('leaves alone what is not a name: %s', (text) => {
    expect(nameless(text)).toBe(text)
  })

  test('a history without people changes nothing', () => {
    expect(rolesForNames([])('person of interest')).toBe('person of interest')
  })
})

test.each([
  ['release-captain', 'a release captain'],
  ['on-call', 'an on-call engineer'],
  ['admin', 'an admin'],
])('role %s is said as "%s"', (role, says) => {
  expect(sayRole(role)).toBe(says)
})

test('an authority names the roles that approved, or the rule that allowed it', () => {
  expect(sayAuthority('person:zoe as release-captain, person:omar as stakeholder')).toBe(
    'approved by a release captain and a stakeholder',
  )
  const alone = 'the strategy lets it act alone: fallback was rehearsed on 2026-11-20'
  expect(sayAuthority(alone)).toBe(alone)
})

function happened(event: Happened['event']): Happened {
  return { event, at: event.data.at }
}
