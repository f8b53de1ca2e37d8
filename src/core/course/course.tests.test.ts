import { describe, expect, test } from 'vitest'
import {
  allSeen,
  captured,
  DENIED,
  type Flight,
  fails,
  fly,
  judged,
  later,
  type Moment,
  NOTHING_THERE,
  promotes,
  says,
  TIMED_OUT,
  told,
  well,
} from '../../../test/support/flight.ts'
import {
  CANARY_OPEN,
  FALLBACK,
  HALT,
  type Scenarios,
  storyOf,
} from '../../../test/support/scenarios.ts'
import { sampleStrategy } from '../../../test/support/strategies.ts'
import { testReport } from '../../../test/support/test-outcomes.ts'
import { MINUTE, SECOND } from '../kernel/instant.ts'

const tested = sampleStrategy({
  groups: [
    {
      name: 'canary',
      share: '5%',
      bake: '1m',
      smoke: [{ name: 'answers', http: { path: '/' }, when: 'both', attempts: 2 }],
    },
    { name: 'everyone', share: '100%', bake: '2m' },
  ],
})

/** The first round after exposure has begun. */
const EXPOSED = [...CANARY_OPEN, 'group.testing canary exposed'] as const
const PASSES = ['test.ended answers pass', 'step.seen 1-smoke'] as const

const opens: readonly Moment[] = [captured(), allSeen, later(0)]
const bakes: readonly Moment[] = [judged('pass'), later(MINUTE), judged('pass')]

const SCENARIOS: Scenarios = {
  'a group is tested before it is exposed, once it is, and again after its bake': {
    strategy: tested,
    moments: [...opens, allSeen, ...bakes, allSeen, judged('pass')],
    story: [
      ...EXPOSED,
      ...PASSES,
      'verdict.reached pass',
      'group.testing canary baked',
      ...PASSES,
      'group.passed canary',
      'group.opened everyone',
    ],
  },
  'a test that fails once users have the release halts and takes it back': {
    strategy: tested,
    moments: [...opens, fails(TIMED_OUT), later(MINUTE), fails(TIMED_OUT), allSeen],
    story: [
      ...EXPOSED,
      'test.ended answers fail',
      'step.failed 1-smoke',
      'test.ended answers fail',
      'step.failed 1-smoke',
      'rollout.halted smoke',
      'decision.made fall-back: fallback',
      ...FALLBACK,
    ],
  },
  'a test that fails at the end of the bake halts, however good the evidence is': {
    strategy: tested,
    moments: [...opens, allSeen, ...bakes, fails(DENIED), allSeen],
    story: [
      ...EXPOSED,
      ...PASSES,
      'verdict.reached pass',
      'group.testing canary baked',
      'test.ended answers fail',
      'step.failed 1-smoke',
      'rollout.halted smoke',
      'decision.made fall-back: fallback',
      ...FALLBACK,
    ],
  },
  'a test that cannot be run says nothing of the release: a person is asked, and it runs again': {
    strategy: tested,
    moments: [...opens, fails(DENIED, 'error'), later(SECOND), says('resume', 'bob'), later(0)],
    story: [
      ...EXPOSED,
      'test.ended answers error',
      'step.failed 1-smoke',
      'rollout.paused by goaround',
      'rollout.resumed by bob',
      'group.testing canary exposed',
    ],
  },
  'a test that cannot be run before a group is exposed keeps it closed, and opens it anew': {
    moments: [
      captured(),
      (flight) => {
        while (flight.acting?.step.action.kind !== 'smoke') seeOne(flight)
      },
      fails(DENIED, 'error'),
      later(SECOND),
      says('resume', 'bob'),
      later(0),
    ],
    story: [
      ...CANARY_OPEN.slice(0, 7),
      'test.ended answers error',
      'step.failed 5-smoke',
      'rollout.paused by goaround',
      'rollout.resumed by bob',
      'group.opened canary',
    ],
  },
  'failing evidence halts while a test is under way, and the test is left': {
    strategy: tested,
    moments: [...opens, judged('fail'), allSeen],
    story: [...EXPOSED, ...HALT, 'decision.made fall-back: fallback', ...FALLBACK],
  },
  'health that broke and came back is tested anew at the end of the new bake': {
    strategy: tested,
    moments: [...opens, allSeen, ...bakes, allSeen, judged('no-data'), judged('pass'), ...bakes],
    story: [
      ...EXPOSED,
      ...PASSES,
      'verdict.reached pass',
      'group.testing canary baked',
      ...PASSES,
      'verdict.reached no-data',
      'verdict.reached pass',
      'group.testing canary baked',
    ],
  },
  'a first release is tested once more when it serves, for it has no bake': {
    strategy: tested,
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
      'test.ended answers pass',
      'step.seen 5-smoke',
      'group.passed everyone',
      'rollout.completed',
    ],
  },
}

function seeOne(flight: Flight): void {
  const { acting, now } = flight
  if (acting === null) throw new Error('nothing is under way')
  const { step, attempt } = acting
  flight.tell({ type: 'report-seen', step: step.id, attempt, evidence: 'looked', now })
}

describe('the tests of a group', () => {
  test.each(Object.entries(SCENARIOS))('%s', (_name, scenario) => {
    expect(storyOf(scenario)).toStrictEqual(scenario.story)
  })

  test('must have passed before a person can promote it', () => {
    const flight = fly(tested, ...opens, judged('pass'), promotes('bob'))
    expect(flight.refusals).toStrictEqual(['promote: not-measured'])
    for (const moment of [allSeen, promotes('bob')]) moment(flight)
    expect(told(flight)).toContain('group.passed canary')
  })

  test('never pass on the outcome of another group, opening, round, release, stack or rollout', () => {
    const others = [
      { group: 'everyone' },
      { opening: 7 },
      { round: 'before' },
      { release: 'v1' },
      { stack: 'blue' },
      { rollout: 'r0' },
    ] as const
    for (const other of others) {
      const flight = fly(tested, ...opens)
      const { acting, now } = flight
      if (acting === null) throw new Error('no test is under way')
      const { test: own } = testReport('r1', acting.step, 'pass')
      if (own === undefined) throw new Error('it is no test')
      const of = { ...own.of, ...other }
      const report = { step: acting.step.id, attempt: acting.attempt, evidence: 'e', now }
      flight.tell({ type: 'report-seen', ...report, test: { ...own, of } })
      expect(flight.refusals).toStrictEqual(['report-seen: borrowed-evidence'])
      flight.tell({ type: 'report-seen', ...report, test: { ...own, verdict: 'error' } })
      flight.tell({ type: 'report-seen', ...report })
      expect(flight.refusals.slice(1)).toStrictEqual(Array(2).fill('report-seen: not-measured'))
      expect(told(flight).at(-1)).toBe('group.testing canary exposed')
    }
  })

  test('are named once in the life of a rollout, however often they run', () => {
    const flight = fly(tested, ...opens, allSeen, ...bakes, allSeen, well(MINUTE), allSeen)
    const began = flight.events.filter(({ type }) => type === 'step.began')
    const names = began.map(({ data }) => JSON.stringify({ ...data, at: 0, says: '' }))
    expect(new Set(names).size).toBe(names.length)
  })
})
