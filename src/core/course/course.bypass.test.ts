import { describe, expect, test } from 'vitest'
import {
  allSeen,
  approved,
  captured,
  judged,
  later,
  type Moment,
  seenUntil,
  verdictOf,
  well,
} from '../../../test/support/flight.ts'
import {
  BOB,
  CANARY_OPEN,
  CAROL,
  FALLBACK_STEPS,
  HALT,
  type Scenarios,
  storyOf,
} from '../../../test/support/scenarios.ts'
import { BACK_TREE, NO_CHECKOUT, sampleStrategy } from '../../../test/support/strategies.ts'
import { HOUR, MINUTE } from '../kernel/instant.ts'
import type { Actor } from '../words/actor.ts'

const BYPASS_TREE = [
  { name: 'switch-off', choose: 'bypass', bypass: 'no-checkout', because: 'only paying fails' },
  ...BACK_TREE,
] as const
const goesOn = {
  bypasses: [{ ...NO_CHECKOUT, covers: ['/checkout'], afterwards: 'continue' as const }],
}

const judgedElsewhere: Moment = (flight) => {
  const { now } = flight
  flight.tell({ type: 'judge', watch: '0/1', verdict: verdictOf('fail'), routes: [], now })
}

function abortedBy(actor: Actor): Moment {
  return (flight) => {
    flight.tell({ type: 'abort', actor, because: 'we want to be sure', now: flight.now })
  }
}

const SCENARIOS: Scenarios = {
  'a bypass needs its stakeholder, holds the rollout, and runs out into the next branch': {
    strategy: sampleStrategy({ tree: BYPASS_TREE }),
    moments: [
      captured(),
      allSeen,
      judged('fail', '/checkout'),
      approved(BOB),
      approved(CAROL),
      allSeen,
      judged('pass'),
      later(HOUR - MINUTE),
      later(MINUTE),
      allSeen,
    ],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made switch-off: bypass, asks 1 × stakeholder',
      'approval.given stakeholder by carol',
      'mitigation.began bypass',
      'step.seen 1-flag',
      'step.seen 2-verify',
      'mitigation.took-effect bypass',
      'mitigation.expired bypass',
      'decision.made fall-back: fallback',
      'mitigation.began fallback',
      ...FALLBACK_STEPS.slice(0, 4),
      // What the bypass switched off is switched on again for the users of the old stack.
      'step.seen 5-flag',
      'step.seen 6-verify',
      'mitigation.took-effect fallback',
      'rollout.ended mitigated',
    ],
  },
  'to abort while a bypass holds the rollout is to take the next way out, not to leave users there':
    {
      strategy: sampleStrategy({ tree: BYPASS_TREE }),
      moments: [
        captured(),
        allSeen,
        judged('fail', '/checkout'),
        approved(CAROL),
        allSeen,
        abortedBy(CAROL),
        allSeen,
      ],
      story: [
        ...CANARY_OPEN,
        ...HALT,
        'decision.made switch-off: bypass, asks 1 × stakeholder',
        'approval.given stakeholder by carol',
        'mitigation.began bypass',
        'step.seen 1-flag',
        'step.seen 2-verify',
        'mitigation.took-effect bypass',
        'mitigation.did-not-help bypass',
        'decision.made fall-back: fallback',
        'mitigation.began fallback',
        ...FALLBACK_STEPS.slice(0, 4),
        'step.seen 5-flag',
        'step.seen 6-verify',
        'mitigation.took-effect fallback',
        'rollout.ended mitigated',
      ],
    },

  'a bypass that does not help for long leads to the next branch, while users are watched': {
    strategy: sampleStrategy({ tree: BYPASS_TREE }),
    moments: [
      captured(),
      allSeen,
      judged('fail', '/checkout'),
      approved(CAROL),
      allSeen,
      later(MINUTE),
      judged('fail', '/'),
      seenUntil('run'),
    ],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made switch-off: bypass, asks 1 × stakeholder',
      'approval.given stakeholder by carol',
      'mitigation.began bypass',
      'step.seen 1-flag',
      'step.seen 2-verify',
      'mitigation.took-effect bypass',
      'rollout.halted verdict',
      'mitigation.did-not-help bypass',
      'decision.made fall-back: fallback',
      'mitigation.began fallback',
    ],
  },
  'a look at anything else says nothing about a bypass that holds': {
    strategy: sampleStrategy({ tree: BYPASS_TREE }),
    moments: [
      captured(),
      allSeen,
      judged('fail', '/checkout'),
      approved(CAROL),
      allSeen,
      judgedElsewhere,
    ],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made switch-off: bypass, asks 1 × stakeholder',
      'approval.given stakeholder by carol',
      'mitigation.began bypass',
      'step.seen 1-flag',
      'step.seen 2-verify',
      'mitigation.took-effect bypass',
    ],
  },
  'a bypass that lets the rollout go on is decided anew when its time is over': {
    strategy: sampleStrategy({ tree: BYPASS_TREE, mitigations: goesOn }),
    moments: [
      captured(),
      allSeen,
      judged('fail', '/checkout'),
      approved(CAROL),
      allSeen,
      judged('pass'),
      later(HOUR),
      seenUntil('run'),
    ],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made switch-off: bypass, asks 1 × stakeholder',
      'approval.given stakeholder by carol',
      'mitigation.began bypass',
      'step.seen 1-flag',
      'step.seen 2-verify',
      'mitigation.took-effect bypass',
      'rollout.resumed by goaround',
      'verdict.reached pass',
      'mitigation.expired bypass',
      'rollout.halted operator',
      'decision.made fall-back: fallback',
      'mitigation.began fallback',
    ],
  },
  'a bypass may run out after the rollout was completed, once': {
    strategy: sampleStrategy({
      tree: BYPASS_TREE,
      mitigations: goesOn,
      groups: [{ name: 'everyone', share: '100%', bake: '1m' }],
    }),
    moments: [
      captured(),
      allSeen,
      judged('fail', '/checkout'),
      approved(CAROL),
      allSeen,
      well(MINUTE),
      later(HOUR),
      later(HOUR),
    ],
    story: [
      'rollout.started',
      'rollout.baseline-captured',
      'group.opened everyone',
      'step.seen 1-attach',
      'step.seen 2-route',
      'step.seen 3-run',
      'step.seen 4-attach',
      'step.seen 5-route',
      ...HALT,
      'decision.made switch-off: bypass, asks 1 × stakeholder',
      'approval.given stakeholder by carol',
      'mitigation.began bypass',
      'step.seen 1-flag',
      'step.seen 2-verify',
      'mitigation.took-effect bypass',
      'rollout.resumed by goaround',
      'verdict.reached pass',
      'group.passed everyone',
      'rollout.completed',
      'mitigation.expired bypass',
    ],
  },
}

describe('a failing rollout with a bypass', () => {
  test.each(Object.entries(SCENARIOS))('%s', (_name, scenario) => {
    expect(storyOf(scenario)).toStrictEqual(scenario.story)
  })
})
