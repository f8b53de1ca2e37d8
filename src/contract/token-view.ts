import { z } from 'zod'
import { Name } from '../core/strategy/quantities.ts'
import { At } from './shapes.ts'

/** Whoever needs more roles than this needs `admin`. */
const ROLES_MAX = 20
/** A token that outlives ten years outlives its owner's job. */
const DAYS_MAX = 3_650

/** What a token is known by. Its secret is shown once, when it is created, and kept nowhere. */
export const TokenView = z.object({
  name: z.string(),
  roles: z.array(z.string()),
  createdBy: z.string(),
  createdAt: At,
  expiresAt: At.nullable(),
  revokedAt: At.nullable(),
})
export type TokenView = z.output<typeof TokenView>

export const CreateToken = z.strictObject({
  name: Name,
  /** `viewer`, `operator`, `admin`, or any role that a strategy asks approvals of. */
  roles: z.array(Name).min(1).max(ROLES_MAX),
  /** Null or absent: until it is revoked. */
  expiresInDays: z.int().min(1).max(DAYS_MAX).nullable().default(null),
})
export type CreateToken = z.output<typeof CreateToken>

/** The only answer that ever holds a token. */
export const CreatedToken = z.object({
  name: z.string(),
  roles: z.array(z.string()),
  expiresAt: At.nullable(),
  token: z.string(),
})
export type CreatedToken = z.output<typeof CreatedToken>
