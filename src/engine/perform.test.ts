import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../test/support/eventually.ts'
import { openShop, type Shop } from '../../test/support/processes-shop.ts'
import type { Rollout } from '../core/rollout/state.ts'
import type { Step } from '../core/step/step.ts'
import { systemClock } from '../drivers/system-clock.ts'
import type { Drivers } from '../ports/drivers.ts'
import { perform } from './perform.ts'

let shop: Shop
let seen: string[] = []
beforeEach(async () => {
  shop = await openShop()
  seen = []
})
afterEach(async () => {
  await shop.close()
})

describe('a release that is started on a stack, on real processes', () => {
  test('and crashes beside another one that still runs there is known to have failed at once', async () => {
    await shop.apply('v1', 1)
    await eventually(async () => (await shop.see()).ready === 1)
    const begun = Date.now()
    const outcome = await start('crash', 60_000)
    expect(outcome).toMatchObject({ ok: false, problem: { reason: 'refused', retry: 'safe' } })
    expect(outcome.ok || outcome.problem.detail).toMatch(
      /^replica 0 of 'crash' crashed.*: exit code 3; "cannot reach/,
    )
    // Far less than the minute of its window: the crash was seen, not waited out.
    expect(Date.now() - begun).toBeLessThan(15_000)
  })

  test('and never becomes ready is not waited for a second time, and what it answers is told', async () => {
    const outcome = await start('sick', 1_500)
    expect(outcome).toMatchObject({ ok: false, problem: { reason: 'timed-out', retry: 'never' } })
    expect(outcome.ok || outcome.problem.detail).toContain('GET /health answers 503')
    // Whoever watches reads it while it is waited for.
    expect(seen.some((says) => says.includes('GET /health answers 503'))).toBe(true)
  })
})

function start(release: string, withinMs: number) {
  const action = { kind: 'run', component: 'api', stack: 'blue', release, replicas: 1 } as const
  const step: Step = {
    id: 'canary/1/1-run',
    says: `start ${release}`,
    action,
    attemptsMax: 3,
    withinMs,
    oneWindow: true,
  }
  const drivers = {
    platform: async () => ({ ok: true, value: shop.platform }),
  } as unknown as Drivers
  const rollout = { workload: 'shop', strategy: {} } as unknown as Rollout
  const want = { effectId: `shop-1/${step.id}`, step, attempt: 1, beganAt: 0 }
  const witness = { saw: (says: string) => seen.push(says), tested: () => undefined }
  const context = { drivers, rollout, clock: systemClock, witness }
  return perform(want, context, AbortSignal.timeout(60_000))
}
