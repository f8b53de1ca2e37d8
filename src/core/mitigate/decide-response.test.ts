import { describe, expect, test } from 'vitest'
import { exposedRollout, failingBy } from '../../../test/support/emergencies.ts'
import { DENIED, person, TAKE_OFF } from '../../../test/support/flight.ts'
import { type Changes, sampleStrategy } from '../../../test/support/strategies.ts'
import { MINUTE } from '../kernel/instant.ts'
import type { ResponseCommand } from './commands.ts'
import { decideResponse, responseDueAt } from './decide-response.ts'
import { type Emergency, openResponse } from './next-decision.ts'
import { evolveResponse, type Response, type ResponseState } from './response.ts'

const now = TAKE_OFF
const BOB = person('bob', 'on-call')
const ERIN = person('erin')

function emergency(changes: Changes): Emergency {
  return { rollout: exposedRollout(sampleStrategy(changes)), failing: failingBy('verdict', '/') }
}

const asking = emergency({ credits: [] })
const acting = emergency({})

function opened(about: Emergency): Response {
  const events = openResponse(about, null, now)
  const state = events.reduce<ResponseState>(evolveResponse, null)
  if (state === null) throw new Error('a halt leads to a decision')
  return state
}

describe('the answer to a halt', () => {
  test.each<[string, Emergency, (state: Response) => ResponseCommand, object]>([
    [
      'a yes for another decision',
      asking,
      () => ({ type: 'approve', actor: BOB, hash: 'of-another', now }),
      {
        code: 'wrong-hash',
        detail: expect.stringMatching(/^the decision that waits now is \w{12}$/),
      },
    ],
    [
      'a yes of somebody whose role is not asked for',
      asking,
      ({ decision }) => ({ type: 'approve', actor: ERIN, hash: decision.hash, now }),
      { code: 'not-your-role', detail: 'still needed: 1 × on-call' },
    ],
    [
      'a yes while it acts already',
      acting,
      ({ decision }) => ({ type: 'approve', actor: BOB, hash: decision.hash, now }),
      { code: 'not-asking' },
    ],
    [
      'a no of somebody whose role is not asked for',
      asking,
      () => ({ type: 'reject', actor: ERIN, because: 'no', now }),
      { code: 'not-your-role' },
    ],
    [
      'a no while it acts already',
      acting,
      () => ({ type: 'reject', actor: BOB, because: 'no', now }),
      { code: 'not-asking' },
    ],
    [
      'the same way out a second time while it acts',
      acting,
      () => ({ type: 'choose', choose: 'fallback', actor: BOB, because: 'now', now }),
      { code: 'already-acting', detail: 'fallback is under way' },
    ],
    [
      'news of a step while it still asks',
      asking,
      () => ({ type: 'report-seen', step: 'mitigation/1.1/1-run', attempt: 1, evidence: 'x', now }),
      { code: 'no-plan-under-way' },
    ],
    [
      'news of an attempt that is not the present one',
      acting,
      () => ({
        type: 'report-failure',
        step: 'mitigation/1.1/1-run',
        attempt: 2,
        failure: DENIED,
        now,
      }),
      { code: 'stale-attempt' },
    ],
  ])('refuses %s', (_what, about, command, problem) => {
    const state = opened(about)
    expect(decideResponse(command(state), state, about)).toStrictEqual({ ok: false, problem })
  })

  test('refuses everything before a halt', () => {
    const tick = { type: 'tick', now } as const
    expect(decideResponse(tick, null, acting)).toStrictEqual({
      ok: false,
      problem: { code: 'not-halted' },
    })
  })

  test('says on whose authority it acts', () => {
    const [, alone] = openResponse(acting, null, now)
    expect(alone).toMatchObject({
      type: 'mitigation.began',
      data: {
        authority: 'the strategy lets it act alone: fallback was rehearsed on 2026-11-20',
        until: now + 5 * MINUTE,
      },
    })
    const state = opened(asking)
    const { hash } = state.decision
    const outcome = decideResponse({ type: 'approve', actor: BOB, hash, now }, state, asking)
    expect(outcome.ok && outcome.value[1]).toMatchObject({ data: { authority: 'bob as on-call' } })
  })

  test('is not given up for being slow where only a hold would follow', () => {
    const last = emergency({
      tree: [
        { name: 'fall-back', choose: 'fallback', because: 'x' },
        { name: 'wait', choose: 'hold', because: 'x' },
      ],
    })
    const state = opened(last)
    expect(state.stage).toMatchObject({ at: 'acting', until: null })
    expect(responseDueAt(state)).toBe(null)
  })

  test('waits for the retry of a step, and for its own deadline', () => {
    const state = opened(acting)
    expect(responseDueAt(state)).toBe(now + 5 * MINUTE)
    const busy = { ...DENIED, retry: 'safe' } as const
    const report = { step: 'mitigation/1.1/1-run', attempt: 1, failure: busy, now }
    const outcome = decideResponse({ type: 'report-failure', ...report }, state, acting)
    const failed = outcome.ok ? outcome.value.reduce<ResponseState>(evolveResponse, state) : null
    expect(failed === null ? null : responseDueAt(failed)).toBe(now + 250)
  })
})
