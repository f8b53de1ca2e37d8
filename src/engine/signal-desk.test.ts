import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fakeClock } from '../../test/support/fake-clock.ts'
import { type FakeControl, fakeControl, memoryStore } from '../../test/support/fake-control.ts'
import { alice, shopRollouts, shopStrategy } from '../../test/support/shop-rollout.ts'
import { DAY, MINUTE } from '../core/kernel/instant.ts'
import type { Signal } from '../core/signal/signal.ts'
import { SignalDesk } from './signal-desk.ts'

const clock = fakeClock()
let fake: FakeControl
beforeEach(() => {
  fake = fakeControl(clock, memoryStore())
})
afterEach(() => fake.store.close())

function signalOf(change: Partial<Signal> = {}): Signal {
  return {
    source: 'alertmanager',
    fingerprint: 'f1',
    startsAt: clock.now(),
    status: 'firing',
    severity: 'warning',
    name: 'Slow',
    summary: '',
    labels: { workload: 'shop' },
    seenAt: clock.now(),
    ...change,
  }
}

async function fired(id: string): Promise<number> {
  const history = await fake.control.history(id)
  return history.filter(({ type }) => type === 'signal.fired').length
}

describe('signals that come in', () => {
  test('through several replicas at the same moment are recorded once', async () => {
    const shop = shopRollouts(fake, clock)
    const id = await shop.start()
    await shop.bake(id)
    const desks = Array.from({ length: 6 }, () => new SignalDesk(fake.store, clock))
    const taken = await Promise.all(desks.map((desk) => desk.take([signalOf()], alice)))
    expect(taken.every((one) => one.ok && one.value[0]?.rollout === id)).toBe(true)
    expect(await fired(id)).toBe(1)
  })

  test('are bound by the label names that the strategy gives', async () => {
    const labels = { ...shopStrategy.detection.alerts.labels, workload: 'service' }
    const alerts = { ...shopStrategy.detection.alerts, labels }
    const strategy = { ...shopStrategy, detection: { ...shopStrategy.detection, alerts } }
    const begun = await fake.control.start({ strategy, release: 'v2', hotfixFor: null }, alice)
    const desk = new SignalDesk(fake.store, clock)
    const signals = [signalOf(), signalOf({ fingerprint: 'f2', labels: { service: 'shop' } })]
    const taken = await desk.take(signals, alice)
    expect(taken).toMatchObject({
      ok: true,
      value: [
        { rollout: null, because: 'no label names a workload' },
        { rollout: begun.ok ? begun.value.id : '' },
      ],
    })
  })

  test('about nothing that is known are kept once, by the day on which they began', async () => {
    const desk = new SignalDesk(fake.store, clock)
    const now = clock.now()
    const yesterday = signalOf({ startsAt: now - DAY, labels: {} })
    const ancient = signalOf({ startsAt: now - 31 * DAY, labels: {}, fingerprint: 'old' })
    const signals = [yesterday, yesterday, { ...yesterday, status: 'resolved' as const }, ancient]
    const taken = await desk.take(signals, alice)
    expect(taken.ok && taken.value.map(({ kept }) => kept)).toEqual([true, true, true, false])
    expect(await desk.unbound(now - MINUTE, now)).toEqual([])
    expect(await desk.unbound(now - 2 * DAY, now)).toMatchObject([
      {
        signal: { status: 'resolved' },
        because: 'no label names a workload or a rollout that is under way',
      },
    ])
  })
})
