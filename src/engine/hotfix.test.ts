import { expect, test } from 'vitest'
import { fakeClock } from '../../test/support/fake-clock.ts'
import { fakeConfiguration } from '../../test/support/fake-configuration.ts'
import { fakeControl } from '../../test/support/fake-control.ts'
import { fakePlatform } from '../../test/support/fake-platform.ts'
import { fakeProber } from '../../test/support/fake-prober.ts'
import { fakeRouter } from '../../test/support/fake-router.ts'
import { alice, shopRollouts, shopStrategy } from '../../test/support/shop-rollout.ts'
import type { CourseCommand } from '../core/course/course.ts'
import { failure } from '../core/kernel/failure.ts'
import { no, yes } from '../core/kernel/result.ts'
import type { EngineContext } from './context.ts'
import { captureBaseline } from './hands.ts'
import { openStreams, openWorkload } from './streams.ts'
import { batchTelemetry } from './telemetry-batch.ts'

async function hotfixed() {
  const clock = fakeClock()
  const fake = fakeControl(clock)
  const shop = shopRollouts(fake, clock)
  const bad = await shop.start('v2')
  await shop.fail(bad)
  const fix = await fake.control.start(
    { strategy: shopStrategy, release: 'v3', hotfixFor: bad },
    { ...alice, commandId: 'the fix' },
  )
  if (!fix.ok) throw new Error(fix.problem.code)
  return { clock, fake, bad, fix: fix.value.id }
}

test('the release that a hotfix replaces is put in quarantine, because nobody else will do it', async () => {
  const { fake, bad } = await hotfixed()
  const workload = openWorkload(fake.store, 'shop')
  await workload.refresh()
  expect(workload.state().quarantined['v2']).toMatchObject({ rollout: bad })
})

test('a hotfix goes back to where the failed rollout began, not to the failure', async () => {
  const { clock, fake, bad, fix } = await hotfixed()
  const { course } = openStreams(fake.store, fix)
  const workload = openWorkload(fake.store, 'shop')
  await Promise.all([course.refresh(), workload.refresh()])
  const { rollout } = course.state()
  if (rollout === null) throw new Error('the hotfix did not start')
  const told: CourseCommand[] = []

  await captureBaseline(
    rollout,
    workload.state(),
    contextOf(fake.store, clock),
    async (command) => void told.push(command),
    new AbortController().signal,
  )

  const before = openStreams(fake.store, bad).course
  await before.refresh()
  const baseline = before.state().rollout?.baseline
  expect(baseline).toMatchObject({ release: 'v1' })
  expect(told).toMatchObject([{ type: 'capture-baseline', baseline }])
})

/** A world in which nothing runs: whoever looks at it finds another state than the one to go back to. */
function contextOf(
  store: EngineContext['store'],
  clock: ReturnType<typeof fakeClock>,
): EngineContext {
  const router = fakeRouter(clock, ['blue', 'green'])
  const platform = fakePlatform(clock)
  const none = async () => no(failure('misconfigured', 'never', 'there is none here'))
  return {
    store,
    clock,
    drivers: {
      router: async () => yes(router),
      platform: async () => yes(platform),
      source: none,
      channel: none,
      flags: none,
      configuration: fakeConfiguration(clock),
      prober: fakeProber(clock),
      documents: { write: none },
    },
    telemetry: batchTelemetry(clock),
    log: { info: () => undefined, error: () => undefined },
    limits: { leaseMs: 10_000, rolloutsMax: 10 },
  }
}
