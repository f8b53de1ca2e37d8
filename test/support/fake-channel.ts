import { yes } from '../../src/core/kernel/result.ts'
import type { Channel, Message } from '../../src/ports/channel.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { type Faults, openFaults } from './fake-faults.ts'

export interface FakeChannel extends Channel {
  readonly faults: Faults
  /** What arrived, each message once: a receiver drops repeats by their id. */
  readonly received: () => readonly Message[]
}

/** A channel in memory, as slow and unreliable as it is told to be. */
export function fakeChannel(clock: Clock): FakeChannel {
  const faults = openFaults(clock)
  const received = new Map<string, Message>()
  return {
    faults,
    received: () => [...received.values()],
    async deliver(message, ask) {
      const outcome = await faults.carryOut(ask.signal, () => {
        if (!received.has(message.id)) received.set(message.id, message)
      })
      return outcome.ok ? yes({ evidence: 'the fake channel took it' }) : outcome
    },
    close: async () => undefined,
  }
}
