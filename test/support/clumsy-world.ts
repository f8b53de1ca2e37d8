import * as fc from 'fast-check'
import type { Course } from '../../src/core/course/course.ts'
import { type CourseCommand, type CourseEvent, course } from '../../src/core/course/course.ts'
import { wantsOf } from '../../src/core/course/wants.ts'
import { failure } from '../../src/core/kernel/failure.ts'
import { DAY, HOUR, type Instant, MINUTE, SECOND } from '../../src/core/kernel/instant.ts'
import type { Signal } from '../../src/core/signal/signal.ts'
import { SEVERITIES } from '../../src/core/strategy/alerts.ts'
import type { Strategy } from '../../src/core/strategy/schema.ts'
import type { TestBinding, TestOutcome } from '../../src/core/words/test-outcome.ts'
import type { VerdictKind } from '../../src/core/words/verdict.ts'
import {
  BASELINE,
  DENIED,
  NOTHING_THERE,
  person,
  TAKE_OFF,
  TIMED_OUT,
  verdictOf,
} from './flight.ts'
import {
  BACK_TREE,
  CANARY_GROUPS,
  type Changes,
  NO_CHECKOUT,
  rehearsed,
  sampleStrategy,
} from './strategies.ts'
import { testReport } from './test-outcomes.ts'

/** One command and what came of it. */
export interface Turn {
  readonly now: Instant
  readonly command: CourseCommand
  readonly before: Course
  readonly events: readonly CourseEvent[]
  readonly after: Course
  readonly refused: string | null
  /** What the engine wanted before the command. */
  readonly wanted: ReturnType<typeof wantsOf>
}

/** All that happened to one rollout. */
export interface Life {
  readonly strategy: Strategy
  readonly turns: readonly Turn[]
}

/** A dice: which kind of thing happens next, and the details of it. */
export type Dice = readonly [kind: number, detail: number]

/** How long a rollout is still bothered after its end; nothing may come of it. */
const BOTHERED_AFTER_END = 12

const ADMIN = person('dave', 'admin')
const PEOPLE = [
  person('alice', 'on-call', 'operator'),
  person('bob', 'on-call'),
  person('carol', 'stakeholder'),
  ADMIN,
  person('erin'),
] as const

const BYPASS_FIRST = [
  {
    name: 'switch-off',
    when: 'failure.verdict == "fail"',
    choose: 'bypass',
    bypass: 'no-checkout',
    because: 'only the checkout fails',
  },
  ...BACK_TREE,
] as const

const TWO_YESES: NonNullable<Changes['tree']> = [
  {
    name: 'fall-back',
    choose: 'fallback',
    approvals: [{ role: 'on-call', count: 2 }],
    approveWithin: '10m',
    because: 'two people look at it',
  },
  { name: 'wait', choose: 'hold', because: 'it may pass' },
  { name: 'fix', choose: 'hotfix', approvals: [{ role: 'on-call' }], because: 'the fix is small' },
  ...BACK_TREE.slice(1),
]

const WINDOW = { days: ['mon', 'wed'] as ('mon' | 'wed')[], from: '22:00', to: '02:00' }

/** How far the time goes on between two turns. */
const JUMPS = [
  0,
  0,
  1,
  1,
  SECOND,
  SECOND,
  SECOND,
  5 * SECOND,
  5 * SECOND,
  20 * SECOND,
  20 * SECOND,
  MINUTE,
  MINUTE,
  2 * MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  HOUR,
  DAY,
]

/** A bypass that holds the rollout, and everything rehearsed: the longest way through the tree. */
const BYPASS_HOLDS = sampleStrategy({
  tree: BYPASS_FIRST,
  credits: [rehearsed('fallback'), rehearsed('rollback'), rehearsed('bypass')],
  mitigations: { bypasses: [{ ...NO_CHECKOUT, covers: [] }], fallback: { within: '2m' } },
})

/** Strategies that differ in everything that the course depends on. */
const STRATEGIES: readonly Strategy[] = [
  BYPASS_HOLDS,
  BYPASS_HOLDS,
  sampleStrategy(),
  sampleStrategy({ credits: [] }),
  sampleStrategy({
    detection: {
      alerts: {
        heartbeats: [{ source: 'alertmanager', every: '30s' }],
        effects: { critical: 'hold', error: 'hold' },
        reports: { haltAfter: 2 },
      },
    },
  }),
  sampleStrategy({
    groups: CANARY_GROUPS.map((group) => ({
      ...group,
      smoke: [
        { name: 'answers', http: { path: '/' }, when: 'both', attempts: 2 },
        { name: 'pays', command: ['pay'], when: 'after', attempts: 1 },
      ],
    })),
  }),
  sampleStrategy({ tree: TWO_YESES, credits: [rehearsed('rollback')] }),
  sampleStrategy({
    tree: BYPASS_FIRST,
    mitigations: { bypasses: [{ ...NO_CHECKOUT, covers: [], afterwards: 'continue' }] },
  }),
  sampleStrategy({
    model: 'ring',
    detection: { onNoData: 'halt' },
    groups: CANARY_GROUPS.map((group, place) =>
      place === 1 ? { ...group, manual: true } : { ...group, windows: [WINDOW] },
    ),
  }),
  sampleStrategy({
    model: 'blue-green',
    groups: [{ name: 'everyone', share: '100%', bake: '30s', giveUpAfter: '3m' }],
    workload: {
      components: [
        { name: 'web', platform: { driver: 'processes', command: ['web'] } },
        { name: 'jobs', platform: { driver: 'processes', command: ['jobs'] } },
      ],
    },
  }),
]

/** Dice for long histories; short ones hardly ever get as far as a second mitigation. */
export const anyDice: fc.Arbitrary<readonly Dice[]> = fc.array(
  fc.tuple(fc.nat(99), fc.nat(9_999)),
  { minLength: 250, maxLength: 400, size: 'max' },
)

/** The lives of several rollouts, one after the other, in a world that is late, repeats itself and makes mistakes. */
export function live(dice: readonly Dice[]): readonly Life[] {
  const lives: Life[] = []
  let left = dice
  while (left.length > 0) {
    const [first, ...rest] = left
    const strategy = pick(STRATEGIES, first?.[1] ?? 0)
    const turns = liveOnce(strategy, rest)
    lives.push({ strategy, turns })
    left = rest.slice(turns.length)
  }
  return lives
}

function liveOnce(strategy: Strategy, dice: readonly Dice[]): readonly Turn[] {
  const turns: Turn[] = []
  let state = course.initial
  let now = TAKE_OFF
  let ended = 0
  for (const die of dice) {
    now = laterBy(die, state, now)
    const command = turns.length === 0 ? start(strategy, now) : next(die, state, turns, now)
    const outcome = course.decide(command, state)
    const events = outcome.ok ? outcome.value : []
    const after = events.reduce(course.evolve, state)
    const refused = outcome.ok ? null : outcome.problem.code
    turns.push({ now, command, before: state, events, after, refused, wanted: wantsOf(state) })
    state = after
    if (course.isTerminal(state)) ended += 1
    if (ended > BOTHERED_AFTER_END) break
  }
  return turns
}

/** Mostly moments, sometimes until something is due, rarely days. */
function laterBy([, detail]: Dice, state: Course, now: Instant): Instant {
  const { dueAt, step } = wantsOf(state)
  // Deadlines of what is under way are reached less often, or nothing would ever be finished.
  if (detail % (step === null ? 5 : 20) === 0 && dueAt !== null) return Math.max(now, dueAt)
  return now + pick(JUMPS, detail % 37)
}

export function start(strategy: Strategy, now: Instant): CourseCommand {
  const about = { id: 'r1', release: 'v2', strategy, strategyDigest: 'd1', hotfixFor: null }
  return { type: 'start', ...about, by: 'alice', now }
}

function next(
  [kind, detail]: Dice,
  state: Course,
  turns: readonly Turn[],
  now: Instant,
): CourseCommand {
  if (kind < 20) return { type: 'tick', now }
  if (kind < 24 && state.rollout !== null) return fromOutside(detail, state, now)
  if (kind < 70) return fromTheWorld(detail, state, now)
  if (kind < 78) return repeated(detail, turns, now)
  return fromPeople(kind, detail, state, turns, now)
}

/** What the engine was asked to do or to look at comes back: done, failed, or seen otherwise. */
function fromTheWorld(detail: number, state: Course, now: Instant): CourseCommand {
  const { capture, step, measure } = wantsOf(state)
  if (capture) {
    const problem = failure('unreachable', 'safe', 'nobody answers')
    if (detail % 7 === 0) return { type: 'report-baseline-unknown', failure: problem, now }
    const baseline = detail % 11 === 0 ? NOTHING_THERE : BASELINE
    return { type: 'capture-baseline', baseline, now }
  }
  if (step !== null && (measure?.judges !== true || detail % 3 > 0)) {
    const report = { step: step.step.id, attempt: step.attempt, now }
    const isFailing = detail % 13 === 0
    const id = state.rollout?.id ?? ''
    if (isFailing) {
      const problem = detail % 4 === 0 ? DENIED : TIMED_OUT
      const test = testReport(id, step.step, detail % 3 === 0 ? 'error' : 'fail')
      return { type: 'report-failure', ...report, failure: problem, ...test }
    }
    const seen = { type: 'report-seen', ...report, evidence: 'looked' } as const
    return { ...seen, ...borrowed(testReport(id, step.step, 'pass'), detail) }
  }
  if (measure?.judges === true) {
    return judge(detail, detail % 19 === 0 ? 'another group' : measure.watch, now)
  }
  return { type: 'tick', now }
}

/** Alerts that come early, late, twice and before their beginning; heartbeats; users on the phone. */
function fromOutside(detail: number, { rollout }: Course, now: Instant): CourseCommand {
  if (detail % 5 === 0) {
    const user = `user-${detail % 40}`
    return { type: 'take-report', user, says: 'it is slow', occurredAt: now - (detail % 3), now }
  }
  if (detail % 5 === 1) {
    const heard = { alertmanager: detail % 4 === 0 ? null : now - (detail % 40) * SECOND }
    return { type: 'listen', heard, now }
  }
  const known = rollout?.signals.at(-1)
  const startsAt = detail % 3 === 0 && known !== undefined ? known.startsAt : now
  const signal: Signal = {
    source: 'alertmanager',
    fingerprint: `f${detail % 3}`,
    startsAt: startsAt - pick([0, 0, SECOND, HOUR], detail),
    status: detail % 2 === 0 ? 'resolved' : 'firing',
    severity: pick(SEVERITIES, Math.floor(detail / 5)),
    name: 'Slow',
    summary: '',
    labels: detail % 7 === 0 ? { goaround_group: 'half' } : {},
    seenAt: now,
  }
  return { type: 'take-signal', signal, now }
}

/** Sometimes the outcome of another group, opening, round, release or rollout, or none at all. */
function borrowed(
  report: { readonly test?: TestOutcome },
  detail: number,
): { readonly test?: TestOutcome } {
  const { test } = report
  if (test === undefined) return report
  const elsewhere: readonly Partial<TestBinding>[] = [
    { group: 'another group' },
    { opening: test.of.opening + 1 },
    { round: test.of.round === 'before' ? 'exposed' : 'before' },
    { release: 'v0' },
    { rollout: 'r2' },
    { stack: 'elsewhere' },
  ]
  const change = elsewhere[detail % 23]
  if (change !== undefined) return { test: { ...test, of: { ...test.of, ...change } } }
  if (detail % 23 === elsewhere.length) return {}
  return report
}

function judge(detail: number, watch: string, now: Instant): CourseCommand {
  const kinds: readonly VerdictKind[] = [
    ...(['pass', 'pass', 'pass', 'pass', 'pass', 'pass', 'pass'] as const),
    ...(['inconclusive', 'inconclusive', 'no-data', 'error', 'fail'] as const),
  ]
  const routes = detail % 2 === 0 ? ['/checkout'] : ['/', '/checkout']
  return { type: 'judge', watch, verdict: verdictOf(pick(kinds, detail)), routes, now }
}

/** News that comes late, twice, or about something that is no longer so. */
function repeated(detail: number, turns: readonly Turn[], now: Instant): CourseCommand {
  const reports = turns
    .slice(-40)
    .map(({ command }) => command)
    .filter(({ type }) => type.startsWith('report-') || type === 'judge')
  const again = reports[detail % Math.max(1, reports.length)]
  return again === undefined ? { type: 'tick', now } : { ...again, now }
}

function fromPeople(
  kind: number,
  detail: number,
  state: Course,
  turns: readonly Turn[],
  now: Instant,
): CourseCommand {
  const actor = pick(PEOPLE, detail)
  const because = 'somebody thought so'
  const stage = state.response?.stage.at
  if (stage === 'asking' && kind < 93) {
    if (detail % 10 === 0) return { type: 'reject', actor, because, now }
    const helpful = detail % 3 === 0 ? ADMIN : actor
    return { type: 'approve', actor: helpful, hash: hashFor(detail, state, turns), now }
  }
  if (kind < 80) return { type: 'pause', by: actor.name, because, now }
  if (kind < 88) return { type: 'resume', by: actor.name, because, now }
  if (kind < 94) return { type: 'promote', by: actor.name, now }
  if (kind < 96) return { type: 'approve', actor, hash: hashFor(detail, state, turns), now }
  if (kind === 96) return { type: 'reject', actor, because, now }
  if (kind === 97) return { type: 'abort', actor, because, now }
  if (kind === 98) {
    return detail % 6 === 0
      ? { type: 'supersede', by: actor.name, now }
      : judge(detail, 'another group', now)
  }
  if (detail % 3 > 0) return judge(detail, 'another group', now)
  const choose = detail % 2 === 0 ? 'fallback' : 'rollback'
  return { type: 'choose', choose, actor, because, now }
}

/** Mostly of the decision that waits, sometimes of an older one. */
function hashFor(detail: number, state: Course, turns: readonly Turn[]): string {
  const older = turns.flatMap(({ before }) => before.response?.decision.hash ?? [])
  const present = state.response?.decision.hash ?? 'none'
  return detail % 4 === 0 ? (older[detail % Math.max(1, older.length)] ?? present) : present
}

function pick<One>(list: readonly One[], detail: number): One {
  const found = list[detail % list.length]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}
