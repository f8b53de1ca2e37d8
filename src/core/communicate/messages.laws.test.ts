import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BYPASS,
  CAPTAIN,
  FAILING,
  FALLBACK,
  HOLD,
  INNER_NAMES,
  LiveRollout,
  REHEARSED,
  ROLLBACK,
  STAKEHOLDER,
  WELL,
} from '../../../test/support/live-rollout.ts'
import { failure } from '../kernel/failure.ts'
import { HOUR, MINUTE, SECOND } from '../kernel/instant.ts'
import { END_ATTEMPTS_MAX, type Outgoing } from './incident.ts'
import { messagesOwed } from './messages.ts'
import type { PublicFacts } from './public-message.ts'
import type { StakeholderFacts } from './stakeholder-facts.ts'

/** A minute in which nothing is looked at is the longest that these worlds sleep. */
const PIECE = MINUTE
/** What people write into a reason, with everything that must not get out. */
const REASON = `${INNER_NAMES.people.join(', ')} saw ${INNER_NAMES.hosts.join(' and ')} at ${INNER_NAMES.numbers[0]}`
/** What neither stakeholders nor the public may read. */
const INNER = [
  ...Object.values(INNER_NAMES).flat(),
  'http://',
  'https://',
  '/pay',
  '/cart',
  '8.3 %',
]
/** What only the public may not read. */
const OUTER = [
  'v1',
  'v2',
  'checkout-7',
  'canary',
  'half',
  'everyone',
  'fallback',
  'release-captain',
]

const REFUSED = failure('unreachable', 'safe', 'connection refused')
const DENIED = failure('denied', 'never', '550 no such user')

const TREES = [
  [FALLBACK, HOLD],
  [FALLBACK, ROLLBACK, HOLD],
  [BYPASS, FALLBACK, HOLD],
  [{ ...FALLBACK, approvals: [] }, HOLD],
  [HOLD],
]

const wish = fc.constantFrom(
  ...(['fail', 'pass', 'see', 'see-some', 'break', 'approve', 'approve', 'stake'] as const),
  ...([
    'reject',
    'resume',
    'pause',
    'abort',
    'supersede',
    'short',
    'long',
    'chat',
    'mail',
  ] as const),
  ...(['page', 'up'] as const),
)
type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never

const anyWorld = fc.record({
  tree: fc.constantFrom(...TREES),
  afterwards: fc.constantFrom('hold' as const, 'continue' as const),
  credits: fc.constantFrom([], [REHEARSED]),
  wishes: fc.array(wish, { minLength: 5, maxLength: 30, size: 'max' }),
})
type World = typeof anyWorld extends fc.Arbitrary<infer W> ? W : never

/** Each law answers what breaks it. */
const LAWS: Record<string, (live: LiveRollout) => readonly string[]> = {
  'nothing inner is ever said to an outer audience': (live) =>
    written(live).flatMap(({ id, audience, subject, text }) => {
      const forbidden = { team: [], product: INNER }[audience] ?? [...INNER, ...OUTER]
      const said = `${subject}\n${text}`
      return forbidden.filter((name) => said.includes(name)).map((name) => `${id} says ${name}`)
    }),

  'the public reads no number but times': (live) =>
    to(live, 'customers')
      .map(({ subject, text }) => `${subject}\n${text}`.replace(TIMES, ''))
      .filter((rest) => /\d/.test(rest)),

  'every message says status, impact, action and the next update, in one layout': (live) =>
    written(live)
      .filter(
        ({ subject, text }) =>
          !LAYOUT.test(text) ||
          !/^\[checkout\] .{5,109}$/.test(subject) ||
          /!|undefined|null|NaN/.test(`${subject}${text}`),
      )
      .map(({ subject, text }) => `${subject}\n${text}`),

  'what was written is not owed any more': ({ course, incident, strategy, now }) =>
    incident === null ? [] : messagesOwed(course, incident, strategy, now).map(({ id }) => id),

  'starts and ends take turns for every audience, and no end is missing when it is over': (live) =>
    audiencesOf(live).filter((name) => {
      const bounds = to(live, name).filter(({ kind }) => kind === 'start' || kind === 'end')
      const turns = bounds.every(({ kind }, place) => kind !== bounds[place + 1]?.kind)
      const isOver = live.course.rollout?.endedAt != null
      return !turns || (isOver && bounds.at(-1)?.kind === 'start')
    }),

  'a promised update is written in time, whether or not anything changed': (live) =>
    audiencesOf(live).flatMap((name) => {
      const mine = to(live, name)
      return mine
        .filter(({ nextUpdateAt }, place) => {
          const nextAt = mine[place + 1]?.at ?? live.now
          return nextUpdateAt !== null && nextAt > nextUpdateAt + PIECE
        })
        .map(({ id }) => id)
    }),

  'every audience that heard the start hears the end, once its channel works': (live) => {
    if (live.course.rollout?.endedAt == null) return []
    live.down.clear()
    live.live(2 * HOUR, 5 * MINUTE)
    return audiencesOf(live).filter((name) => {
      const end = to(live, name).findLast(({ kind }) => kind === 'end')
      // Whoever was refused for good is told by hand, and somebody else was asked to do that.
      const isByHand = written(live).some(({ id }) => id.includes(`gave-up-${name}`))
      const isSettled = end?.state === 'delivered' || end?.attempts === END_ATTEMPTS_MAX
      return end !== undefined && !isSettled && !isByHand
    })
  },
}

describe('whatever happens to a rollout', () => {
  test.each(Object.entries(LAWS))('%s', (_law, broken) => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        expect(broken(liveIn(world))).toEqual([])
      }),
      { seed: 7, numRuns: 80 },
    )
  })
})

test('a leak does not compile', () => {
  const outer: PublicFacts = {
    kind: 'start',
    service: 'checkout',
    trouble: 'errors',
    affects: 'some users',
    state: 'looking',
    now: 0,
    nextUpdateAt: null,
    // @ts-expect-error -- a public message has no room for a release
    release: 'v2',
  }
  // @ts-expect-error -- nor for a share in numbers
  const numbers: PublicFacts = { ...outer, affects: '5 % of users' }
  const inner: Pick<StakeholderFacts, 'rollout'> = {
    rollout: 'checkout-7',
    // @ts-expect-error -- a stakeholder message has no room for evidence
    because: 'candidate 34 of 412',
  }
  expect([numbers.service, inner.rollout]).toEqual(['checkout', 'checkout-7'])
})

const LAYOUT = /^.+\n\nStatus: +\S.*\nImpact: +\S.*\nAction: +\S.*\nNext update: \S/
const TIMES = /(\d{4}-\d{2}-\d{2} )?\d{2}:\d{2}(:\d{2})? UTC( \((in )?\d+ \w+( ago)?\))?/g

function liveIn({ wishes, ...choices }: World): LiveRollout {
  const live = new LiveRollout(choices).failGroup().deliver()
  for (const next of wishes) grant(live, next)
  return live
}

function audiencesOf(live: LiveRollout): readonly string[] {
  return (live.incident?.audiences ?? []).map(({ name }) => name)
}

function to(live: LiveRollout, name: string): readonly Outgoing[] {
  return written(live).filter(({ audience }) => audience === name)
}

function written(live: LiveRollout): readonly Outgoing[] {
  return live.incident?.messages ?? []
}

/** Lets something happen where it can; a world that refuses it goes on without. */
function grant(live: LiveRollout, next: Wish): void {
  const by = CAPTAIN.name
  const { now } = live
  switch (next) {
    case 'fail':
      return possibly(() => live.seeSteps().judge(FAILING))
    case 'pass':
      return possibly(() =>
        live
          .seeSteps()
          .judge(WELL)
          .live(10 * MINUTE)
          .judge(WELL),
      )
    case 'see':
      return void live.seeSteps().deliver()
    case 'see-some':
      return void live.seeSteps(2).deliver()
    case 'break':
      return possibly(() => live.failStep())
    case 'approve':
      return possibly(() => live.approve(CAPTAIN))
    case 'stake':
      return possibly(() => live.approve(STAKEHOLDER))
    case 'reject':
      return possibly(() => live.tell({ type: 'reject', actor: CAPTAIN, because: REASON, now }))
    case 'resume':
      return possibly(() => live.tell({ type: 'resume', by, because: REASON, now }))
    case 'pause':
      return possibly(() => live.tell({ type: 'pause', by, because: REASON, now }))
    case 'abort':
      return possibly(() => live.tell({ type: 'abort', actor: CAPTAIN, because: REASON, now }))
    case 'supersede':
      return possibly(() => live.tell({ type: 'supersede', by: 'checkout-8', now }))
    case 'short':
      return void live.live(20 * SECOND)
    case 'long':
      return void live.live(50 * MINUTE, PIECE)
    case 'chat':
    case 'mail':
      return void live.down.set(next, REFUSED)
    case 'page':
      return void live.down.set(next, DENIED)
    case 'up':
      return live.down.clear()
  }

  function possibly(happens: () => LiveRollout): void {
    try {
      happens()
    } catch (refusal) {
      if (!(refusal instanceof Error) || !/refused|no step|nothing is/.test(refusal.message))
        throw refusal
    }
    live.react().deliver()
  }
}
