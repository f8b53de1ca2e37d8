import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Smoke, VersionProof } from '../../src/core/strategy/connections.ts'
import type { Prober, ProbeTarget } from '../../src/ports/prober.ts'

export interface ProberWorld {
  readonly prober: Prober
  /** A test that passes on `target` exactly while it is well. */
  readonly smoke: Smoke
  readonly target: ProbeTarget
  readonly makeWell: (well: boolean) => Promise<void>
  /** How often the candidate was really tested. */
  readonly felt: () => Promise<number>
  readonly close: () => Promise<void>
}

/** The promises of every prober: what the engine relies on. */
export function proberContract(name: string, open: () => Promise<ProberWorld>): void {
  describe(`${name} keeps the promises of a prober`, () => {
    let world: ProberWorld
    beforeEach(async () => {
      world = await open()
    })
    afterEach(async () => {
      await world.close()
    })

    it('passes a candidate that is well, and says what it saw', async () => {
      const outcome = await probe()
      expect(outcome).toMatchObject({ ok: true, value: { verdict: 'pass' } })
      expect(outcome.ok && outcome.value.because).not.toBe('')
      expect(outcome.ok && outcome.value.tookMs).toBeGreaterThanOrEqual(0)
    })

    it('does not pass one that is not, and that is an outcome and no failure', async () => {
      await world.makeWell(false)
      expect(await probe()).toMatchObject({ ok: true, value: { verdict: 'fail' } })
    })

    it('tests anew each time and remembers nothing', async () => {
      await probe()
      await world.makeWell(false)
      expect(await probe()).toMatchObject({ ok: true, value: { verdict: 'fail' } })
      await world.makeWell(true)
      expect(await probe()).toMatchObject({ ok: true, value: { verdict: 'pass' } })
      expect(await world.felt()).toBe(3)
    })

    it('says nothing of a release that nobody can be asked for', async () => {
      const version = VersionProof.parse({ path: '/version' })
      const nobody = { release: 'v2', stack: 'green', endpoints: [] }
      const signal = AbortSignal.timeout(10_000)
      expect(await world.prober.prove(version, nobody, signal)).toMatchObject({
        ok: false,
        problem: { reason: 'not-found' },
      })
    })

    it('knows nothing of the candidate when there was no time left', async () => {
      const ask = { effectId: 'e', signal: AbortSignal.abort() }
      expect(await world.prober.probe(world.smoke, world.target, ask)).toMatchObject({
        ok: false,
        problem: { reason: 'timed-out' },
      })
      expect(await world.felt()).toBe(0)
    })

    function probe() {
      const ask = { effectId: 'e', signal: AbortSignal.timeout(10_000) }
      return world.prober.probe(world.smoke, world.target, ask)
    }
  })
}

/** A smoke test with the strategy's own defaults. */
export function smokeOf(written: object): Smoke {
  return Smoke.parse({ name: 'smoke', ...written })
}

export const SAMPLE_TARGET: ProbeTarget = {
  endpoint: null,
  workload: 'shop',
  release: 'v2',
  stack: 'green',
  group: 'canary',
}
