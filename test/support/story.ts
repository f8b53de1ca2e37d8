import { expect } from 'vitest'
import { type Decider, replay } from '../../src/core/kernel/decider.ts'

/**
 * Tells stories of a decider: given what happened, when this is asked, then exactly these facts
 * follow, in this order, or exactly this refusal. Nothing is compared in part, so a fact too many
 * or one in the wrong place is noticed.
 */
export function story<Command, State, Event, Refusal>(
  decider: Decider<Command, State, Event, Refusal>,
) {
  const after = (...events: readonly Event[]) => {
    const when = (command: Command) => {
      const outcome = decider.decide(command, replay(decider, events))
      const happens = (...expected: readonly Event[]) =>
        expect(outcome).toStrictEqual({ ok: true, value: expected })
      const refused = (expected: Refusal) =>
        expect(outcome).toStrictEqual({ ok: false, problem: expected })
      return { happens, refused }
    }
    return { when }
  }
  return { after }
}
