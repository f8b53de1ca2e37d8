import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Platform, StackSighting, StackWant } from '../../src/ports/platform.ts'

export interface PlatformWorld {
  /** Must serve workload `shop`, component `api` and the stacks `blue` and `green`. */
  readonly platform: Platform
  /** Calls `look` again and again, letting time pass, until it holds; fails when it never does. */
  readonly eventually: (look: () => Promise<boolean>) => Promise<void>
  /** Effects that were felt in the real system: started processes, executed commands. */
  readonly felt: () => Promise<number>
  readonly close: () => Promise<void>
}

/** The promises of every platform: what the engine relies on. */
export function platformContract(name: string, open: () => Promise<PlatformWorld>): void {
  describe(`${name} keeps the promises of a platform`, () => {
    let world: PlatformWorld
    let effects = 0

    beforeEach(async () => {
      world = await open()
    })
    afterEach(async () => {
      await world.close()
    })

    it('sees nothing on a stack that was never used', async () => {
      expect(await see('blue')).toMatchObject(NOTHING)
    })

    it('brings a release up, all of it ready', async () => {
      await expectToReach({ release: 'v1', replicas: 2 })
      expect((await see('blue')).evidence).not.toBe('')
    })

    it('does nothing more when the same is asked again', async () => {
      await expectToReach({ release: 'v1', replicas: 2 })
      const felt = await world.felt()
      await apply({ release: 'v1', replicas: 2 })
      await apply({ release: 'v1', replicas: 2 }, 'effect-1')
      await apply({ release: 'v1', replicas: 2 }, 'effect-1')
      await expectToReach({ release: 'v1', replicas: 2 })
      expect(await world.felt()).toBe(felt)
    })

    it('scales a release up and down without changing it', async () => {
      await expectToReach({ release: 'v1', replicas: 1 })
      await expectToReach({ release: 'v1', replicas: 3 })
      await expectToReach({ release: 'v1', replicas: 1 })
    })

    it('replaces a release on the same stack', async () => {
      await expectToReach({ release: 'v1', replicas: 2 })
      await expectToReach({ release: 'v2', replicas: 2 })
    })

    it('stops everything when no replica is wanted, and says so again when asked again', async () => {
      await expectToReach({ release: 'v1', replicas: 2 })
      await apply({ release: 'v1', replicas: 0 })
      await world.eventually(async () => (await see('blue')).replicas === 0)
      expect(await see('blue')).toMatchObject(NOTHING)
      await apply({ release: 'v1', replicas: 0 })
      expect(await see('blue')).toMatchObject(NOTHING)
    })

    it('keeps the two stacks apart', async () => {
      await expectToReach({ release: 'v1', replicas: 1 })
      await expectToReach({ release: 'v2', replicas: 2, stack: 'green' })
      expect(await see('blue')).toMatchObject({ release: 'v1', replicas: 1, ready: 1 })
    })

    it('answers instead of throwing when there is no time left', async () => {
      const gone = AbortSignal.abort()
      expect(await world.platform.observe(at('blue'), gone)).toMatchObject({
        ok: false,
        problem: { reason: 'timed-out', retry: 'safe' },
      })
    })

    async function expectToReach(asked: Asked): Promise<void> {
      await apply(asked)
      await world.eventually(async () => {
        const { release, replicas, ready, endpoints } = await see(asked.stack ?? 'blue')
        expect([0, ready]).toContain(endpoints.length)
        return release === asked.release && replicas === asked.replicas && ready === asked.replicas
      })
    }

    async function apply(asked: Asked, effectId = `effect-${(effects += 1)}-of-its-own`) {
      const want: StackWant = { ...at(asked.stack ?? 'blue'), ...asked }
      const signal = AbortSignal.timeout(20_000)
      expect(await world.platform.apply(want, { effectId, signal })).toEqual({
        ok: true,
        value: null,
      })
    }

    async function see(stack: string): Promise<StackSighting> {
      const seen = await world.platform.observe(at(stack), AbortSignal.timeout(20_000))
      if (!seen.ok) throw new Error(seen.problem.detail)
      return seen.value
    }
  })
}

interface Asked {
  readonly release: string
  readonly replicas: number
  readonly stack?: string
}

const NOTHING = { release: null, replicas: 0, ready: 0, endpoints: [] }

function at(stack: string) {
  return { workload: 'shop', component: 'api', stack }
}
