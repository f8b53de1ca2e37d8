import { expect, test } from 'vitest'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { fakeControl } from '../../../test/support/fake-control.ts'
import { shopRollouts } from '../../../test/support/shop-rollout.ts'
import { takeLook } from './look.ts'

async function scene() {
  const clock = fakeClock()
  const fake = fakeControl(clock)
  const shop = shopRollouts(fake, clock)
  const id = await shop.start()
  let drawings = 0
  const control = {
    ...fake.control,
    history: async (name: string) => {
      drawings += 1
      return fake.control.history(name)
    },
  }
  const parts = { control, store: fake.store, clock }
  return { clock, fake, shop, id, parts, drawings: () => drawings }
}

test('a look at which nothing is new draws nothing and changes nothing', async () => {
  const { parts, id, drawings } = await scene()
  const first = await takeLook(parts, id, null)
  const second = await takeLook(parts, id, first)
  expect(drawings()).toBe(1)
  expect(second).toEqual(first)
  expect(second?.view).toBe(first?.view)
})

test('a new fact in any of the three streams is seen at the next look', async () => {
  const { parts, id, shop, fake, clock } = await scene()
  await shop.fail(id)
  let before = await takeLook(parts, id, null)
  const now = clock.now()
  const news = [
    () =>
      fake.happen(id, {
        type: 'choose',
        choose: 'rollback',
        actor: { name: 'a', roles: ['admin'] },
        because: 'x',
        now,
      }),
    () => fake.incident(id, { type: 'resolve', outcome: 'mitigated', because: 'x', now }),
    () => fake.postmortem(id, { type: 'report-drafted', digest: 'd', path: 'p', now }),
  ]
  for (const happen of news) {
    await happen()
    const look = await takeLook(parts, id, before)
    expect(look?.number).toBe((before?.number ?? 0) + 1)
    before = look
  }
})

test('a fact that changes no picture is still news, because it may have a sentence', async () => {
  const { parts, id, shop, fake, clock } = await scene()
  await shop.bake(id)
  const before = await takeLook(parts, id, null)
  const reasserted = { type: 'report-reasserted', seen: 0, wanted: 500, evidence: 'e' } as const
  await fake.happen(id, { ...reasserted, now: clock.now() })
  const look = await takeLook(parts, id, before)
  expect(look?.view).toBe(before?.view)
  expect(look?.number).toBe(2)
})

test('sentences about time are drawn anew after a while, without pretending that something happened', async () => {
  const { parts, id, clock, drawings } = await scene()
  const first = await takeLook(parts, id, null)
  await clock.advance(4_999)
  await takeLook(parts, id, first)
  expect(drawings()).toBe(1)
  await clock.advance(1)
  const later = await takeLook(parts, id, first)
  expect(drawings()).toBe(2)
  expect(later?.number).toBe(1)
})

test('a failed rollout is settled when everybody was told and the postmortem is drafted, or after a while', async () => {
  const { parts, id, shop, fake, clock } = await scene()
  await shop.fail(id)
  const hash = (await fake.control.read(id))?.course.response?.decision.hash ?? ''
  const actor = { name: 'person:carol', roles: ['release-captain'] }
  await fake.happen(id, { type: 'approve', actor, hash, now: clock.now() })
  await fake.seeAllSteps(id)
  const ended = await takeLook(parts, id, null)
  expect(ended).toMatchObject({ settled: false, view: { phase: 'mitigated' } })
  const now = clock.now()
  await fake.incident(id, { type: 'resolve', outcome: 'mitigated', because: 'x', now })
  await fake.postmortem(id, { type: 'report-drafted', digest: 'd', path: 'p', now })
  const told = await takeLook(parts, id, ended)
  expect(told).toMatchObject({ settled: false })
  await fake.workload('shop', { type: 'release', rollout: id, now })
  expect(await takeLook(parts, id, told)).toMatchObject({ settled: true })
  await clock.advance(20_000)
  expect(await takeLook(parts, id, ended)).toMatchObject({ settled: true })
})
