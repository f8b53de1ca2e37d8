import { z } from 'zod'
import type { Decider } from '../kernel/decider.ts'
import { defineEvents, type EventOf } from '../kernel/events.ts'
import { DriverFailure } from '../kernel/failure.ts'
import type { Instant } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import type { Audience } from '../strategy/schema.ts'

const at = z.number().int()

/** Why a message is written. Every audience that hears `start` hears `end`. */
export const MessageKind = z.enum(['start', 'decision', 'update', 'reminder', 'end'])
export type MessageKind = z.output<typeof MessageKind>

const Written = z.object({
  id: z.string(),
  kind: MessageKind,
  audience: z.string(),
  channel: z.string(),
  subject: z.string(),
  text: z.string(),
  at,
})

export const incidentEvents = defineEvents({
  'incident.opened': z.object({
    rollout: z.string(),
    workload: z.string(),
    because: z.string(),
    /** What was promised to whom. */
    audiences: z.array(
      z.object({ name: z.string(), channel: z.string(), cadence: z.number().int() }),
    ),
    at,
  }),
  'message.written': Written,
  'message.failed': z.object({
    id: z.string(),
    attempt: z.number().int(),
    failure: DriverFailure,
    /** Null: it is not tried again, and the promise is broken; the next audience in line is told so. */
    retryAt: at.nullable(),
    at,
  }),
  /** Recorded only when the other side has accepted it. */
  'message.delivered': z.object({ id: z.string(), evidence: z.string(), at }),
  'incident.resolved': z.object({ outcome: z.string(), because: z.string(), at }),
})
export type IncidentEvent = EventOf<typeof incidentEvents.shapes>
export type WrittenMessage = z.output<typeof Written>

export interface Outgoing extends WrittenMessage {
  readonly attempts: number
  readonly state: 'owed' | 'delivered' | 'given-up'
  readonly retryAt: Instant
  readonly deliveredAt: Instant | null
}

export interface Incident {
  readonly rollout: string
  readonly workload: string
  readonly openedAt: Instant
  readonly because: string
  readonly audiences: readonly {
    readonly name: string
    readonly channel: string
    readonly cadence: number
  }[]
  readonly messages: readonly Outgoing[]
  readonly resolvedAt: Instant | null
}
export type IncidentState = Incident | null

/** A message that was not accepted after this many tries needs another channel, not a further try. */
const ATTEMPTS_MAX = 8
const RETRY_FIRST_MS = 1_000
const RETRY_MAX_MS = 5 * 60_000
/** An incident that writes more than this is flooding people; cadence updates stop here. */
const MESSAGES_MAX = 1_000

export type IncidentCommand =
  | {
      readonly type: 'open'
      readonly rollout: string
      readonly workload: string
      readonly because: string
      readonly audiences: readonly Pick<Audience, 'name' | 'channel' | 'cadence'>[]
      readonly now: Instant
    }
  | {
      readonly type: 'write'
      readonly messages: readonly Omit<WrittenMessage, 'at'>[]
      readonly now: Instant
    }
  | {
      readonly type: 'report-delivered'
      readonly id: string
      readonly evidence: string
      readonly now: Instant
    }
  | {
      readonly type: 'report-failure'
      readonly id: string
      readonly failure: DriverFailure
      readonly now: Instant
    }
  | {
      readonly type: 'resolve'
      readonly outcome: string
      readonly because: string
      readonly now: Instant
    }

export interface IncidentRefusal {
  readonly code: 'not-found' | 'no-such-message'
}

/** One failed rollout's incident: what was promised to whom, what was written, what was accepted. */
export const incidentDecider: Decider<
  IncidentCommand,
  IncidentState,
  IncidentEvent,
  IncidentRefusal
> = {
  initial: null,
  decide,
  evolve,
  isTerminal: (state) => state !== null && state.resolvedAt !== null && owed(state).length === 0,
}

/** The messages that nobody has accepted yet. */
export function owed(incident: Incident): readonly Outgoing[] {
  return incident.messages.filter(({ state }) => state === 'owed')
}

/** Audiences whose promised update is due at or before `now`, with the moment it was due. */
export function updatesDue(
  incident: Incident,
  now: Instant,
): readonly { readonly audience: string; readonly dueAt: Instant }[] {
  if (incident.resolvedAt !== null) return []
  return incident.audiences
    .map(({ name, cadence }) => ({ audience: name, dueAt: lastTold(incident, name) + cadence }))
    .filter(({ dueAt }) => dueAt <= now)
}

/** When the next update is due or the next delivery is to be tried; null when nothing is owed. */
export function incidentDueAt(incident: Incident): Instant | null {
  const retries = owed(incident).map(({ retryAt }) => retryAt)
  const updates =
    incident.resolvedAt === null
      ? incident.audiences.map(({ name, cadence }) => lastTold(incident, name) + cadence)
      : []
  const all = [...retries, ...updates]
  return all.length === 0 ? null : Math.min(...all)
}

function lastTold(incident: Incident, audience: string): Instant {
  const last = incident.messages.findLast((message) => message.audience === audience)
  return last?.at ?? incident.openedAt
}

function decide(
  command: IncidentCommand,
  state: IncidentState,
): Result<readonly IncidentEvent[], IncidentRefusal> {
  const { now } = command
  if (command.type === 'open') {
    if (state !== null) return yes([])
    const { rollout, workload, because } = command
    const audiences = command.audiences.map(({ name, channel, cadence }) => ({
      name,
      channel,
      cadence,
    }))
    return yes([
      { type: 'incident.opened', data: { rollout, workload, because, audiences, at: now } },
    ])
  }
  if (state === null) return no({ code: 'not-found' })
  switch (command.type) {
    case 'write': {
      const known = new Set(state.messages.map(({ id }) => id))
      const room = MESSAGES_MAX - state.messages.length
      const fresh = command.messages.filter(({ id }) => !known.has(id)).slice(0, Math.max(0, room))
      return yes(
        fresh.map((message) => ({ type: 'message.written', data: { ...message, at: now } })),
      )
    }
    case 'report-delivered': {
      const message = state.messages.find(({ id }) => id === command.id)
      if (message === undefined) return no({ code: 'no-such-message' })
      if (message.state === 'delivered') return yes([])
      const { id, evidence } = command
      return yes([{ type: 'message.delivered', data: { id, evidence, at: now } }])
    }
    case 'report-failure': {
      const message = state.messages.find(({ id }) => id === command.id)
      if (message === undefined) return no({ code: 'no-such-message' })
      if (message.state !== 'owed') return yes([])
      return yes([failed(message, command.failure, now)])
    }
    case 'resolve': {
      if (state.resolvedAt !== null) return yes([])
      const { outcome, because } = command
      return yes([{ type: 'incident.resolved', data: { outcome, because, at: now } }])
    }
  }
}

function failed(message: Outgoing, failure: DriverFailure, now: Instant): IncidentEvent {
  const attempt = message.attempts + 1
  const isLast = failure.retry === 'never' || attempt >= ATTEMPTS_MAX
  const wait = Math.min(RETRY_FIRST_MS * 2 ** (attempt - 1), RETRY_MAX_MS)
  const retryAt = isLast ? null : now + wait
  return { type: 'message.failed', data: { id: message.id, attempt, failure, retryAt, at: now } }
}

function evolve(state: IncidentState, event: IncidentEvent): IncidentState {
  if (event.type === 'incident.opened') {
    const { at: openedAt, ...rest } = event.data
    return { ...rest, openedAt, messages: [], resolvedAt: null }
  }
  invariant(state !== null, `'${event.type}' before the incident was opened`)
  switch (event.type) {
    case 'message.written': {
      const fresh: Outgoing = {
        ...event.data,
        attempts: 0,
        state: 'owed',
        retryAt: event.data.at,
        deliveredAt: null,
      }
      return { ...state, messages: [...state.messages, fresh] }
    }
    case 'message.failed': {
      const { id, attempt, retryAt } = event.data
      const change =
        retryAt === null
          ? ({ state: 'given-up', attempts: attempt } as const)
          : ({ retryAt, attempts: attempt } as const)
      return withMessage(state, id, change)
    }
    case 'message.delivered':
      return withMessage(state, event.data.id, { state: 'delivered', deliveredAt: event.data.at })
    case 'incident.resolved':
      return { ...state, resolvedAt: event.data.at }
  }
}

function withMessage(state: Incident, id: string, change: Partial<Outgoing>): Incident {
  return {
    ...state,
    messages: state.messages.map((one) => (one.id === id ? { ...one, ...change } : one)),
  }
}
