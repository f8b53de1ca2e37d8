import type { Lease, Provenance, View } from '../ports/event-store.ts'
import type { EngineContext } from './context.ts'
import type { Follower } from './stream.ts'

/** How often we re-read and re-decide before leaving it to the next round. */
const TRIES_MAX = 5

/** Who the engine is in the log. */
const BY = 'goaround'

/**
 * Writes down what one keeper decides, one thing after the other, and only while the lease is
 * held: every append carries the lease's epoch, and the store refuses it once another replica
 * has taken over.
 */
export class Scribe {
  readonly #context: EngineContext
  readonly #lease: Lease
  #isLost = false
  #queue: Promise<unknown> = Promise.resolve()

  constructor(context: EngineContext, lease: Lease) {
    this.#context = context
    this.#lease = lease
  }

  isLost(): boolean {
    return this.#isLost
  }

  lose(): void {
    this.#isLost = true
  }

  /** Records what follows from a command. True when something did. */
  write<Command, State, Event, Refusal>(
    follower: Follower<Command, State, Event, Refusal>,
    command: Command,
    causedBy: string | null,
    view?: (state: State) => View | null,
  ): Promise<boolean> {
    const turn = this.#queue.then(() => this.#write(follower, command, causedBy, view))
    this.#queue = turn.catch(() => false)
    return turn
  }

  async #write<Command, State, Event, Refusal>(
    follower: Follower<Command, State, Event, Refusal>,
    command: Command,
    causedBy: string | null,
    view: ((state: State) => View | null) | undefined,
  ): Promise<boolean> {
    for (let tries = 0; tries < TRIES_MAX && !this.#isLost; tries += 1) {
      const proposal = follower.propose(command)
      // A refusal here means that the news is old: somebody has decided otherwise meanwhile.
      if (!proposal.ok || proposal.value === null) return false
      const row = view?.(follower.preview(proposal.value)) ?? null
      const outcome = await this.#context.store.append(
        [proposal.value.append],
        this.#provenance(causedBy),
        {
          fence: this.#lease,
          ...(row === null ? {} : { views: [row] }),
        },
      )
      if (outcome.ok) {
        follower.accept(proposal.value)
        return true
      }
      if (outcome.problem === 'fenced') this.lose()
      else await follower.refresh()
    }
    return false
  }

  #provenance(causedBy: string | null): Provenance {
    return { by: BY, authority: 'strategy', causedBy, at: this.#context.clock.now() }
  }
}
