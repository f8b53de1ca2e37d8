import { describe, expect, test } from 'vitest'
import {
  allSeen,
  captured,
  fails,
  judged,
  later,
  type Moment,
  NOTHING_THERE,
  seenUntil,
  TIMED_OUT,
  well,
} from '../../../test/support/flight.ts'
import {
  CANARY_OPEN,
  FALLBACK,
  HALT,
  type Scenarios,
  storyOf,
} from '../../../test/support/scenarios.ts'
import { CANARY_GROUPS, sampleStrategy } from '../../../test/support/strategies.ts'
import { MINUTE } from '../kernel/instant.ts'

const uncaptured: Moment = (flight) =>
  flight.tell({ type: 'report-baseline-unknown', failure: TIMED_OUT, now: flight.now })

const SCENARIOS: Scenarios = {
  'a good release passes group by group': {
    moments: [
      captured(),
      allSeen,
      well(MINUTE),
      allSeen,
      well(2 * MINUTE),
      allSeen,
      well(2 * MINUTE),
    ],
    story: [
      ...CANARY_OPEN,
      'verdict.reached pass',
      'group.passed canary',
      'group.opened half',
      'step.seen 1-run',
      'step.seen 2-attach',
      'step.seen 3-route',
      'verdict.reached pass',
      'group.passed half',
      'group.opened everyone',
      'step.seen 1-run',
      'step.seen 2-attach',
      'step.seen 3-route',
      'verdict.reached pass',
      'group.passed everyone',
      'rollout.completed',
    ],
  },
  'a smoke test that fails in the second group halts before its share is given': {
    strategy: sampleStrategy({
      groups: CANARY_GROUPS.map((group) => ({
        ...group,
        smoke: [{ name: 'answers', http: { path: '/' }, attempts: 2 }],
      })),
    }),
    moments: [
      captured(),
      allSeen,
      well(MINUTE),
      seenUntil('smoke'),
      fails(TIMED_OUT),
      later(MINUTE),
      fails(TIMED_OUT),
      allSeen,
    ],
    story: [
      ...CANARY_OPEN,
      'verdict.reached pass',
      'group.passed canary',
      'group.opened half',
      'step.seen 1-run',
      'step.seen 2-attach',
      'test.ended answers fail',
      'step.failed 3-smoke',
      'test.ended answers fail',
      'step.failed 3-smoke',
      'rollout.halted smoke',
      'decision.made fall-back: fallback',
      ...FALLBACK,
    ],
  },
  'users of a group that passed are watched until the next one is exposed': {
    moments: [captured(), allSeen, well(MINUTE), seenUntil('route'), judged('fail'), allSeen],
    story: [
      ...CANARY_OPEN,
      'verdict.reached pass',
      'group.passed canary',
      'group.opened half',
      'step.seen 1-run',
      'step.seen 2-attach',
      ...HALT,
      'decision.made fall-back: fallback',
      ...FALLBACK,
    ],
  },
  'the first release has nothing to be compared with: its smoke tests decide': {
    moments: [captured(NOTHING_THERE), allSeen],
    story: [
      'rollout.started',
      'rollout.baseline-captured',
      'group.opened everyone',
      'step.seen 1-run',
      'step.seen 2-attach',
      'test.ended answers pass',
      'step.seen 3-smoke',
      'step.seen 4-route',
      'group.passed everyone',
      'rollout.completed',
    ],
  },
  'a state that cannot be captured ends the rollout before anything was changed': {
    moments: Array.from({ length: 5 }, () => uncaptured),
    story: [
      'rollout.started',
      ...Array.from({ length: 5 }, () => 'rollout.baseline-unknown'),
      'rollout.ended not-mitigated',
    ],
  },
}

describe('a rollout from take-off to its end', () => {
  test.each(Object.entries(SCENARIOS))('%s', (_name, scenario) => {
    expect(storyOf(scenario)).toStrictEqual(scenario.story)
  })
})
