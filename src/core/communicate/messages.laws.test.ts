import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyWorld, liveIn, PIECE } from '../../../test/support/any-live-rollout.ts'
import { INNER_NAMES, type LiveRollout } from '../../../test/support/live-rollout.ts'
import { HOUR, MINUTE } from '../kernel/instant.ts'
import { END_ATTEMPTS_MAX, type Outgoing } from './incident.ts'
import { messagesOwed } from './messages.ts'
import type { PublicFacts } from './public-message.ts'
import type { StakeholderFacts } from './stakeholder-facts.ts'

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

function audiencesOf(live: LiveRollout): readonly string[] {
  return (live.incident?.audiences ?? []).map(({ name }) => name)
}

function to(live: LiveRollout, name: string): readonly Outgoing[] {
  return written(live).filter(({ audience }) => audience === name)
}

function written(live: LiveRollout): readonly Outgoing[] {
  return live.incident?.messages ?? []
}
