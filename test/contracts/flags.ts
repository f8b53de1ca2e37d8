import { beforeEach, describe, expect, it } from 'vitest'
import type { Flags } from '../../src/ports/flags.ts'

export interface FlagsWorld {
  /** Has a flag `new-checkout` with the variants `on` and `off`, serving `on`. */
  readonly flags: Flags
  /** What a service that follows the flag gets now. */
  readonly evaluated: () => Promise<boolean>
}

/** The promises of every flag system. */
export function flagsContract(name: string, open: () => Promise<FlagsWorld>): void {
  describe(`${name} keeps the promises of a flag system`, () => {
    let world: FlagsWorld
    beforeEach(async () => {
      world = await open()
    })

    it('sees what is served, and says so', async () => {
      expect(await see()).toBe('on')
      expect(await world.evaluated()).toBe(true)
    })

    it('gives everybody the variant that was asked for, however often', async () => {
      await set('off')
      await set('off')
      expect(await see()).toBe('off')
      expect(await world.evaluated()).toBe(false)
    })

    it('goes back to what it was', async () => {
      await set('off')
      await set('on')
      expect(await see()).toBe('on')
      expect(await world.evaluated()).toBe(true)
    })

    it('sees a disabled flag as disabled', async () => {
      await set(null)
      expect(await see()).toBeNull()
    })

    it('refuses a variant that does not exist and names those that do', async () => {
      const outcome = await set('sideways')
      expect(outcome).toMatchObject({ ok: false, problem: { retry: 'never' } })
      expect(outcome.ok ? '' : outcome.problem.detail).toMatch(/on, off/)
      expect(await see()).toBe('on')
    })

    it('refuses a flag that does not exist', async () => {
      const outcome = await world.flags.observe('no-such-flag', AbortSignal.timeout(5_000))
      expect(outcome).toMatchObject({ ok: false, problem: { reason: 'not-found', retry: 'never' } })
    })

    function set(variant: string | null) {
      return world.flags.set('new-checkout', variant, {
        effectId: 'x',
        signal: AbortSignal.timeout(5_000),
      })
    }
    async function see() {
      const seen = await world.flags.observe('new-checkout', AbortSignal.timeout(5_000))
      return seen.ok ? seen.value.variant : seen.problem.detail
    }
  })
}
