import { z } from 'zod'
import type { Decider } from '../../core/kernel/decider.ts'
import { defineEvents, type EventOf } from '../../core/kernel/events.ts'
import type { Instant } from '../../core/kernel/instant.ts'
import { no, yes } from '../../core/kernel/result.ts'

/** All tokens are kept in one stream and compared one by one; more than this are not looked after. */
const TOKENS_MAX = 1_000

const at = z.number().int()

/** Who may speak to this server. Of a token, only the SHA-256 is ever kept. */
export const tokenEvents = defineEvents({
  'token.created': z.object({
    name: z.string(),
    /** SHA-256 of the token, hex. A token is 256 random bits, so that a fast hash is enough. */
    hash: z.string(),
    roles: z.array(z.string()),
    expiresAt: at.nullable(),
    by: z.string(),
    at,
  }),
  'token.revoked': z.object({ name: z.string(), by: z.string(), at }),
})
export type TokenEvent = EventOf<typeof tokenEvents.shapes>

export interface Token {
  readonly name: string
  readonly hash: string
  readonly roles: readonly string[]
  readonly expiresAt: Instant | null
  readonly createdBy: string
  readonly createdAt: Instant
  readonly revokedAt: Instant | null
}

/** By name, in order of creation. */
export type Tokens = readonly Token[]

export type TokenCommand =
  | {
      readonly type: 'create'
      readonly name: string
      readonly hash: string
      readonly roles: readonly string[]
      readonly expiresAt: Instant | null
      readonly by: string
      readonly now: Instant
    }
  /** The first token of all, or a new one when no administrator is left. */
  | {
      readonly type: 'create-first'
      readonly hash: string
      readonly by: string
      readonly now: Instant
    }
  | {
      readonly type: 'revoke'
      readonly name: string
      readonly by: string
      readonly now: Instant
    }

export interface TokenRefusal {
  readonly code: 'token-exists' | 'no-such-token' | 'last-admin' | 'too-many-tokens'
}

/** Keeps names unique for ever, and never lets the last administrator be shut out. */
export const tokensDecider: Decider<TokenCommand, Tokens, TokenEvent, TokenRefusal> = {
  initial: [],
  decide(command, tokens) {
    const { by, now } = command
    switch (command.type) {
      case 'create': {
        const { name, hash, roles, expiresAt } = command
        if (tokens.some((token) => token.name === name)) return no({ code: 'token-exists' })
        if (tokens.length >= TOKENS_MAX) return no({ code: 'too-many-tokens' })
        const data = { name, hash, roles: [...roles], expiresAt, by, at: now }
        return yes([{ type: 'token.created', data }])
      }
      case 'create-first': {
        if (tokens.some((token) => isAdmin(token, now))) return yes([])
        const name = tokens.length === 0 ? 'admin' : `admin-${tokens.length + 1}`
        const data = { name, hash: command.hash, roles: ['admin'], expiresAt: null, by, at: now }
        return yes([{ type: 'token.created', data }])
      }
      case 'revoke': {
        const token = tokens.find(({ name }) => name === command.name)
        if (token === undefined) return no({ code: 'no-such-token' })
        if (token.revokedAt !== null) return yes([])
        const others = tokens.filter((other) => other !== token)
        if (isAdmin(token, now) && !others.some((other) => isAdmin(other, now)))
          return no({ code: 'last-admin' })
        return yes([{ type: 'token.revoked', data: { name: token.name, by, at: now } }])
      }
    }
  },
  evolve(tokens, event) {
    if (event.type === 'token.revoked') {
      const { name, at: revokedAt } = event.data
      return tokens.map((token) => (token.name === name ? { ...token, revokedAt } : token))
    }
    const { by: createdBy, at: createdAt, ...rest } = event.data
    return [...tokens, { ...rest, createdBy, createdAt, revokedAt: null }]
  },
  isTerminal: () => false,
}

/** Whether the token opens anything at this moment. */
export function isInForce(token: Token, now: Instant): boolean {
  return token.revokedAt === null && (token.expiresAt === null || now < token.expiresAt)
}

function isAdmin(token: Token, now: Instant): boolean {
  return isInForce(token, now) && token.roles.includes('admin')
}
