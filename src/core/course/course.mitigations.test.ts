import { describe, expect, test } from 'vitest'
import {
  allSeen,
  approved,
  captured,
  DENIED,
  fails,
  judged,
  later,
  seenUntil,
} from '../../../test/support/flight.ts'
import {
  BOB,
  CANARY_OPEN,
  FALLBACK,
  FALLBACK_STEPS,
  HALT,
  ROLLBACK,
  type Scenarios,
  storyOf,
} from '../../../test/support/scenarios.ts'
import { rehearsed, sampleStrategy } from '../../../test/support/strategies.ts'
import { MINUTE } from '../kernel/instant.ts'

const SCENARIOS: Scenarios = {
  'a failing canary with a fresh credit is taken back without asking anybody': {
    moments: [captured(), allSeen, judged('fail'), allSeen],
    story: [...CANARY_OPEN, ...HALT, 'decision.made fall-back: fallback', ...FALLBACK],
  },
  'blue-green moves everybody at once and back the same way': {
    strategy: sampleStrategy({
      model: 'blue-green',
      groups: [{ name: 'everyone', share: '100%', bake: '5m' }],
    }),
    moments: [captured(), allSeen, judged('pass'), later(MINUTE), judged('fail'), allSeen],
    story: [
      'rollout.started',
      'rollout.baseline-captured',
      'group.opened everyone',
      'step.seen 1-attach',
      'step.seen 2-route',
      'step.seen 3-run',
      'step.seen 4-attach',
      'step.seen 5-route',
      'verdict.reached pass',
      ...HALT,
      'decision.made fall-back: fallback',
      ...FALLBACK,
    ],
  },
  'a fallback whose step cannot be done leads to the next branch': {
    strategy: sampleStrategy({ credits: [rehearsed('fallback'), rehearsed('rollback')] }),
    moments: [captured(), allSeen, judged('fail'), fails(DENIED), approved(BOB), allSeen],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made fall-back: fallback',
      'mitigation.began fallback',
      'step.failed 1-run',
      'mitigation.did-not-help fallback',
      'decision.made roll-back: rollback, asks 1 × on-call',
      'approval.given on-call by bob',
      ...ROLLBACK,
    ],
  },
  'users who are not well after a fallback lead to the next branch': {
    moments: [captured(), allSeen, judged('fail'), seenUntil('verify'), fails()],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made fall-back: fallback',
      'mitigation.began fallback',
      ...FALLBACK_STEPS.slice(0, 4),
      'step.failed 5-verify',
      'mitigation.did-not-help fallback',
      'decision.made roll-back: rollback, asks 1 × on-call',
    ],
  },
  'a fallback that takes longer than it may leads to the next branch': {
    moments: [captured(), allSeen, judged('fail'), later(5 * MINUTE)],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made fall-back: fallback',
      'mitigation.began fallback',
      'mitigation.did-not-help fallback',
      'decision.made roll-back: rollback, asks 1 × on-call',
    ],
  },
}

describe('a rollout that fails', () => {
  test.each(Object.entries(SCENARIOS))('%s', (_name, scenario) => {
    expect(storyOf(scenario)).toStrictEqual(scenario.story)
  })
})
