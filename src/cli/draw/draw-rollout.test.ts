import { describe, expect, test } from 'vitest'
import { answerOf, testServer } from '../../../test/support/api-server.ts'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { failing, passing } from '../../../test/support/shop-rollout.ts'
import { plain } from '../../../test/support/terminal.ts'
import type { LiveView } from '../../contract/live-view.ts'
import { Phase } from '../../contract/rollout-view.ts'
import { MINUTE } from '../../core/kernel/instant.ts'
import { drawRollout, phaseMark } from './draw-rollout.ts'
import { drawTimeline } from './draw-timeline.ts'
import { ink } from './ink.ts'

const NO_INK = ink(false)

async function stage() {
  const clock = fakeClock()
  const built = await testServer(clock)
  const id = await built.shop.start()
  return {
    ...built,
    id,
    clock,
    draw: async (live: LiveView | null = null, width?: number) => {
      const view = await answerOf('getRollout', await built.ask('GET', `/v1/rollouts/${id}`))
      const columns = width === undefined ? {} : { width }
      return drawRollout({ view, live, ink: NO_INK, now: clock.now(), ...columns })
    },
  }
}

function traffic(at: number): LiveView {
  return {
    at,
    stacks: {
      blue: { requests: 7_600, errors: 8, perSecond: 95.2, share: 9_500 },
      green: { requests: 12_345, errors: 1, perSecond: 5, share: 500 },
    },
    verdict: { ...passing, evidence: passing.evidence.map((one) => ({ ...one, logE: 2.3 })) },
    doing: null,
  }
}

describe('the picture of a rollout', () => {
  test('before anything was changed shows every group as ahead', async () => {
    const { draw } = await stage()
    expect(await draw()).toEqual([
      'shop v2  shop-1  preparing  0ms',
      'the present state of shop is being captured; nothing was changed yet',
      '',
      '  ·  canary        5 %  ░░░░░░░░░░░░░░░░░░░░',
      '  ·  everyone    100 %  ░░░░░░░░░░░░░░░░░░░░  opened by hand',
    ])
  })

  test('while a group bakes shows shares, traffic, and the evidence growing towards the limit', async () => {
    const { draw, shop, fake, clock, id } = await stage()
    await shop.bake(id)
    await fake.judge(id, passing)
    await clock.advance(2.5 * MINUTE)
    expect(await draw(traffic(clock.now()))).toEqual([
      'shop v2  shop-1  baking  2m 30s',
      "group 'canary' serves and is being watched: errors: not worse than v1",
      '',
      '  ▸  canary        5 %  █░░░░░░░░░░░░░░░░░░░  400 requests  pass  healthy for 2m 30s of 10m',
      '  ·  everyone    100 %  ░░░░░░░░░░░░░░░░░░░░  opened by hand',
      '',
      '  blue v1   ███████████████████░     95 %    95/s    7600 requests  8 errors',
      '  green v2  █░░░░░░░░░░░░░░░░░░░      5 %     5/s   12.3k requests  1 error',
      '',
      'Evidence against the candidate:',
      '  errors  ██████████░░░░░░░░░░   50 %  pass  1 of 400 against 20 of 7600, 0.9×',
    ])
  })

  test('after a failure shows the decision, what else was possible, and whose yes is missing', async () => {
    const { draw, shop, id } = await stage()
    await shop.fail(id)
    const lines = await draw()
    expect(lines).toContain("Decision: fallback (branch 'go-back')")
    expect(lines).toContain("  not rollback ('restore'): an earlier branch was taken")
    const waits = lines.findIndex((line) => line.startsWith('Waits'))
    expect(lines.slice(waits, waits + 3)).toEqual([
      'Waits for approval within 30m:',
      '  ? 1 × release-captain (the decision tree asks for it)',
      '  goaround approve shop-1   or   goaround reject shop-1 --because "…"',
    ])
  })

  test('of a mitigation ticks only what was seen', async () => {
    const { draw, shop, fake, clock, id } = await stage()
    await shop.fail(id)
    const actor = { name: 'person:carol', roles: ['release-captain'] }
    const hash = (await fake.control.read(id))?.course.response?.decision.hash ?? ''
    await fake.happen(id, { type: 'approve', actor, hash, now: clock.now() })
    const begun = await draw()
    expect(begun.filter((line) => line.includes('✔'))).toEqual([])
    expect(begun).toContain('  ▸ scale web on the old stack (blue) to 2 and see it ready')
    expect(begun).toContain('  · send all traffic to blue')
    await fake.seeAllSteps(id)
    const done = await draw()
    expect(done).toContain('  ✔ send all traffic to blue')
    expect(done.some((line) => line.startsWith('  ✖  canary        5 %  ░░░'))).toBe(true)
  })

  test('tells who was told, and who was not', async () => {
    const { draw, shop, fake, clock, id } = await stage()
    await shop.fail(id)
    const now = clock.now()
    const message = {
      kind: 'start',
      channel: 'terminal',
      subject: 's',
      text: 't',
      tells: 'halted',
      nextUpdateAt: null,
    } as const
    await fake.incident(
      id,
      {
        type: 'write',
        messages: [
          { ...message, id: 'm1', audience: 'team' },
          { ...message, id: 'm2', audience: 'customers' },
        ],
        now,
      },
      { type: 'report-delivered', id: 'm1', evidence: 'written', now },
    )
    const lines = await draw()
    expect(lines).toContain('Told: team 1 delivered · customers 1 on the way')
    expect(lines).toContain('Postmortem: being drafted')
  })

  test('fits the terminal: long sentences are cut, and the picture keeps its lines', async () => {
    const { draw, shop, fake, id } = await stage()
    await shop.bake(id)
    await fake.judge(id, { ...failing, because: 'x'.repeat(500) })
    const lines = await draw(null, 80)
    const failed = lines.find((line) => line.startsWith('Failed:'))
    expect(failed).toHaveLength(80)
    expect(failed?.endsWith('…')).toBe(true)
  })
})

test('colours change nothing but colours', () => {
  for (const phase of Phase.options) {
    expect(plain(phaseMark(phase, ink(true)))).toBe(phaseMark(phase, NO_INK))
  }
})

test('the timeline carries the time of day in UTC', () => {
  const at = Date.UTC(2026, 10, 23, 9, 5, 7)
  expect(drawTimeline([{ at, phase: 'detect', kind: 'x', says: 'It halted' }], NO_INK)).toEqual([
    '09:05:07  It halted',
  ])
})
