import { parse } from 'yaml'
import { StrategyFile } from '../../src/core/strategy/schema.ts'
import type { Verdict } from '../../src/core/words/verdict.ts'
import type { From } from '../../src/engine/control.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { FakeControl } from './fake-control.ts'
import { SHOP_STRATEGY } from './shop-strategy.ts'

export const shopStrategy = StrategyFile.parse(parse(SHOP_STRATEGY))

export const alice: From = {
  actor: { name: 'person:alice', roles: ['operator'] },
  commandId: 'test',
}

/** Evidence that the candidate is much worse. */
export const failing: Verdict = {
  kind: 'fail',
  because: 'errors: 40 of 400 requests failed on v2, 8 of 7600 on v1',
  exposed: 400,
  evidence: [
    {
      metric: 'errors',
      verdict: 'fail',
      because: '40 of 400 requests failed on v2, 8 of 7600 on v1',
      candidate: { n: 400, events: 40 },
      control: { n: 7600, events: 8 },
      ratio: 95,
      logE: 6.2,
      logEToFire: 4.6,
    },
  ],
}

export const passing: Verdict = {
  kind: 'pass',
  because: 'errors: not worse than v1',
  exposed: 400,
  evidence: [
    {
      metric: 'errors',
      verdict: 'pass',
      because: 'not worse than v1',
      candidate: { n: 400, events: 1 },
      control: { n: 7600, events: 20 },
      ratio: 0.95,
      logE: -1.5,
      logEToFire: 4.6,
    },
  ],
}

/** Takes rollouts of the shop from one phase to the next, as the engine would. */
export function shopRollouts(fake: FakeControl, clock: Clock) {
  const { control, happen, seeAllSteps } = fake

  async function start(
    release = 'v2',
    from: From = { ...alice, commandId: `start ${release}` },
  ): Promise<string> {
    const begun = await control.start({ strategy: shopStrategy, release, hotfixFor: null }, from)
    if (!begun.ok) throw new Error(begun.problem.code)
    return begun.value.id
  }

  async function open(id: string): Promise<void> {
    const runs = (release: string | null) => ({
      web: { release, replicas: release === null ? 0 : 2 },
    })
    const state = {
      stacks: { blue: runs('v1'), green: runs(null) },
      routing: { blue: 10_000, green: 0 },
      flags: {},
      configuration: {},
    }
    const baseline = { state, serving: 'blue', release: 'v1', sealed: null, drift: [] }
    await happen(id, { type: 'capture-baseline', baseline, now: clock.now() })
    await happen(id, { type: 'tick', now: clock.now() })
  }

  /** The canary serves its 5 %. */
  async function bake(id: string): Promise<void> {
    await open(id)
    await seeAllSteps(id)
  }

  /** The canary has failed, and the fallback waits for the release captain. */
  async function fail(id: string): Promise<void> {
    await bake(id)
    const now = clock.now()
    await fake.judge(id, failing, ['/checkout'])
    await fake.incident(id, {
      type: 'open',
      rollout: id,
      workload: 'shop',
      because: failing.because,
      audiences: [{ name: 'team', channel: 'terminal', cadence: 900_000 }],
      now,
    })
    await fake.postmortem(id, { type: 'open', rollout: id, workload: 'shop', now })
  }

  /** The fallback was approved, carried out and seen to help. */
  async function mitigate(id: string): Promise<void> {
    await fail(id)
    const decision = (await control.read(id))?.course.response?.decision
    if (decision === undefined) throw new Error('nothing was decided')
    const actor = { name: 'person:carol', roles: ['release-captain'] }
    await happen(id, { type: 'approve', actor, hash: decision.hash, now: clock.now() })
    await seeAllSteps(id)
    await finishPapers(id)
  }

  async function finishPapers(id: string): Promise<void> {
    const now = clock.now()
    await fake.incident(id, { type: 'resolve', outcome: 'mitigated', because: 'fallback', now })
    const path = `/var/lib/goaround/postmortem-${id}.md`
    await fake.postmortem(id, { type: 'report-drafted', digest: 'd', path, now })
    await fake.workload('shop', { type: 'release', rollout: id, now })
  }

  return { start, open, bake, fail, mitigate }
}
