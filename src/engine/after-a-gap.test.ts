import { expect, test } from 'vitest'
import { exposedRollout } from '../../test/support/emergencies.ts'
import { type FakeClock, fakeClock } from '../../test/support/fake-clock.ts'
import { fakeConfiguration } from '../../test/support/fake-configuration.ts'
import { fakePlatform } from '../../test/support/fake-platform.ts'
import { fakeProber } from '../../test/support/fake-prober.ts'
import { fakeRouter } from '../../test/support/fake-router.ts'
import { sampleStrategy } from '../../test/support/strategies.ts'
import type { StepWant } from '../core/course/wants.ts'
import { failure } from '../core/kernel/failure.ts'
import { MINUTE } from '../core/kernel/instant.ts'
import { no, yes } from '../core/kernel/result.ts'
import type { Action } from '../core/step/step.ts'
import type { Drivers } from '../ports/drivers.ts'
import { perform } from './perform.ts'
import { batchTelemetry } from './telemetry-batch.ts'
import { verifyUsers } from './verify.ts'

const ROLLOUT = exposedRollout(sampleStrategy())
const NEVER = new AbortController().signal

/** A step that began ten minutes ago: the server that began it was down since. */
function begunLongAgo(clock: FakeClock, action: Action): StepWant {
  const step = { id: 'mitigation/1.1/9-x', says: 'see it', action, attemptsMax: 1, withinMs: 5_000 }
  return { effectId: 'shop-1/x', step, attempt: 1, beganAt: clock.now() - 10 * MINUTE }
}

const witness = { saw: () => undefined, tested: () => undefined }

test('users who are well are seen to be well, however long nobody looked before', async () => {
  const clock = fakeClock()
  const { drivers } = world(clock)
  const action = { kind: 'verify', mode: 'control', group: 'canary', forMs: 1_000 } as const
  const context = {
    drivers,
    clock,
    telemetry: batchTelemetry(clock),
    before: { requests: 0, errors: 0 },
  }

  const seen = verifyUsers(begunLongAgo(clock, action), action, ROLLOUT, context, NEVER)
  await clock.advance(6_000)

  expect(await seen).toMatchObject({ ok: true })
})

test('an effect that takes a moment is waited for, however long nobody looked before', async () => {
  const clock = fakeClock()
  const { drivers, platform } = world(clock)
  platform.startMs = 900
  const action = {
    kind: 'run',
    component: 'web',
    stack: 'green',
    release: 'v9',
    replicas: 1,
  } as const

  const seen = perform(
    begunLongAgo(clock, action),
    { drivers, clock, rollout: ROLLOUT, witness },
    NEVER,
  )
  await clock.advance(6_000)

  expect(await seen).toMatchObject({ ok: true })
})

test('an effect that never comes fails when its time is over, counted from the first look', async () => {
  const clock = fakeClock()
  const { drivers, platform } = world(clock)
  platform.neverReady.add('v9')
  const action = {
    kind: 'run',
    component: 'web',
    stack: 'green',
    release: 'v9',
    replicas: 1,
  } as const

  const seen = perform(
    begunLongAgo(clock, action),
    { drivers, clock, rollout: ROLLOUT, witness },
    NEVER,
  )
  await clock.advance(6_000)

  expect(await seen).toMatchObject({ ok: false, problem: { reason: 'timed-out' } })
})

function world(clock: FakeClock) {
  const platform = fakePlatform(clock)
  const router = fakeRouter(clock, ['blue', 'green'])
  const none = async () => no(failure('misconfigured', 'never', 'there is none here'))
  const drivers: Drivers = {
    router: async () => yes(router),
    platform: async () => yes(platform),
    source: none,
    channel: none,
    flags: none,
    configuration: fakeConfiguration(clock),
    prober: fakeProber(clock),
    documents: { write: none },
  }
  return { drivers, platform }
}
