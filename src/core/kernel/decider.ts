import type { Result } from './result.ts'

/**
 * A state machine without effects. `decide` answers a command with the facts that follow from
 * it, or with a refusal; `evolve` folds a fact into the state. Time comes in with the command.
 */
export interface Decider<Command, State, Event, Refusal> {
  readonly initial: State
  readonly decide: (command: Command, state: State) => Result<readonly Event[], Refusal>
  readonly evolve: (state: State, event: Event) => State
  /** True when nothing can ever happen to this stream again. */
  readonly isTerminal: (state: State) => boolean
}

export function replay<State, Event>(
  decider: {
    readonly initial: State
    readonly evolve: (state: State, event: Event) => State
  },
  events: readonly Event[],
): State {
  return events.reduce(decider.evolve, decider.initial)
}
