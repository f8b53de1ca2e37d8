import { describe, expect, test } from 'vitest'
import { allSeen, captured, type Flight, fly, verdictOf } from '../../../test/support/flight.ts'
import { sampleStrategy } from '../../../test/support/strategies.ts'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import type { Strategy } from '../strategy/schema.ts'
import type { VerdictKind } from '../words/verdict.ts'
import { giveUpAfter, judged, unexposedVerdict } from './gate.ts'
import { groupAt, type Rollout, watchOf } from './state.ts'

/** Looks at the first group, at seconds after its share was seen. */
type Looks = readonly (readonly [second: number, kind: VerdictKind])[]

const every = (kind: VerdictKind, from: number, to: number): Looks =>
  Array.from({ length: (to - from) / 10 + 1 }, (_, i) => [from + 10 * i, kind] as const)

const halting = sampleStrategy({ detection: { onNoData: 'halt' } })
const impatient = sampleStrategy({
  groups: [{ name: 'canary', share: '5%', bake: '10m', giveUpAfter: '1m' }],
})

const CASES: readonly {
  readonly because: string
  readonly strategy?: Strategy
  readonly looks: Looks
  readonly outcome: readonly string[]
}[] = [
  {
    because: 'a pass throughout the bake passes, and says it once',
    looks: every('pass', 0, 60),
    outcome: ['verdict.reached', 'group.passed'],
  },
  {
    because: 'a pass for less than the bake does not pass yet',
    looks: every('pass', 0, 50),
    outcome: ['verdict.reached'],
  },
  {
    because: 'thin evidence neither passes nor breaks the health that was seen',
    looks: [...every('pass', 0, 20), ...every('inconclusive', 30, 90), [100, 'pass']],
    outcome: ['verdict.reached', 'verdict.reached', 'verdict.reached', 'group.passed'],
  },
  {
    because: 'thin evidence alone never passes',
    looks: every('inconclusive', 0, 600),
    outcome: ['verdict.reached'],
  },
  {
    because: 'a moment without data begins the bake anew',
    looks: [...every('pass', 0, 50), [55, 'no-data'], ...every('pass', 60, 110)],
    outcome: ['verdict.reached', 'verdict.reached', 'verdict.reached'],
  },
  {
    because: 'a source that cannot be read begins the bake anew',
    looks: [...every('pass', 0, 50), [55, 'error'], ...every('pass', 60, 120)],
    outcome: ['verdict.reached', 'verdict.reached', 'verdict.reached', 'group.passed'],
  },
  {
    because: 'a failing verdict halts in the middle of the bake',
    looks: [...every('pass', 0, 50), [55, 'fail']],
    outcome: ['verdict.reached', 'verdict.reached', 'rollout.halted'],
  },
  {
    because: 'what cannot be judged for too long asks a person',
    looks: every('no-data', 0, 660),
    outcome: ['verdict.reached', 'rollout.paused'],
  },
  {
    because: 'a strategy may say to halt without data, once it is not merely the start',
    strategy: halting,
    looks: [
      [5, 'no-data'],
      [14, 'no-data'],
      [15, 'no-data'],
    ],
    outcome: ['verdict.reached', 'rollout.halted'],
  },
  {
    because: 'a group that is well is not given up however long its bake is',
    strategy: impatient,
    looks: every('pass', 0, 590),
    outcome: ['verdict.reached'],
  },
]

function bakes(strategy: Strategy = sampleStrategy()): Flight {
  return fly(strategy, captured(), allSeen)
}

function rolloutOf({ state }: Flight): Rollout {
  if (state.rollout === null) throw new Error('nothing was started')
  return state.rollout
}

describe('the gate of a group', () => {
  test.each(CASES)('$because', ({ strategy, looks, outcome }) => {
    const flight = bakes(strategy)
    const before = flight.events.length
    const from = flight.now
    for (const [second, kind] of looks) {
      const now = from + second * SECOND
      const { watch } = flight
      flight.tell({ type: 'judge', watch, verdict: verdictOf(kind), routes: [], now })
    }
    const types = flight.events.slice(before).map(({ type }) => type)
    const answers = ['decision.made', 'mitigation.began', 'step.began']
    expect(types.filter((type) => !answers.includes(type))).toStrictEqual(outcome)
  })

  test('names the metrics and the routes that fail', () => {
    const flight = bakes()
    const rollout = rolloutOf(flight)
    const verdict = verdictOf('fail')
    const look = { watch: watchOf(rollout) ?? '', verdict, routes: ['/pay'] }
    const [, halt] = judged(rollout, look, flight.now)
    expect(halt?.type === 'rollout.halted' && halt.data.failing).toStrictEqual({
      kind: 'verdict',
      group: 'canary',
      because: "group 'canary': the evidence says fail",
      metrics: ['errors'],
      routes: ['/pay'],
      verdict,
    })
  })

  test('hears nothing of a group that is not exposed now', () => {
    const flight = bakes()
    for (const kind of ['pass', 'fail', 'no-data'] as const) {
      const look = { watch: '7/9', verdict: verdictOf(kind), routes: [] }
      expect(judged(rolloutOf(flight), look, flight.now + MINUTE)).toStrictEqual([])
    }
  })

  test('has a group pass that exposes nobody, for its tests were its gate', () => {
    const group = groupAt(rolloutOf(bakes()), 0)
    expect(unexposedVerdict(group)).toStrictEqual({
      kind: 'pass',
      because: "nobody is exposed in group 'canary'; its smoke tests passed",
      exposed: 0,
      evidence: [],
    })
  })

  test.each([
    { bake: 30 * SECOND, given: undefined, expected: 30 * SECOND + 10 * MINUTE },
    { bake: 20 * MINUTE, given: undefined, expected: 60 * MINUTE },
    { bake: 20 * MINUTE, given: MINUTE, expected: MINUTE },
  ])('gives up a bake of $bake ms after $expected ms', ({ bake, given, expected }) => {
    const group = groupAt(rolloutOf(bakes()), 0)
    expect(giveUpAfter({ ...group, bake, giveUpAfter: given })).toBe(expected)
  })
})

describe('a shadow metric that would have halted', () => {
  const seen = { candidate: { n: 9, events: 9 }, control: { n: 90, events: 0 }, ratio: null }
  const evidence = {
    ...seen,
    metric: 'orders',
    verdict: 'fail',
    because: 'orders: 9 of 9',
    logE: 9,
    logEToFire: 5,
    shadow: { wouldHaveHaltedAt: 1 },
  } as const

  function told(kind: VerdictKind) {
    const flight = bakes()
    const before = flight.events.length
    for (const second of [1, 2, 3]) {
      const now = flight.now + second * SECOND
      const verdict = { ...verdictOf(kind), evidence: [...verdictOf(kind).evidence, evidence] }
      flight.tell({ type: 'judge', watch: flight.watch, verdict, routes: [], now })
    }
    return flight.events.slice(before)
  }

  test('is recorded once per group, beside whatever the others say', () => {
    const events = told('pass')
    expect(events.filter(({ type }) => type === 'shadow.would-have-halted')).toMatchObject([
      { data: { metric: 'orders', group: 'canary', because: 'orders: 9 of 9' } },
    ])
    expect(events.some(({ type }) => type === 'rollout.halted')).toBe(false)
  })

  test('is not among the metrics that the decision sees', () => {
    const halt = told('fail').find(({ type }) => type === 'rollout.halted')
    expect(halt).toMatchObject({ data: { failing: { metrics: ['errors'] } } })
  })
})
