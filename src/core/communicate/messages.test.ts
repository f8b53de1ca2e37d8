import { describe, expect, test } from 'vitest'
import {
  AUDIENCES,
  BYPASS,
  CAPTAIN,
  FALLBACK,
  HOLD,
  LiveRollout,
  REHEARSED,
  STAKEHOLDER,
  WELL,
} from '../../../test/support/live-rollout.ts'
import { failure } from '../kernel/failure.ts'
import { DAY, HOUR, MINUTE } from '../kernel/instant.ts'
import { MESSAGES_MAX, type Outgoing } from './incident.ts'
import { messagesOwed } from './messages.ts'

const REFUSED = failure('unreachable', 'safe', 'connection refused')
const DENIED = failure('denied', 'never', '550 no such user')
const SMOKE = { name: 'pay', http: { path: '/pay' }, attempts: 1 }

/** The last part of each message's id, for one audience, in the order of writing. */
function namesFor(live: LiveRollout, audience: string): readonly string[] {
  return messagesFor(live, audience).map(({ id }) => id.split('/').at(-1) ?? '')
}

function messagesFor(live: LiveRollout, audience: string): readonly Outgoing[] {
  return (live.incident?.messages ?? []).filter((message) => message.audience === audience)
}

function latestFor(live: LiveRollout, audience: string): Outgoing {
  const latest = messagesFor(live, audience).at(-1)
  if (latest === undefined) throw new Error(`nothing was written to ${audience}`)
  return latest
}

describe('a failure that a release captain answers', () => {
  test('is told to everybody at the start and at the end, and to the inner audiences in between', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup().deliver()
    live
      .live(2 * MINUTE)
      .approve()
      .deliver()
      .seeSteps()
      .deliver()
    expect(namesFor(live, 'team')).toEqual(['start', expect.stringMatching(/^acting-1-/), 'end'])
    expect(namesFor(live, 'product')).toEqual(['start', expect.stringMatching(/^acting-1-/), 'end'])
    expect(namesFor(live, 'customers')).toEqual(['start', 'end'])
  })

  test('has an update on each promised cadence, that says what is waited for', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup().deliver()
    live.live(29 * MINUTE)
    expect(namesFor(live, 'team')).toEqual(['start', 'update-1'])
    expect(latestFor(live, 'team').text).toContain(
      'No change since 14:00 UTC (15 minutes ago). It waits for a yes by release-captain, until 14:30 UTC (in 15 minutes).',
    )
    expect(namesFor(live, 'product')).toEqual(['start'])
  })

  test('reminds those who were asked when the answer is overdue, once per turn', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup().deliver()
    live.live(32 * MINUTE)
    expect(latestFor(live, 'team').kind).toBe('reminder')
    expect(latestFor(live, 'product').text).toContain(
      'release-captain did not answer for 30 minutes',
    )
    live.live(10 * MINUTE)
    expect(namesFor(live, 'product').filter((name) => name.startsWith('reminder'))).toHaveLength(1)
    live.live(21 * MINUTE)
    expect(namesFor(live, 'product').filter((name) => name.startsWith('reminder'))).toHaveLength(2)
    expect(namesFor(live, 'customers')).not.toContain(expect.stringContaining('reminder'))
  })

  test('says in the start what is already under way, and does not say it twice', () => {
    const live = new LiveRollout({ credits: [REHEARSED], tree: [{ ...FALLBACK, approvals: [] }] })
    live.failGroup().deliver()
    expect(namesFor(live, 'team')).toEqual(['start'])
    expect(latestFor(live, 'team').text).toContain('halted; fallback under way: 0 of 5 steps seen.')
    live.seeSteps(2).deliver()
    expect(namesFor(live, 'team')).toEqual(['start'])
    live.seeSteps().deliver()
    expect(namesFor(live, 'team')).toEqual(['start', 'end'])
  })

  test('says that traffic is back only when that was seen', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup().deliver().approve()
    live.seeSteps(2).wait(15 * MINUTE)
    expect(latestFor(live, 'team').text).toContain('Their traffic is being sent back.')
    live.seeSteps(1).wait(15 * MINUTE)
    expect(latestFor(live, 'team').text).toContain('All traffic is back on v1.')
  })
})

describe('other ends of a failure', () => {
  test('a bypass ends it with its limits, and its running out begins it anew', () => {
    const live = new LiveRollout({ tree: [BYPASS, FALLBACK, HOLD] }).failGroup().deliver()
    live.approve(STAKEHOLDER).seeSteps().deliver()
    const { subject, text, nextUpdateAt } = latestFor(live, 'product')
    expect(subject).toBe('[checkout] contained until 18:01 UTC (in 4 hours): bypass for v2')
    expect(text).toContain('users lose something: Nobody is shown recommendations.')
    expect(text).toContain('at the latest 18:01 UTC (in 4 hours), when the bypass runs out.')
    expect(nextUpdateAt).toBe(null)
    live.live(4 * HOUR)
    expect(namesFor(live, 'customers')).toEqual(['start', 'end', 'start-2'])
    live.approve(CAPTAIN).seeSteps().deliver()
    expect(namesFor(live, 'customers')).toEqual(['start', 'end', 'start-2', 'end-2'])
  })

  test('a bypass that runs out after the rollout was completed is not forgotten', () => {
    const live = new LiveRollout({ tree: [BYPASS], afterwards: 'continue' }).failGroup().deliver()
    live
      .approve(STAKEHOLDER)
      .seeSteps()
      .judge(WELL)
      .wait(10 * MINUTE)
      .judge(WELL)
    live.passGroup().passGroup().deliver()
    expect(live.course.rollout?.stage.at).toBe('completed')
    live.live(4 * HOUR)
    expect(latestFor(live, 'team').subject).toBe(
      '[checkout] overdue: the bypass for v2 has run out',
    )
    expect(latestFor(live, 'customers').kind).toBe('end')
  })

  test('a rollout that is resumed is over only when it is completed', () => {
    const live = new LiveRollout({ tree: [HOLD] }).failGroup().deliver()
    live.tell({ type: 'resume', by: 'person:omar.rusk', because: 'noise', now: live.now }).react()
    expect(latestFor(live, 'team').subject).toBe('[checkout] rollout of v2 goes on, and is watched')
    expect(namesFor(live, 'customers')).toEqual(['start'])
    live
      .judge(WELL)
      .wait(10 * MINUTE)
      .judge(WELL)
      .passGroup()
      .passGroup()
      .deliver()
    expect(latestFor(live, 'customers').kind).toBe('end')
    expect(latestFor(live, 'team').subject).toBe('[checkout] over: v2 is rolled out')
  })

  test('a rollout that fails again after it was resumed is told as news', () => {
    const live = new LiveRollout({ tree: [HOLD] }).failGroup().deliver()
    live.tell({ type: 'resume', by: 'person:omar.rusk', because: 'noise', now: live.now }).react()
    live.failGroup().deliver()
    expect(namesFor(live, 'team')).toEqual([
      'start',
      'update-1',
      expect.stringMatching(/^decision-2-/),
    ])
  })

  test('a pause that nobody ends is brought to mind', () => {
    const live = new LiveRollout({ tree: [HOLD] }).failGroup().deliver()
    live.tell({ type: 'resume', by: 'person:omar.rusk', because: 'noise', now: live.now }).react()
    live.tell({ type: 'pause', by: 'person:omar.rusk', because: 'lunch', now: live.now }).react()
    live.live(31 * MINUTE)
    expect(latestFor(live, 'product').text).toContain(
      'The rollout of v2 has been paused for 30 minutes.',
    )
  })

  test('a group that waits to be opened by hand is brought to mind', () => {
    const live = new LiveRollout({ tree: [HOLD], manual: true }).failGroup().deliver()
    live.tell({ type: 'resume', by: 'person:omar.rusk', because: 'noise', now: live.now }).react()
    live
      .judge(WELL)
      .wait(10 * MINUTE)
      .judge(WELL)
      .live(32 * MINUTE)
    expect(messagesFor(live, 'product').map(({ subject }) => subject)).toContain(
      '[checkout] overdue: the next group of v2 waits for a promote',
    )
  })

  test('a hotfix is told when it is asked for, and again when it was approved', () => {
    const hotfix = { name: 'mend', choose: 'hotfix', approvals: [{ role: 'release-captain' }] }
    const tree = [FALLBACK, { ...hotfix, because: 'nothing else helps' }]
    const live = new LiveRollout({ tree }).failGroup().deliver()
    live.tell({ type: 'reject', actor: CAPTAIN, because: 'no', now: live.now }).react().deliver()
    live
      .live(2 * MINUTE)
      .approve()
      .deliver()
    expect(messagesFor(live, 'product').map(({ subject }) => subject)).toEqual([
      '[checkout] rollout of v2 halted: errors in group canary',
      '[checkout] approval needed: hotfix from v2',
      '[checkout] v2 stays halted until it is fixed',
    ])
  })

  test('a rollout that is closed as it stands says so plainly', () => {
    const live = new LiveRollout({ tree: [HOLD] }).failGroup().deliver()
    live
      .tell({ type: 'abort', actor: CAPTAIN, because: 'leave it', now: live.now })
      .react()
      .deliver()
    expect(latestFor(live, 'product').subject).toBe('[checkout] closed, not mitigated: v2')
    expect(latestFor(live, 'customers').text).toContain('Status:      closed.')
  })

  test('a hotfix that takes its place ends it', () => {
    const live = new LiveRollout({ tree: [HOLD] }).failGroup().deliver()
    live.tell({ type: 'supersede', by: 'checkout-8', now: live.now }).react().deliver()
    expect(latestFor(live, 'customers').subject).toBe('[checkout] a fix is on its way')
    expect(latestFor(live, 'team').kind).toBe('end')
  })
})

describe('a failure that no user can have met', () => {
  test('is told to the inner audiences and not to the public', () => {
    const live = new LiveRollout({ smoke: [SMOKE], tree: [FALLBACK, HOLD] }).seeSteps(4)
    live.failStep().deliver()
    expect(live.course.failing?.kind).toBe('smoke')
    expect(latestFor(live, 'product').text).toContain('no user had v2.')
    live
      .live(2 * HOUR)
      .approve()
      .seeSteps()
      .deliver()
    expect(latestFor(live, 'team').kind).toBe('end')
    expect(namesFor(live, 'customers')).toEqual([])
  })
})

describe('an audience that cannot be reached', () => {
  test('is told of to the team, first as late and then as to be told by hand', () => {
    const live = new LiveRollout({ tree: [HOLD] })
    live.down.set('page', REFUSED)
    live
      .failGroup()
      .deliver()
      .live(90 * MINUTE)
    const notices = messagesFor(live, 'team').filter(({ kind }) => kind === 'undelivered')
    expect(notices.map(({ subject }) => subject)).toEqual([
      '[checkout] customers cannot be reached; still trying',
    ])
    expect(notices[0]?.text).toContain("Channel:     'page' said: connection refused")
    expect(messagesFor(live, 'product').some(({ kind }) => kind === 'undelivered')).toBe(false)
  })

  test('is not spoken of while the first tries fail: that passes', () => {
    const live = new LiveRollout({ tree: [HOLD] })
    live.down.set('page', REFUSED)
    live.failGroup().deliver().live(MINUTE, 5_000)
    expect(messagesFor(live, 'team').map(({ kind }) => kind)).toEqual(['start'])
    live.live(2 * MINUTE, 5_000)
    expect(messagesFor(live, 'team').map(({ kind }) => kind)).toEqual(['start', 'undelivered'])
  })

  test('is not told of by a channel that does not work either', () => {
    const pager = { name: 'ops', channel: 'mail', detail: 'internal', cadence: '15m' }
    const live = new LiveRollout({ tree: [HOLD], audiences: [...AUDIENCES.toSpliced(1, 1), pager] })
    live.down.set('page', REFUSED).set('chat', REFUSED)
    live
      .failGroup()
      .deliver()
      .live(10 * MINUTE)
    const told = (live.incident?.messages ?? []).filter(({ kind }) => kind === 'undelivered')
    expect(told.map(({ id }) => id)).toEqual([
      'checkout-7/ops/late-team-0',
      'checkout-7/ops/late-customers-0',
    ])
  })

  test('is told of once, not with every message', () => {
    const live = new LiveRollout({ tree: [HOLD] })
    live.down.set('page', DENIED)
    live
      .failGroup()
      .deliver()
      .live(5 * HOUR)
    expect(messagesFor(live, 'customers').length).toBeGreaterThan(3)
    expect(namesFor(live, 'team').filter((name) => name.startsWith('gave-up'))).toEqual([
      'gave-up-customers-0',
    ])
  })

  test('has its end told by hand when that could not be delivered either', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] })
    live.down.set('page', DENIED)
    live.failGroup().deliver().approve().seeSteps().deliver()
    expect(namesFor(live, 'team')).toContain('gave-up-customers-0-end-1')
    expect(latestFor(live, 'team').text).toContain('tell them by hand what this message says')
  })

  test('is told of to the stakeholders where the team has no other channel', () => {
    const live = new LiveRollout({ tree: [HOLD] })
    live.down.set('chat', DENIED)
    live.failGroup().deliver()
    expect(latestFor(live, 'product').subject).toBe(
      '[checkout] team could not be told: tell them by hand',
    )
  })

  test('hears the latest word once when its channel works again, and not a backlog', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] })
    live.down.set('chat', REFUSED)
    live
      .failGroup()
      .deliver()
      .live(20 * MINUTE)
      .approve()
      .deliver()
      .seeSteps()
      .deliver()
    live.down.clear()
    live.live(10 * MINUTE)
    const heard = messagesFor(live, 'team').filter(({ state }) => state === 'delivered')
    expect(heard.map(({ kind }) => kind)).toEqual(['end'])
  })
})

describe('what is owed', () => {
  test('is nothing any more once it was written', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup().deliver()
    if (live.incident === null) throw new Error('no incident')
    expect(messagesOwed(live.course, live.incident, live.strategy, live.now)).toEqual([])
  })

  test('is the end even for those who were never told of the start', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup().approve().seeSteps()
    if (live.incident === null) throw new Error('no incident')
    const untold = { ...live.incident, messages: [] }
    const owed = messagesOwed(live.course, untold, live.strategy, live.now)
    expect(owed.map(({ id }) => id)).toEqual([
      'checkout-7/team/end',
      'checkout-7/product/end',
      'checkout-7/customers/end',
    ])
  })

  test('is nothing but ends when far too much was written', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup().deliver()
    const { incident } = live
    const [start] = incident?.messages ?? []
    if (incident === null || start === undefined) throw new Error('no incident')
    const many = Array.from({ length: MESSAGES_MAX }, (_, n) => ({ ...start, id: `${n}` }))
    const full = { ...incident, messages: many }
    const later = live.now + HOUR
    expect(messagesOwed(live.course, full, live.strategy, later)).toEqual([])
    live.approve().seeSteps()
    const owed = messagesOwed(live.course, full, live.strategy, live.now)
    expect(new Set(owed.map(({ kind }) => kind))).toEqual(new Set(['end']))
  })

  test('has the same ids and words whoever looks', () => {
    const [one, other] = [0, 1].map(() => new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup())
    expect(one?.incident?.messages).toEqual(other?.incident?.messages)
  })

  test('becomes a daily word when very much was written, and ends when too much was', () => {
    const live = new LiveRollout({ tree: [HOLD], audiences: [ONE_A_MINUTE] }).failGroup().deliver()
    live.live(16 * HOUR)
    const before = messagesFor(live, 'team').length
    const { at, nextUpdateAt } = latestFor(live, 'team')
    expect(nextUpdateAt).toBe(at + DAY)
    live.live(3 * DAY, HOUR)
    expect(messagesFor(live, 'team').length - before).toBe(3)
    live.tell({ type: 'abort', actor: CAPTAIN, because: 'enough', now: live.now })
    live.react().deliver()
    expect(latestFor(live, 'team').kind).toBe('end')
  })
})

const ONE_A_MINUTE = { name: 'team', channel: 'chat', detail: 'internal', cadence: '1m' }
