import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Channel, Message } from '../../src/ports/channel.ts'

export interface ChannelWorld {
  readonly channel: Channel
  /** Subjects that arrived on the other side, as somebody who drops repeats by id sees them. */
  readonly arrived: () => Promise<readonly string[]>
  readonly close: () => Promise<void>
}

export const SAMPLE_MESSAGE: Message = {
  id: 'shop-1/team/start',
  audience: 'team',
  subject: '[shop] rollout of v2 halted: Fehler in „canary“ ✈',
  text: 'Status: halted.\n\nImpact: 10 % of the users.\nNext update at 10:15 UTC.',
  sentAt: '2026-11-23T10:00:00.000Z',
}

/** The promises of every channel: what the engine relies on. */
export function channelContract(name: string, open: () => Promise<ChannelWorld>): void {
  describe(`${name} keeps the promises of a channel`, () => {
    let world: ChannelWorld
    beforeEach(async () => {
      world = await open()
    })
    afterEach(async () => {
      await world.channel.close()
      await world.close()
    })

    it('delivers a message whole, and says what the other side said', async () => {
      const receipt = await deliver(SAMPLE_MESSAGE)

      expect(receipt).toMatchObject({ ok: true })
      expect(receipt.ok && receipt.value.evidence).not.toBe('')
      expect(await world.arrived()).toEqual([SAMPLE_MESSAGE.subject])
    })

    it('delivers the same message once, however often it is asked', async () => {
      await deliver(SAMPLE_MESSAGE)
      expect(await deliver(SAMPLE_MESSAGE)).toMatchObject({ ok: true })

      expect(await world.arrived()).toEqual([SAMPLE_MESSAGE.subject])
    })

    it('tells different messages apart', async () => {
      await deliver(SAMPLE_MESSAGE)
      await deliver({ ...SAMPLE_MESSAGE, id: 'shop-1/team/end', subject: 'over' })

      expect(await world.arrived()).toEqual([SAMPLE_MESSAGE.subject, 'over'])
    })

    function deliver(message: Message) {
      return world.channel.deliver(message, {
        effectId: message.id,
        signal: AbortSignal.timeout(10_000),
      })
    }
  })
}
