import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Reading, TelemetrySource, Watch } from '../../src/ports/telemetry.ts'

export interface TelemetryWorld {
  /** Knows stack `blue` with 1000 requests, 10 of them failed, and latencies of 900 ≤ 100 ms, 90 ≤ 1 s, 10 above. */
  readonly source: TelemetrySource
  readonly errors: Watch['query']
  readonly latency: Watch['query']
  readonly close: () => Promise<void>
}

/** The promises of every telemetry source. */
export function telemetryContract(name: string, open: () => Promise<TelemetryWorld>): void {
  describe(`${name} keeps the promises of a telemetry source`, () => {
    let world: TelemetryWorld
    beforeAll(async () => {
      world = await open()
    })
    afterAll(async () => {
      await world.source.close()
      await world.close()
    })

    it('reads cumulative counters', async () => {
      const [reading] = await read(watch('a', 'error-rate', 'blue'))
      expect(reading).toMatchObject({ key: 'a', requests: 1000, errors: 10 })
    })

    it('reads histograms, not cumulative, with one bucket more than edges', async () => {
      const [reading] = await read(watch('a', 'latency', 'blue'))
      expect(reading).toMatchObject({
        key: 'a',
        requests: 1000,
        edgesMs: [100, 1000],
        latency: [900, 90, 10],
      })
    })

    it('says how old its newest sample is', async () => {
      const [reading] = await read(watch('a', 'error-rate', 'blue'))
      const age = Date.now() - (reading?.at ?? 0)
      expect(age).toBeGreaterThanOrEqual(0)
      expect(age).toBeLessThan(5_000)
    })

    it('answers many watches at once, each under its key', async () => {
      const readings = await read(
        watch('x', 'latency', 'blue'),
        watch('y', 'error-rate', 'blue'),
        watch('z', 'error-rate', 'blue'),
      )
      expect(readings.map(({ key }) => key).toSorted()).toEqual(['x', 'y', 'z'])
    })

    it('leaves out what it has no data of: no data is not zero', async () => {
      expect(await read(watch('a', 'error-rate', 'green'), watch('b', 'latency', 'green'))).toEqual(
        [],
      )
    })

    it('answers nothing to nobody', async () => {
      expect(await read()).toEqual([])
    })

    async function read(...watches: readonly Watch[]): Promise<readonly Reading[]> {
      const answer = await world.source.read(watches, AbortSignal.timeout(10_000))
      if (!answer.ok) throw new Error(answer.problem.detail)
      return answer.value.readings
    }
    function watch(key: string, kind: Watch['kind'], stack: string): Watch {
      const query = kind === 'latency' ? world.latency : world.errors
      return {
        key,
        metric: 'errors',
        kind,
        query,
        labels: { workload: 'shop', stack, release: 'v1', rollout: 'r1', group: 'canary' },
      }
    }
  })
}
