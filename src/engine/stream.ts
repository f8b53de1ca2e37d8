import type { z } from 'zod'
import type { Decider } from '../core/kernel/decider.ts'
import type { EventCatalog, EventOf } from '../core/kernel/events.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import type { Append, EventStore } from '../ports/event-store.ts'

/** One kind of stream: how its facts are read and what they mean. */
export interface StreamKind<Command, State, Refusal, S extends Record<string, z.ZodType>> {
  readonly catalog: EventCatalog<S>
  readonly decider: Decider<Command, State, EventOf<S>, Refusal>
}

/**
 * A stream's state kept in memory. It reads only what it has not seen yet, and after its own
 * appends it needs to read nothing.
 */
export interface Follower<Command, State, Event, Refusal> {
  readonly name: string
  readonly state: () => State
  readonly version: () => number
  /** Takes in what others appended. */
  readonly refresh: () => Promise<void>
  /** What a command would add, without adding it; null when it changes nothing. */
  readonly propose: (command: Command) => Result<Proposal<Event> | null, Refusal>
  /** The state as it would be after a proposal. */
  readonly preview: (proposal: Proposal<Event>) => State
  /** Takes in what was appended. */
  readonly accept: (proposal: Proposal<Event>) => void
}

export interface Proposal<Event> {
  readonly append: Append
  readonly events: readonly Event[]
}

export function follow<Command, State, Refusal, S extends Record<string, z.ZodType>>(
  store: EventStore,
  kind: StreamKind<Command, State, Refusal, S>,
  name: string,
): Follower<Command, State, EventOf<S>, Refusal> {
  const { catalog, decider } = kind
  let state = decider.initial
  let version = 0
  return {
    name,
    state: () => state,
    version: () => version,
    async refresh() {
      const news = await store.read(name, version)
      state = news.map(catalog.read).reduce(decider.evolve, state)
      version += news.length
    },
    propose(command) {
      const outcome = decider.decide(command, state)
      if (!outcome.ok) return no(outcome.problem)
      if (outcome.value.length === 0) return yes(null)
      return yes({
        append: { stream: name, expected: version, events: outcome.value },
        events: outcome.value,
      })
    },
    preview: (proposal) => proposal.events.reduce(decider.evolve, state),
    accept(proposal) {
      state = proposal.events.reduce(decider.evolve, state)
      version += proposal.events.length
    },
  }
}
