import { expect, test } from 'vitest'
import { smokeOf } from '../../test/contracts/prober.ts'
import { fakeClock } from '../../test/support/fake-clock.ts'
import { fakePlatform } from '../../test/support/fake-platform.ts'
import { fakeProber } from '../../test/support/fake-prober.ts'
import type { Rollout } from '../core/rollout/state.ts'
import type { TestOutcome } from '../core/words/test-outcome.ts'
import type { Drivers } from '../ports/drivers.ts'
import { testCandidate } from './test-candidate.ts'

const PLACE = { workload: 'shop', component: 'web', stack: 'green' }
const SIGNAL = new AbortController().signal

/** Runs one test of v2 while `meanwhile` happens to its platform. */
async function run(running: string, passes: boolean, meanwhile: 'nothing' | 'a restart') {
  const clock = fakeClock()
  const platform = fakePlatform(clock)
  const prober = fakeProber(clock)
  const apply = (effectId: string) =>
    platform.apply({ ...PLACE, release: running, replicas: 1 }, { effectId, signal: SIGNAL })
  await apply('start')
  await clock.advance(10)
  prober.judge = () => passes
  const drivers = {
    prober: {
      ...prober,
      async probe(...asked: Parameters<typeof prober.probe>) {
        const outcome = await prober.probe(...asked)
        if (meanwhile === 'nothing') return outcome
        platform.crash(PLACE)
        await apply('again')
        return outcome
      },
    },
  } as unknown as Drivers
  const rollout = { id: 'shop-1', workload: 'shop' } as unknown as Rollout
  const tested: TestOutcome[] = []
  const witness = { saw: () => undefined, tested: (one: TestOutcome) => void tested.push(one) }
  const action = {
    kind: 'smoke',
    group: 'canary',
    component: 'web',
    stack: 'green',
    release: 'v2',
    smoke: smokeOf({ http: { path: '/' } }),
  } as const
  const effect = testCandidate(action, platform, { drivers, clock, rollout, witness })
  await effect.ask({ effectId: 'e', signal: SIGNAL })
  return tested
}

test('a pass counts when the same instances run the release before and after it', async () => {
  expect(await run('v2', true, 'nothing')).toMatchObject([
    { verdict: 'pass', provedBy: expect.stringContaining("platform's own sighting") },
  ])
})

test('a pass of an instance that was started anew meanwhile is an error', async () => {
  expect(await run('v2', true, 'a restart')).toMatchObject([
    { verdict: 'error', because: expect.stringContaining('was started anew while the test ran') },
  ])
})

test('a failure stands, also when the candidate died of the test', async () => {
  expect(await run('v2', false, 'a restart')).toMatchObject([{ verdict: 'fail' }])
})

test('another release is not tested at all, and both are named', async () => {
  expect(await run('v1', true, 'nothing')).toMatchObject([
    {
      verdict: 'error',
      because: expect.stringContaining('the release under test is v2, and green runs v1'),
    },
  ])
})
