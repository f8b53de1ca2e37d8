import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyWorld, liveIn } from '../../../test/support/any-live-rollout.ts'
import {
  BYPASS,
  FALLBACK,
  HOLD,
  INNER_NAMES,
  LiveRollout,
  STAKEHOLDER,
} from '../../../test/support/live-rollout.ts'
import { failure } from '../kernel/failure.ts'
import { MINUTE } from '../kernel/instant.ts'
import { timelineOf } from './timeline.ts'

function told(live: LiveRollout): readonly string[] {
  return timelineOf(live.history).map(({ phase, says }) => `${phase}: ${says}`)
}

describe('the timeline', () => {
  test('tells a failure and its answer in sentences, with roles and without noise', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup().deliver()
    live
      .live(6 * MINUTE)
      .approve()
      .deliver()
      .seeSteps(1)
      .failStep('safe')
      .live(MINUTE)
    live.seeSteps().deliver()
    expect(told(live)).toMatchInlineSnapshot(`
      [
        "expose: An operator started the rollout of v2",
        "expose: Captured the state before: v1 serves",
        "expose: Opening: group 'canary' gets 5 % of the traffic for at least 10m",
        "expose: Give 5 % of the traffic to v2: seen after 3s (db7.zulu.internal says so)",
        "detect: Halted: group 'canary': zeta-http-5xx: candidate 34 of 412 (8.3 %) against control 9 of 73,939 (0.012 %); a fair candidate would look this bad less than once in 1,234,577 rollouts",
        "decide: Decided on fallback (branch 'go-back' of the tree): the old stack still runs beside the new one; it needs 1 × release-captain",
        "communicate: An incident was opened; 3 audiences are told",
        "learn: A postmortem is owed by 2026-11-28 14:00 UTC",
        "communicate: Told 'team': [checkout] rollout of v2 halted: zeta-http-5xx in group canary",
        "communicate: Told 'product': [checkout] rollout of v2 halted: errors in group canary",
        "communicate: Told 'customers': [checkout] some users may see errors",
        "decide: A release captain approved",
        "mitigate: Fallback began: approved by a release captain",
        "communicate: Told 'team': [checkout] fallback from v2 is under way",
        "communicate: Told 'product': [checkout] fallback from v2 is under way",
        "mitigate: Scale checkout-api-zulu on the old stack (cobalt-stack) to 2 and see it ready: seen after 3s (db7.zulu.internal says so)",
        "mitigate: Could not tell the router where cobalt-stack is (try 1; it is tried again): no answer from 10.77.41.9",
        "mitigate: Tell the router where cobalt-stack is: seen after 1m 3s (db7.zulu.internal says so)",
        "mitigate: Send all traffic to cobalt-stack: seen after 3s (db7.zulu.internal says so)",
        "mitigate: See amber-stack serve nothing: seen after 3s (db7.zulu.internal says so)",
        "mitigate: See that users are well again: seen after 3s (db7.zulu.internal says so)",
        "mitigate: Fallback took effect: db7.zulu.internal says so",
        "mitigate: Ended, mitigated: fallback took effect: db7.zulu.internal says so",
        "communicate: The incident was resolved",
        "communicate: Told 'team': [checkout] over: fallback from v2 took effect",
        "communicate: Told 'product': [checkout] over: fallback from v2 took effect",
        "communicate: Told 'customers': [checkout] solved",
      ]
    `)
  })

  test('says once why something is ill and the rollout halts, when it is the same moment', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup()
    const at = live.history.findIndex(({ event }) => event.type === 'rollout.halted')
    const halt = live.history[at]
    if (halt?.event.type !== 'rollout.halted') throw new Error('it did not halt')
    const { because } = halt.event.data.failing
    const ill = (when: number) => ({
      at: when,
      event: {
        type: 'health.changed' as const,
        data: {
          group: 'canary',
          at: when,
          changes: [
            {
              kind: 'flow' as const,
              name: 'checkout',
              state: 'unhealthy' as const,
              was: null,
              because,
            },
          ],
        },
      },
    })
    const toldWith = (health: ReturnType<typeof ill>) =>
      timelineOf(live.history.toSpliced(at, 0, health)).find(
        ({ kind }) => kind === 'health.changed',
      )?.says
    expect(toldWith(ill(halt.event.data.at))).toBe("Flow 'checkout' is unhealthy")
    expect(toldWith(ill(halt.event.data.at - 1))).toContain("Flow 'checkout' is unhealthy: ")
  })

  test('is in the order of the history and says when', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup().approve().seeSteps()
    const times = timelineOf(live.history).map(({ at }) => at)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })

  test('says that somebody could not be told', () => {
    const live = new LiveRollout({ tree: [HOLD] })
    live.down.set('page', failure('denied', 'never', '550 no such user'))
    live.failGroup().deliver()
    expect(told(live)).toContain(
      `communicate: 'customers' could not be told "[checkout] some users may see errors": 550 no such user`,
    )
  })

  test('leaves out routine updates and tries that came right', () => {
    const live = new LiveRollout({ tree: [HOLD] })
    live.down.set('page', failure('unreachable', 'safe', 'connection refused'))
    live.failGroup().deliver()
    live.down.clear()
    live.live(20 * MINUTE)
    expect(live.incident?.messages.map(({ kind }) => kind)).toContain('update')
    expect(told(live).filter((says) => says.startsWith('communicate'))).toEqual([
      'communicate: An incident was opened; 3 audiences are told',
      "communicate: Told 'team': [checkout] rollout of v2 halted: zeta-http-5xx in group canary",
      "communicate: Told 'product': [checkout] rollout of v2 halted: errors in group canary",
      "communicate: Told 'customers': [checkout] some users may see errors",
    ])
  })

  test('says what was tried before, and until when a bypass is tolerated', () => {
    const live = new LiveRollout({ tree: [BYPASS, FALLBACK] }).failGroup()
    live.approve(STAKEHOLDER).seeSteps(1).failStep('never')
    expect(told(live)).toContainEqual(
      expect.stringMatching(
        /^mitigate: Bypass did not end it: could not see that the 5 % of users/,
      ),
    )
    const helped = new LiveRollout({ tree: [BYPASS] }).failGroup().approve(STAKEHOLDER).seeSteps()
    expect(told(helped)).toContainEqual(
      expect.stringMatching(/tolerated until 2026-11-23 18:01 UTC$/),
    )
  })
})

test('whatever happens, the timeline names nobody and every entry is a sentence', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      for (const { says } of timelineOf(liveIn(world).history)) {
        for (const name of INNER_NAMES.people) expect(says).not.toContain(name)
        expect(says).toMatch(/^[A-Z0-9']/)
        expect(says).not.toMatch(/undefined|null|NaN|\[object/)
      }
    }),
    { seed: 11, numRuns: 60 },
  )
})
