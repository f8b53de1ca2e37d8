import { z } from 'zod'
import type { Decider } from '../kernel/decider.ts'
import { defineEvents, type EventOf } from '../kernel/events.ts'
import { DriverFailure } from '../kernel/failure.ts'
import { HOUR, type Instant, MINUTE, SECOND } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import type { Audience } from '../strategy/schema.ts'

const at = z.number().int()

/**
 * Why a message is written. Every audience that hears `start` hears `end`; `undelivered` tells
 * an inner audience that another one could not be reached.
 */
export const MessageKind = z.enum(['start', 'decision', 'update', 'reminder', 'undelivered', 'end'])
export type MessageKind = z.output<typeof MessageKind>

const Written = z.object({
  id: z.string(),
  kind: MessageKind,
  audience: z.string(),
  channel: z.string(),
  subject: z.string(),
  text: z.string(),
  /** The situation that the text describes; an audience is told of each change of it once. */
  tells: z.string(),
  /** The next update that the text promises; null when it promises none. */
  nextUpdateAt: at.nullable(),
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
    /** Null: it is not tried again, and the promise is broken; an inner audience elsewhere is told so. */
    retryAt: at.nullable(),
    at,
  }),
  /** A newer message says more; whoever was out of reach hears that one and not a backlog. */
  'message.superseded': z.object({ id: z.string(), by: z.string(), at }),
  /** Recorded only when the other side has accepted it. */
  'message.delivered': z.object({ id: z.string(), evidence: z.string(), at }),
  'incident.resolved': z.object({ outcome: z.string(), because: z.string(), at }),
})
export type IncidentEvent = EventOf<typeof incidentEvents.shapes>
export type WrittenMessage = z.output<typeof Written>

export interface Outgoing extends WrittenMessage {
  readonly attempts: number
  readonly state: 'owed' | 'delivered' | 'given-up' | 'superseded'
  readonly retryAt: Instant
  /** What the other side said last, when it did not accept the message. */
  readonly failure: DriverFailure | null
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

/**
 * With the waits below this is a little under an hour: long enough for a mail relay that is being
 * restarted or a network that is being mended, and then somebody has to tell them by hand.
 */
export const ATTEMPTS_MAX = 20
const RETRY_FIRST_MS = SECOND
const RETRY_MAX_MS = 5 * MINUTE
/** Whoever heard the start is owed the end: it is tried every hour for the rest of a day. */
export const END_ATTEMPTS_MAX = ATTEMPTS_MAX + 23
const END_RETRY_MS = HOUR
/** From here on an incident writes to each audience once a day only: three audiences heard from us every quarter of an hour for three days. */
export const MESSAGES_UNHURRIED = 900
/** An incident never writes more than this, except the end that somebody is owed. */
export const MESSAGES_MAX = 1_000

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

/** What an audience has heard, or was meant to: how many failures began and ended for it. */
export function heardBy(
  incident: Incident,
  audience: string,
): { readonly isOpen: boolean; readonly ends: number; readonly latest: Outgoing | null } {
  const mine = incident.messages.filter((message) => message.audience === audience)
  const bounds = mine.filter(({ kind }) => kind === 'start' || kind === 'end')
  return {
    isOpen: bounds.at(-1)?.kind === 'start',
    ends: bounds.filter(({ kind }) => kind === 'end').length,
    latest: mine.at(-1) ?? null,
  }
}

/** When the next promised update is due or the next delivery is to be tried; null when neither is. */
export function incidentDueAt(incident: Incident): Instant | null {
  const retries = owed(incident).map(({ retryAt }) => retryAt)
  const updates = isFull(incident)
    ? []
    : incident.audiences.map(({ name }) => promise(incident, name))
  const all = [...retries, ...updates].filter((due) => due !== null)
  return all.length === 0 ? null : Math.min(...all)
}

/** Whether nothing but an `end` may be written any more. */
export function isFull(incident: Incident): boolean {
  return incident.messages.length >= MESSAGES_MAX
}

function promise(incident: Incident, audience: string): Instant | null {
  const { isOpen, latest } = heardBy(incident, audience)
  return isOpen ? (latest?.nextUpdateAt ?? null) : null
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
    case 'write':
      return yes(written(state, command.messages, now))
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

/** New messages, and what they make needless. Beyond the limit only ends are written: those were promised. */
function written(
  state: Incident,
  messages: readonly Omit<WrittenMessage, 'at'>[],
  now: Instant,
): readonly IncidentEvent[] {
  const known = new Set(state.messages.map(({ id }) => id))
  let room = MESSAGES_MAX - state.messages.length
  const events: IncidentEvent[] = []
  for (const message of messages) {
    if (known.has(message.id) || (room <= 0 && message.kind !== 'end')) continue
    known.add(message.id)
    room -= 1
    events.push({ type: 'message.written', data: { ...message, at: now } })
    for (const { id } of state.messages.filter((older) => isSupersededBy(older, message))) {
      events.push({ type: 'message.superseded', data: { id, by: message.id, at: now } })
    }
  }
  return events
}

/**
 * Every message says the whole state, so one that is stuck yields to the next for the same people.
 * An end yields to a new start only, and what others did not hear yields to nothing.
 */
function isSupersededBy(
  older: Outgoing,
  newer: Pick<WrittenMessage, 'audience' | 'kind'>,
): boolean {
  const isStuck = older.state === 'owed' && older.attempts > 0
  if (!isStuck || older.audience !== newer.audience) return false
  if (older.kind === 'undelivered' || newer.kind === 'undelivered') return false
  return older.kind !== 'end' || newer.kind === 'start'
}

function failed(message: Outgoing, failure: DriverFailure, now: Instant): IncidentEvent {
  const attempt = message.attempts + 1
  const attemptsMax = message.kind === 'end' ? END_ATTEMPTS_MAX : ATTEMPTS_MAX
  const isLast = failure.retry === 'never' || attempt >= attemptsMax
  const quick = Math.min(RETRY_FIRST_MS * 2 ** (attempt - 1), RETRY_MAX_MS)
  const wait = attempt < ATTEMPTS_MAX ? quick : END_RETRY_MS
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
        failure: null,
        deliveredAt: null,
      }
      return { ...state, messages: [...state.messages, fresh] }
    }
    case 'message.failed': {
      const { id, attempt, failure, retryAt } = event.data
      const tried = { attempts: attempt, failure }
      return withMessage(
        state,
        id,
        retryAt === null ? { ...tried, state: 'given-up' } : { ...tried, retryAt },
      )
    }
    case 'message.superseded':
      return withMessage(state, event.data.id, { state: 'superseded' })
    case 'message.delivered':
      return withMessage(state, event.data.id, { state: 'delivered', deliveredAt: event.data.at })
    case 'incident.resolved':
      return { ...state, resolvedAt: event.data.at }
  }
}

/** News is nearly always about a recent message, so it is looked for from the end. */
function withMessage(state: Incident, id: string, change: Partial<Outgoing>): Incident {
  const place = state.messages.findLastIndex((one) => one.id === id)
  const found = state.messages[place]
  invariant(found !== undefined, `news of a message '${id}' that was never written`)
  return { ...state, messages: state.messages.with(place, { ...found, ...change }) }
}
