import { describe, expect, test } from 'vitest'
import {
  allSeen,
  approved,
  captured,
  chooses,
  does,
  fails,
  judged,
  later,
  type Moment,
  NOTHING_THERE,
  person,
  promotes,
  says,
  seenUntil,
  well,
} from '../../../test/support/flight.ts'
import {
  ALICE,
  BOB,
  CANARY_OPEN,
  CAROL,
  FALLBACK,
  HALT,
  ROLLBACK,
  type Scenarios,
  storyOf,
} from '../../../test/support/scenarios.ts'
import { BACK_TREE, CANARY_GROUPS, sampleStrategy } from '../../../test/support/strategies.ts'
import { HOUR, MINUTE } from '../kernel/instant.ts'

const superseded: Moment = (flight) =>
  flight.tell({ type: 'supersede', by: 'bob', now: flight.now })

const SCENARIOS: Scenarios = {
  'a failing canary whose way out was not rehearsed waits for the on-call': {
    strategy: sampleStrategy({ credits: [] }),
    moments: [captured(), allSeen, judged('fail'), later(MINUTE), approved(BOB), allSeen],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made fall-back: fallback, asks 1 × on-call',
      'approval.given on-call by bob',
      ...FALLBACK,
    ],
  },
  'where two yeses are needed, neither the starter nor the same person twice counts': {
    strategy: sampleStrategy({
      tree: [
        {
          name: 'fall-back',
          choose: 'fallback',
          approvals: [{ role: 'on-call', count: 2 }],
          because: 'two look at it',
        },
      ],
    }),
    moments: [
      captured(),
      allSeen,
      judged('fail'),
      approved(ALICE),
      approved(BOB),
      approved(BOB),
      approved(CAROL),
      approved(person('dora', 'on-call')),
      allSeen,
    ],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made fall-back: fallback, asks 2 × on-call',
      'approval.given on-call by bob',
      'approval.given on-call by dora',
      ...FALLBACK,
    ],
  },
  'a first release that fails has nothing to go back to: a person decides': {
    moments: [captured(NOTHING_THERE), fails(), does('abort', BOB, 'we fix it first')],
    story: [
      'rollout.started',
      'rollout.baseline-captured',
      'group.opened everyone',
      'step.failed 1-run',
      'rollout.halted deploy',
      'decision.made nothing-left: hold',
      'rollout.ended not-mitigated',
    ],
  },
  'a person who says stop is heard at once, and their own yes counts where one is enough': {
    strategy: sampleStrategy({ credits: [] }),
    moments: [captured(), allSeen, does('abort', BOB, 'the phone rings'), allSeen],
    story: [
      ...CANARY_OPEN,
      'rollout.halted operator',
      'decision.made fall-back: fallback, asks 1 × on-call',
      'approval.given on-call by bob',
      ...FALLBACK,
    ],
  },
  'a rollout that was stopped before anything was changed just ends': {
    moments: [does('abort', BOB, 'wrong release'), does('abort', BOB, 'once more')],
    story: ['rollout.started', 'rollout.ended not-mitigated'],
  },
  'a rollout that was resumed after a halt is looked at anew, and may fail again': {
    strategy: sampleStrategy({ credits: [] }),
    moments: [
      captured(),
      allSeen,
      judged('fail'),
      says('resume', 'bob'),
      judged('pass'),
      later(MINUTE),
      judged('fail'),
    ],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made fall-back: fallback, asks 1 × on-call',
      'rollout.resumed by bob',
      'verdict.reached pass',
      ...HALT,
      'decision.made fall-back: fallback, asks 1 × on-call',
    ],
  },
  'what a mitigation has begun to take back is opened anew by whoever resumes': {
    strategy: sampleStrategy({ tree: BACK_TREE.slice(0, 1) }),
    moments: [
      captured(),
      allSeen,
      judged('fail'),
      fails(),
      says('resume', 'bob'),
      later(1),
      allSeen,
    ],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made fall-back: fallback',
      'mitigation.began fallback',
      'step.failed 1-run',
      'mitigation.did-not-help fallback',
      'decision.made nothing-left: hold',
      'rollout.resumed by bob',
      ...CANARY_OPEN.slice(2),
    ],
  },
  'a decision that somebody rejects leads to the next branch': {
    strategy: sampleStrategy({ credits: [] }),
    moments: [captured(), allSeen, judged('fail'), does('reject', BOB, 'the old stack is ill too')],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made fall-back: fallback, asks 1 × on-call',
      'approval.rejected by bob',
      'decision.made roll-back: rollback, asks 1 × on-call',
    ],
  },
  'an approval that nobody gives leads to the next branch, and at the last one to reminders': {
    strategy: sampleStrategy({ credits: [] }),
    moments: [
      captured(),
      allSeen,
      judged('fail'),
      later(30 * MINUTE),
      later(30 * MINUTE),
      later(30 * MINUTE),
      approved(BOB),
      seenUntil('run'),
    ],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made fall-back: fallback, asks 1 × on-call',
      'mitigation.did-not-help fallback',
      'decision.made roll-back: rollback, asks 1 × on-call',
      'approval.overdue',
      'approval.overdue',
      'approval.given on-call by bob',
      'mitigation.began rollback',
    ],
  },
  'a hold on the way delays the branches behind it, and does not hide them': {
    strategy: sampleStrategy({
      credits: [],
      tree: [
        ...BACK_TREE.slice(0, 1),
        { name: 'wait', choose: 'hold', because: 'it may pass' },
        ...BACK_TREE.slice(1),
      ],
    }),
    moments: [
      captured(),
      allSeen,
      judged('fail'),
      later(30 * MINUTE),
      later(30 * MINUTE),
      later(30 * MINUTE),
    ],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made fall-back: fallback, asks 1 × on-call',
      'mitigation.did-not-help fallback',
      'decision.made wait: hold',
      'mitigation.did-not-help hold',
      'decision.made roll-back: rollback, asks 1 × on-call',
      'approval.overdue',
    ],
  },
  'a person may choose the rollback themselves, and it halts what went on': {
    moments: [captured(), allSeen, judged('pass'), chooses('rollback', BOB), allSeen],
    story: [
      ...CANARY_OPEN,
      'verdict.reached pass',
      'rollout.halted operator',
      'decision.made roll-back: rollback, asks 1 × on-call',
      'approval.given on-call by bob',
      ...ROLLBACK,
    ],
  },
  'a person may choose another way out than the one that is under way': {
    moments: [captured(), allSeen, judged('fail'), chooses('rollback', BOB), allSeen],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made fall-back: fallback',
      'mitigation.began fallback',
      'mitigation.did-not-help fallback',
      'decision.made roll-back: rollback, asks 1 × on-call',
      'approval.given on-call by bob',
      ...ROLLBACK,
    ],
  },
  'a hotfix is waited for once its approval is there, and takes the place of the rollout': {
    strategy: sampleStrategy({
      tree: [
        {
          name: 'fix',
          choose: 'hotfix',
          approvals: [{ role: 'on-call' }],
          because: 'the fix is one line',
        },
        ...BACK_TREE,
      ],
    }),
    moments: [
      captured(),
      allSeen,
      judged('fail'),
      superseded,
      approved(BOB),
      later(HOUR),
      superseded,
    ],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made fix: hotfix, asks 1 × on-call',
      'approval.given on-call by bob',
      'rollout.ended superseded',
    ],
  },
  'a hotfix that does not come in time leads to the next branch': {
    strategy: sampleStrategy({
      tree: [{ name: 'fix', choose: 'hotfix', because: 'the fix is one line' }, ...BACK_TREE],
    }),
    moments: [captured(), allSeen, judged('fail'), later(2 * HOUR), allSeen],
    story: [
      ...CANARY_OPEN,
      ...HALT,
      'decision.made fix: hotfix',
      'mitigation.did-not-help hotfix',
      'decision.made fall-back: fallback',
      ...FALLBACK,
    ],
  },
  'a group that is opened by hand waits, reminds, and is promoted': {
    strategy: sampleStrategy({
      groups: CANARY_GROUPS.map((group) => ({ ...group, manual: group.name === 'half' })),
    }),
    moments: [
      captured(),
      allSeen,
      well(MINUTE),
      later(30 * MINUTE),
      promotes('bob'),
      says('pause', 'bob'),
      allSeen,
      promotes('bob'),
      says('resume', 'bob'),
      later(1),
      allSeen,
    ],
    story: [
      ...CANARY_OPEN,
      'verdict.reached pass',
      'group.passed canary',
      'group.waiting half for promote',
      'rollout.reminded',
      'group.opened half',
      'rollout.paused by bob',
      'step.seen 1-run',
      'rollout.resumed by bob',
      'step.seen 2-attach',
      'step.seen 3-route',
    ],
  },
  'a group that cannot be judged is paused, and a person is reminded': {
    moments: [
      captured(),
      allSeen,
      judged('no-data'),
      later(15 * MINUTE),
      judged('no-data'),
      later(30 * MINUTE),
      later(30 * MINUTE),
      later(30 * MINUTE),
    ],
    story: [
      ...CANARY_OPEN,
      'verdict.reached no-data',
      'rollout.paused by goaround',
      'rollout.reminded',
      'rollout.reminded',
    ],
  },
}

describe('people and a rollout', () => {
  test.each(Object.entries(SCENARIOS))('%s', (_name, scenario) => {
    expect(storyOf(scenario)).toStrictEqual(scenario.story)
  })
})
