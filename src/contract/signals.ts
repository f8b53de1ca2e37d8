import { z } from 'zod'
import { SEVERITIES } from '../core/strategy/alerts.ts'
import { Name } from '../core/strategy/quantities.ts'
import { At } from './shapes.ts'

/** A user's words; longer ones are a document. */
const SAYS_MAX = 2_000
/** Identifiers of users are names, numbers, addresses or UUIDs. */
const USER_MAX = 300
const TOKEN_MAX = 200

/** `?source=`: tells several senders of one kind apart, as strategies name them in `heartbeats`. */
export const FromSource = z.strictObject({ source: Name.optional() })

/** Azure's action groups cannot send a header, so their token may stand in the address. */
export const FromAzure = z.strictObject({
  source: Name.optional(),
  token: z.string().max(TOKEN_MAX).optional(),
})

/** What became of each signal of a delivery. */
export const SignalsTaken = z.object({
  signals: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['firing', 'resolved']),
      /** False: it was not recorded, and `because` says why. */
      kept: z.boolean(),
      /** The rollout that it was given to; null when it is about none. */
      rollout: z.string().nullable(),
      because: z.string(),
    }),
  ),
})
export type SignalsTaken = z.output<typeof SignalsTaken>

/** A source that was heard. */
export const Heard = z.object({ source: z.string(), at: At })

/** Signals that were given to no rollout. */
export const UnboundSignals = z.object({
  items: z.array(
    z.object({
      source: z.string(),
      fingerprint: z.string(),
      name: z.string(),
      status: z.enum(['firing', 'resolved']),
      severity: z.enum(SEVERITIES),
      summary: z.string(),
      labels: z.record(z.string(), z.string()),
      startsAt: At,
      seenAt: At,
      /** Why it was given to none. */
      because: z.string(),
    }),
  ),
})
export type UnboundSignals = z.output<typeof UnboundSignals>

/** A user reports trouble. */
export const ReportTrouble = z.strictObject({
  workload: Name,
  /** Who, as the router knows them. It is hashed before anything is written. */
  user: z.string().min(1).max(USER_MAX),
  says: z.string().max(SAYS_MAX).regex(/\S/, 'expected what the user says, such as "I cannot pay"'),
  /** When it happened; absent: now. */
  at: At.optional(),
})

/** Which release served the user, and what the report led to. */
export const ReportTaken = z.object({
  /** The rollout that was under way; null when there was none. */
  rollout: z.string().nullable(),
  arm: z.enum(['candidate', 'control', 'unknown']),
  /** The first group that holds the user; null when it cannot be told. */
  group: z.string().nullable(),
  release: z.string().nullable(),
  because: z.string(),
  /** Whether the rollout has halted, by this report or before. */
  halted: z.boolean(),
})
export type ReportTaken = z.output<typeof ReportTaken>
