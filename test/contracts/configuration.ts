import { beforeEach, describe, expect, it } from 'vitest'
import type { Configuration } from '../../src/ports/configuration.ts'

export interface ConfigurationWorld {
  readonly configuration: Configuration
  readonly path: string
  /** Changes the file behind goaround's back; null removes it. */
  readonly edit: (content: string | null) => Promise<void>
  readonly content: () => Promise<string | null>
}

/** The promises of every place where configuration lies. */
export function configurationContract(name: string, open: () => Promise<ConfigurationWorld>): void {
  describe(`${name} keeps the promises of a configuration`, () => {
    let world: ConfigurationWorld
    beforeEach(async () => {
      world = await open()
    })

    it('sees that there is no file', async () => {
      expect(await digest()).toBeNull()
    })

    it('sees every change of content, and equal content as equal', async () => {
      await world.edit('a: 1')
      const first = await digest()
      await world.edit('a: 2')
      expect(await digest()).not.toBe(first)
      await world.edit('a: 1')
      expect(await digest()).toBe(first)
    })

    it('puts back what was kept, whatever came after', async () => {
      await world.edit('a: 1')
      const kept = await keep()
      await world.edit('a: 2')
      await keep()
      await world.edit('a: 3')

      expect(await restore(kept)).toMatchObject({ ok: true })
      expect(await world.content()).toBe('a: 1')
      expect(await digest()).toBe(kept)
    })

    it('puts back a file that was removed, and removes one that was not there', async () => {
      await world.edit('a: 1')
      const kept = await keep()
      await world.edit(null)
      await restore(kept)
      expect(await world.content()).toBe('a: 1')

      await restore(null)
      await restore(null)
      expect(await world.content()).toBeNull()
    })

    it('refuses to put back what it never kept, and changes nothing', async () => {
      await world.edit('a: 1')

      expect(await restore('0'.repeat(64))).toMatchObject({
        ok: false,
        problem: { retry: 'never' },
      })
      expect(await world.content()).toBe('a: 1')
    })

    const signal = () => AbortSignal.timeout(5_000)
    async function digest() {
      const seen = await world.configuration.observe(world.path, signal())
      return seen.ok ? seen.value.digest : seen.problem.detail
    }
    async function keep() {
      const seen = await world.configuration.keep(world.path, {
        effectId: 'keep',
        signal: signal(),
      })
      return seen.ok ? seen.value.digest : seen.problem.detail
    }
    function restore(to: string | null) {
      return world.configuration.restore(world.path, to, { effectId: 'restore', signal: signal() })
    }
  })
}
