import { expect, test } from 'vitest'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { fakeControl } from '../../../test/support/fake-control.ts'
import { shopRollouts } from '../../../test/support/shop-rollout.ts'
import type { RolloutView } from '../../contract/rollout-view.ts'
import { rolloutViewOf } from './rollout-view-of.ts'

const CAROL = { name: 'person:carol', roles: ['release-captain'] }

async function scene() {
  const clock = fakeClock()
  const fake = fakeControl(clock)
  const shop = shopRollouts(fake, clock)
  const id = await shop.start()
  async function look(): Promise<RolloutView> {
    const record = await fake.control.read(id)
    const view = record && rolloutViewOf(record, await fake.control.history(id), clock.now())
    if (view === null) throw new Error('it was started')
    return view
  }
  /** The present step is seen; the next one begins by itself. */
  async function seeOne(): Promise<void> {
    const state = (await fake.control.read(id))?.course
    const stage =
      state?.rollout?.stage.at === 'opening' ? state.rollout.stage : state?.response?.stage
    if (stage === undefined || !('progress' in stage)) throw new Error('no plan is under way')
    const { plan, index, attempt } = stage.progress
    const step = plan[index]?.id ?? ''
    await fake.happen(id, { type: 'report-seen', step, attempt, evidence: 'e', now: clock.now() })
  }
  return { id, clock, fake, shop, look, seeOne }
}

test('a share that was asked for is not yet a share that was seen', async () => {
  const { id, shop, look, seeOne } = await scene()
  await shop.open(id)
  while ((await look()).step?.says !== 'give 5 % of the traffic to v2') await seeOne()
  expect((await look()).exposure).toMatchObject({ share: 500, seen: false })
  await seeOne()
  expect((await look()).exposure).toMatchObject({ share: 500, seen: true })
})

test('a step that failed says why, and when it is tried again', async () => {
  const { id, clock, fake, shop, look } = await scene()
  await shop.open(id)
  const { step } = await look()
  const failure = {
    reason: 'timed-out',
    retry: 'safe',
    detail: 'no answer from the router',
  } as const
  const report = { type: 'report-failure', step: step?.id ?? '', attempt: 1 } as const
  await fake.happen(id, { ...report, failure, now: clock.now() })
  expect((await look()).step).toMatchObject({
    state: 'retrying',
    attempt: 1,
    because: 'no answer from the router',
    retryAt: clock.now() + 250,
  })
})

test('a way out that did not help stays in the picture until the next one begins', async () => {
  const { id, clock, fake, shop, look } = await scene()
  await shop.fail(id)
  const first = await look()
  const hash = first.decision?.hash ?? ''
  await fake.happen(id, { type: 'approve', actor: CAROL, hash, now: clock.now() })
  for (let tries = 0; (await look()).mitigation?.state === 'under-way'; tries += 1) {
    expect(tries).toBeLessThan(10)
    const response = (await fake.control.read(id))?.course.response
    if (response?.stage.at !== 'acting') break
    const { plan, index, attempt, mode } = response.stage.progress
    if (mode === 'acting') {
      const failure = { reason: 'unreachable', retry: 'never', detail: 'gone' } as const
      const report = { type: 'report-failure', step: plan[index]?.id ?? '', attempt } as const
      await fake.happen(id, { ...report, failure, now: clock.now() })
    }
  }
  const after = await look()
  expect(after.mitigation).toMatchObject({ choose: 'fallback', state: 'did-not-help' })
  expect(after.mitigation?.steps[0]).toMatchObject({ state: 'failed', because: 'gone' })
  expect(after.decision).toMatchObject({ number: 2, chosen: 'rollback' })
  expect(after.tried).toMatchObject([{ choose: 'fallback' }])
})

test('an approval is shown with whoever gave it, and what is missing stays missing', async () => {
  const { id, clock, fake, shop, look } = await scene()
  await shop.fail(id)
  const before = await look()
  expect(before.decision?.approvals).toMatchObject([{ role: 'release-captain', given: [] }])
  const hash = before.decision?.hash ?? ''
  await fake.happen(id, { type: 'approve', actor: CAROL, hash, now: clock.now() })
  expect((await look()).decision?.approvals).toMatchObject([
    { role: 'release-captain', needed: 1, given: [{ by: 'person:carol' }] },
  ])
})
