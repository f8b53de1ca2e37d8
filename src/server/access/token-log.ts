import { replay } from '../../core/kernel/decider.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Actor } from '../../core/words/actor.ts'
import type { Clock } from '../../ports/clock.ts'
import type { EventStore } from '../../ports/event-store.ts'
import {
  type TokenCommand,
  type TokenRefusal,
  type Tokens,
  tokenEvents,
  tokensDecider,
} from './tokens.ts'

const STREAM = 'access/tokens'
/** How often we re-read and re-decide when another replica was faster. */
const TRIES_MAX = 5

export type TokenLogRefusal = TokenRefusal | { readonly code: 'too-busy' }

/** The tokens as the log has them. */
export interface TokenLog {
  /** Reads only what was added since the last time; every replica sees a revocation at once. */
  readonly read: () => Promise<Tokens>
  readonly tell: (
    command: TokenCommand,
    by: Actor,
  ) => Promise<Result<{ readonly changed: boolean }, TokenLogRefusal>>
}

export function openTokenLog(store: EventStore, clock: Clock): TokenLog {
  let tokens: Tokens = tokensDecider.initial
  let version = 0

  async function read(): Promise<Tokens> {
    const news = await store.read(STREAM, version)
    // Two readers may have asked at the same time: each takes only what the other has not.
    const fresh = news.filter((event) => event.version > version)
    tokens = replay({ ...tokensDecider, initial: tokens }, fresh.map(tokenEvents.read))
    version += fresh.length
    return tokens
  }

  return {
    read,
    async tell(command, by) {
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const state = await read()
        const expected = version
        const decided = tokensDecider.decide(command, state)
        if (!decided.ok) return decided
        if (decided.value.length === 0) return yes({ changed: false })
        const appended = await store.append([{ stream: STREAM, expected, events: decided.value }], {
          by: by.name,
          authority: by.roles.join(', ') || null,
          causedBy: null,
          at: clock.now(),
        })
        if (appended.ok) return yes({ changed: true })
      }
      return no({ code: 'too-busy' })
    },
  }
}
