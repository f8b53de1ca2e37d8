import { describe, expect, test } from 'vitest'
import {
  BASELINE,
  NOTHING_THERE,
  TAKE_OFF,
  TIMED_OUT,
  verdictOf,
} from '../../../test/support/flight.ts'
import { story } from '../../../test/support/story.ts'
import { CANARY_GROUPS, sampleStrategy } from '../../../test/support/strategies.ts'
import { testReport } from '../../../test/support/test-outcomes.ts'
import { HOUR, MINUTE } from '../kernel/instant.ts'
import { currentStep } from '../step/plan.ts'
import type { Strategy } from '../strategy/schema.ts'
import type { RolloutCommand } from './commands.ts'
import type { RolloutEvent } from './events.ts'
import { groupPlan } from './group-plan.ts'
import { rolloutDecider } from './rollout.ts'

const at = TAKE_OFF
const { after } = story(rolloutDecider)

function started(strategy: Strategy = sampleStrategy()): RolloutEvent {
  const about = { id: 'r1', release: 'v2', strategy, strategyDigest: 'd1', hotfixFor: null }
  return { type: 'rollout.started', data: { ...about, workload: 'shop', by: 'alice', at } }
}

const captured: RolloutEvent = { type: 'rollout.baseline-captured', data: { ...BASELINE, at } }
const paused: RolloutEvent = {
  type: 'rollout.paused',
  data: { by: 'bob', because: 'lunch', at },
}
const halted: RolloutEvent = {
  type: 'rollout.halted',
  data: {
    failing: {
      kind: 'verdict',
      group: 'canary',
      because: 'it fails',
      metrics: ['errors'],
      routes: [],
      verdict: verdictOf('fail'),
    },
    at,
  },
}
const completed: RolloutEvent = { type: 'rollout.completed', data: { because: 'all is well', at } }

/** The facts of a rollout whose first group bakes. */
function baking(strategy: Strategy = sampleStrategy()): readonly RolloutEvent[] {
  const before = [started(strategy), captured]
  const outcome = rolloutDecider.decide({ type: 'tick', now: at }, stateAfter(before))
  const events = [...before, ...(outcome.ok ? outcome.value : [])]
  for (;;) {
    const { stage } = rollout(events)
    if (stage.at !== 'opening') return events
    const step = currentStep(stage.progress)
    if (step === null) throw new Error('nothing is under way')
    const looked = { step: step.id, attempt: stage.progress.attempt, evidence: 'looked', now: at }
    const report = { ...looked, ...testReport(rollout(events).id, step, 'pass') }
    const seen = rolloutDecider.decide({ type: 'report-seen', ...report }, stateAfter(events))
    if (!seen.ok) throw new Error(seen.problem.code)
    events.push(...seen.value)
  }
}

function stateAfter(events: readonly RolloutEvent[]) {
  return events.reduce(rolloutDecider.evolve, rolloutDecider.initial)
}

function rollout(events: readonly RolloutEvent[]) {
  const state = stateAfter(events)
  if (state === null) throw new Error('nothing was started')
  return state
}

function reached(kind: 'pass' | 'inconclusive', now: number): RolloutEvent {
  const data = { group: 'canary', was: null, verdict: verdictOf(kind), at: now }
  return { type: 'verdict.reached', data }
}

const manual = sampleStrategy({
  groups: CANARY_GROUPS.map((group) => ({ ...group, manual: true })),
})
const nights = sampleStrategy({
  groups: CANARY_GROUPS.map((group) => ({
    ...group,
    windows: [{ days: ['mon'], from: '22:00', to: '02:00' }],
  })),
})

describe('a rollout is refused what makes no sense', () => {
  const start: RolloutCommand = {
    type: 'start',
    id: 'r1',
    release: 'v2',
    strategy: sampleStrategy(),
    strategyDigest: 'd1',
    by: 'alice',
    hotfixFor: null,
    now: at,
  }
  const tick: RolloutCommand = { type: 'tick', now: at }
  const pause: RolloutCommand = { type: 'pause', by: 'bob', because: 'lunch', now: at }
  const resume: RolloutCommand = { type: 'resume', by: 'bob', because: 'back', now: at }
  const promote: RolloutCommand = { type: 'promote', by: 'bob', now: at }
  const abort: RolloutCommand = { type: 'abort', by: 'bob', because: 'no', now: at }
  const seen: RolloutCommand = {
    type: 'report-seen',
    step: 'canary/1/1-attach',
    attempt: 1,
    evidence: 'x',
    now: at,
  }
  const capture: RolloutCommand = { type: 'capture-baseline', baseline: BASELINE, now: at }

  test.each<[string, readonly RolloutEvent[], RolloutCommand, object]>([
    ['to be started twice', [started()], start, { code: 'already-started' }],
    ['anything before it was started', [], tick, { code: 'not-found' }],
    [
      'anything after its end',
      [...baking(), completed],
      pause,
      { code: 'already-over', detail: 'all is well' },
    ],
    ['to be paused twice', [started(), paused], pause, { code: 'already-paused' }],
    ['to be paused after a halt', [...baking(), halted], pause, { code: 'already-halted' }],
    ['to be resumed while it goes on', baking(), resume, { code: 'not-paused' }],
    [
      'to be promoted after a halt',
      [...baking(), halted],
      promote,
      { code: 'halted', detail: 'it fails' },
    ],
    [
      'to be promoted over a pause',
      [...baking(), reached('pass', at), paused],
      promote,
      { code: 'paused', detail: 'bob paused it (lunch): resume it first' },
    ],
    ['to be promoted while nothing waits', [started()], promote, { code: 'nothing-to-promote' }],
    [
      'to be promoted without evidence',
      baking(),
      promote,
      { code: 'not-measured', detail: 'no evidence yet' },
    ],
    [
      'to be promoted on thin evidence',
      [...baking(), reached('inconclusive', at)],
      promote,
      { code: 'not-measured', detail: 'the evidence says inconclusive' },
    ],
    ['to be halted twice', [...baking(), halted], abort, { code: 'already-halted' }],
    ['a step that is not under way', baking(), seen, { code: 'no-plan-under-way' }],
    ['to be captured when it has begun', baking(), capture, { code: 'not-preparing' }],
  ])('%s', (_what, before, command, problem) => {
    expect(rolloutDecider.decide(command, stateAfter(before))).toStrictEqual({ ok: false, problem })
  })
})

describe('a group', () => {
  test('passes at once when a person promotes it on a pass', () => {
    const verdict = verdictOf('pass')
    const because = 'bob promoted it before the bake was over: the evidence says pass'
    after(...baking(), reached('pass', at))
      .when({ type: 'promote', by: 'bob', now: at })
      .happens({ type: 'group.passed', data: { group: 'canary', verdict, because, at } })
  })

  test('that is opened by hand waits for its promotion', () => {
    const because = "group 'canary' is opened by hand: it waits for 'promote'"
    const data = { group: 'canary', for: 'promote', until: null, because, at } as const
    after(started(manual), captured)
      .when({ type: 'tick', now: at })
      .happens({ type: 'group.waiting', data })
  })

  test('waits for its window, and is opened when it begins', () => {
    const until = at + 12 * HOUR
    const because = "group 'canary' may be opened in 12h, when its window begins"
    const data = { group: 'canary', for: 'window', until, because, at } as const
    const waiting: RolloutEvent = { type: 'group.waiting', data }
    const { when } = after(started(nights), captured)
    when({ type: 'tick', now: at }).happens(waiting)
    const waited = after(started(nights), captured, waiting)
    waited.when({ type: 'tick', now: until - 1 }).happens()

    const plan = [...groupPlan(rollout([started(nights), captured]), 0)]
    const opens = "group 'canary' gets 5 % of the traffic for at least 1m"
    const [first] = plan
    waited.when({ type: 'tick', now: until }).happens(
      {
        type: 'group.opened',
        data: { group: 'canary', index: 0, plan, because: opens, at: until },
      },
      {
        type: 'step.began',
        data: { step: first?.id ?? '', attempt: 1, at: until, says: first?.says ?? '' },
      },
    )
  })

  test('without a window in sight asks a person instead of waiting for ever', () => {
    const lost = sampleStrategy({
      groups: CANARY_GROUPS.map((group) => ({
        ...group,
        windows: [{ days: ['mon'], from: '09:00', to: '10:00', zone: 'Mars/Olympus' }],
      })),
    })
    const because =
      "group 'canary' has no window in the next 14 days: correct its windows, or promote it by hand"
    const data = { group: 'canary', for: 'promote', until: null, because, at } as const
    after(started(lost), captured)
      .when({ type: 'tick', now: at })
      .happens({ type: 'group.waiting', data })
  })

  test('that is opened anew after a halt is not promoted a second time', () => {
    const before = [started(manual), captured]
    const data = { group: 'canary', for: 'promote', until: null, because: 'by hand', at } as const
    const waiting = [...before, { type: 'group.waiting', data } as const]
    const promoted = rolloutDecider.decide(
      { type: 'promote', by: 'bob', now: at },
      stateAfter(waiting),
    )
    const resumed: RolloutEvent = {
      type: 'rollout.resumed',
      data: { by: 'bob', because: 'fixed', at },
    }
    const opened = promoted.ok ? promoted.value : []
    const reopened = [...waiting, ...opened, halted, resumed]
    const outcome = rolloutDecider.decide({ type: 'tick', now: at }, stateAfter(reopened))
    expect(outcome.ok && outcome.value[0]?.type).toBe('group.opened')
  })
})

describe('a person who is waited for', () => {
  const waiting: RolloutEvent = {
    type: 'group.waiting',
    data: { group: 'canary', for: 'promote', until: null, because: 'by hand', at },
  }

  test.each([
    { reminders: 0, wait: 30 * MINUTE, says: '30m' },
    { reminders: 1, wait: HOUR, says: '1h' },
    { reminders: 3, wait: 4 * HOUR, says: '4h' },
    { reminders: 40, wait: 24 * HOUR, says: '1d' },
  ])('is reminded again $says after reminder $reminders', ({ reminders, wait, says }) => {
    const reminded: RolloutEvent = {
      type: 'rollout.reminded',
      data: { for: 'promote', because: 'again', at },
    }
    const before = [started(manual), captured, waiting]
    const asked = after(...before, ...Array.from({ length: reminders }, () => reminded))
    asked.when({ type: 'tick', now: at + wait - 1 }).happens()
    const because = `group 'canary' waits for 'promote'; nothing happened for ${says}`
    asked.when({ type: 'tick', now: at + wait }).happens({
      type: 'rollout.reminded',
      data: { for: 'promote', because, at: at + wait },
    })
  })

  test('is reminded of a pause with its reason', () => {
    const now = at + 30 * MINUTE
    const because =
      "bob paused it (lunch): it waits for 'resume' or 'abort'; nothing happened for 30m"
    after(...baking(), paused)
      .when({ type: 'tick', now })
      .happens({ type: 'rollout.reminded', data: { for: 'resume', because, at: now } })
  })
})

describe('a pause', () => {
  test('lets the step that is under way be seen, and begins no other', () => {
    const opening = baking().slice(0, 4)
    const report = { step: 'canary/1/1-attach', attempt: 1, evidence: 'looked' }
    after(...opening, paused)
      .when({ type: 'report-seen', ...report, now: at + 5 })
      .happens({ type: 'step.seen', data: { ...report, at: at + 5 } })
  })

  test('does not keep a failing verdict from halting', () => {
    const verdict = verdictOf('fail')
    const because = "group 'canary': the evidence says fail"
    const why = { kind: 'verdict', group: 'canary', because } as const
    const failing = { ...why, metrics: ['errors'], routes: ['/pay'], verdict }
    after(...baking(), paused)
      .when({ type: 'judge', watch: '0/1', verdict, routes: ['/pay'], now: at })
      .happens(
        { type: 'verdict.reached', data: { group: 'canary', was: null, verdict, at } },
        { type: 'rollout.halted', data: { failing, at } },
      )
  })

  test('does not keep the state before from being captured', () => {
    after(started(), paused)
      .when({ type: 'capture-baseline', baseline: BASELINE, now: at })
      .happens(captured)
  })
})

describe('the state before a rollout', () => {
  test('is asked for again after a while, a few times', () => {
    const because = 'the present state could not be captured (try 1 of 5): no answer in 30s'
    after(started())
      .when({ type: 'report-baseline-unknown', failure: TIMED_OUT, now: at })
      .happens({ type: 'rollout.baseline-unknown', data: { because, retryAt: at + 2_000, at } })
  })

  test('of a workload that was never released leads straight to the last group', () => {
    const first: RolloutEvent = {
      type: 'rollout.baseline-captured',
      data: { ...NOTHING_THERE, at },
    }
    expect(rollout([started(), first]).stage).toStrictEqual({
      at: 'waiting',
      index: 2,
      for: 'turn',
      until: at,
    })
  })
})

test('a share that the router lost is recorded when it was asked for again', () => {
  const report = { seen: 0, wanted: 500, evidence: 'the router was restarted' }
  after(...baking())
    .when({ type: 'report-reasserted', ...report, now: at })
    .happens({ type: 'exposure.reasserted', data: { ...report, at } })
})
