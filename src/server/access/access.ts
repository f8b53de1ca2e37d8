import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { DAY, type Instant, MINUTE, type Millis } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { type Actor, GOAROUND } from '../../core/words/actor.ts'
import type { Clock } from '../../ports/clock.ts'
import type { EventStore } from '../../ports/event-store.ts'
import { rateLimit } from './rate-limit.ts'
import { openTokenLog, type TokenLog, type TokenLogRefusal } from './token-log.ts'
import { isInForce, type Token, type Tokens } from './tokens.ts'

/** So that people and secret scanners recognise one. */
const PREFIX = 'goa_'
/** 256 bits: guessing is hopeless, whatever the rate. */
const TOKEN_BYTES = 32
/** A longer one is no token of ours and is not worth hashing. */
const TOKEN_LENGTH_MAX = 200
/** A script with an old token tries about once a second; a person twice. */
const FAILURES_MAX = 20
const FAILURES_WINDOW_MS = MINUTE
/** Tokens of which it is remembered that they are good, so that others' mistakes do not lock them out. */
const PROVEN_MAX = 1_000

export type AccessTrouble =
  | { readonly code: 'unauthenticated' }
  | { readonly code: 'too-many-attempts'; readonly retryAfterMs: Millis }

/** `no-tokens`: the server was started with `--no-auth`. */
export type TokenTrouble = TokenLogRefusal | { readonly code: 'no-tokens' }

/** Who may speak to the server. */
export interface Access {
  /** `open`: whoever reaches the server may do everything. */
  readonly mode: 'tokens' | 'open'
  /** Creates an admin token when no administrator is left, and answers it once; else null. */
  readonly firstRun: () => Promise<string | null>
  /** Who a bearer token belongs to. `address` is where failed attempts are counted. */
  readonly identify: (
    token: string | null,
    address: string,
  ) => Promise<Result<Actor, AccessTrouble>>
  readonly list: () => Promise<Tokens>
  readonly create: (
    ask: {
      readonly name: string
      readonly roles: readonly string[]
      readonly expiresInDays: number | null
    },
    by: Actor,
  ) => Promise<Result<{ readonly token: string; readonly expiresAt: Instant | null }, TokenTrouble>>
  readonly revoke: (name: string, by: Actor) => Promise<Result<Token, TokenTrouble>>
}

/** Access by tokens that are kept as hashes in the event store; a revoked one is refused at once, by every replica. */
export function tokenAccess({
  store,
  clock,
}: {
  readonly store: EventStore
  readonly clock: Clock
}): Access {
  const log = openTokenLog(store, clock)
  return {
    mode: 'tokens',
    identify: identifier(log, clock),
    list: log.read,

    async firstRun() {
      const token = newToken()
      const hash = hashOf(token)
      const command = { type: 'create-first', hash, by: GOAROUND.name, now: clock.now() } as const
      const outcome = await log.tell(command, GOAROUND)
      return outcome.ok && outcome.value.changed ? token : null
    },

    async create({ name, roles, expiresInDays }, by) {
      const now = clock.now()
      const token = newToken()
      const expiresAt = expiresInDays === null ? null : now + expiresInDays * DAY
      const hash = hashOf(token)
      const command = { type: 'create', name, hash, roles, expiresAt, by: by.name, now } as const
      const outcome = await log.tell(command, by)
      return outcome.ok ? yes({ token, expiresAt }) : outcome
    },

    async revoke(name, by) {
      const command = { type: 'revoke', name, by: by.name, now: clock.now() } as const
      const outcome = await log.tell(command, by)
      if (!outcome.ok) return outcome
      const token = (await log.read()).find((one) => one.name === name)
      return token === undefined ? no({ code: 'no-such-token' }) : yes(token)
    },
  }
}

/** Tells whose a token is, and slows down whoever tries too many. */
function identifier(log: TokenLog, clock: Clock): Access['identify'] {
  const failures = rateLimit(FAILURES_MAX, FAILURES_WINDOW_MS)
  const proven = new Set<string>()
  return async (token, address) => {
    const now = clock.now()
    const hash = token === null || token.length > TOKEN_LENGTH_MAX ? null : hashOf(token)
    const wait = failures.waitOf(address, now)
    if (wait > 0 && (hash === null || !proven.has(hash)))
      return no({ code: 'too-many-attempts', retryAfterMs: wait })
    const known = hash === null ? null : findToken(await log.read(), hash, now)
    if (hash === null || known === null) {
      failures.take(address, now)
      return no({ code: 'unauthenticated' })
    }
    if (proven.size >= PROVEN_MAX) proven.clear()
    proven.add(hash)
    return yes({ name: `token:${known.name}`, roles: [...known.roles] })
  }
}

function newToken(): string {
  return `${PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Compares with every token in constant time, so that the time taken tells nothing. */
function findToken(tokens: Tokens, hash: string, now: Instant): Token | null {
  const wanted = Buffer.from(hash, 'hex')
  let found: Token | null = null
  for (const token of tokens) {
    if (timingSafeEqual(Buffer.from(token.hash, 'hex'), wanted)) found = token
  }
  return found !== null && isInForce(found, now) ? found : null
}
