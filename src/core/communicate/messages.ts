import type { Course } from '../course/course.ts'
import { DAY, type Instant } from '../kernel/instant.ts'
import type { Audience, Strategy } from '../strategy/schema.ts'
import {
  internalFacts,
  isExposed,
  type Moment,
  publicFacts,
  stakeholderFacts,
  type Telling,
} from './disclosure.ts'
import {
  heardBy,
  type Incident,
  isFull,
  MESSAGES_MAX,
  MESSAGES_UNHURRIED,
  type MessageKind,
  type Outgoing,
  type WrittenMessage,
} from './incident.ts'
import { internalMessage } from './internal-message.ts'
import type { Letter } from './letter.ts'
import { overdue } from './overdue.ts'
import { publicMessage } from './public-message.ts'
import { decisionKey, type Situation, situationOf } from './situation.ts'
import type { Occasion } from './stakeholder-facts.ts'
import { stakeholderMessage } from './stakeholder-message.ts'
import { unreached, whoIsToldInstead } from './undelivered.ts'

type Owed = Omit<WrittenMessage, 'at'>

/** Why an audience is written to now. */
interface Reason {
  readonly kind: MessageKind
  /** The last part of the message's id. */
  readonly name: string
  readonly occasion: Occasion | null
  readonly delivery?: string
}

/**
 * The messages that ought to have been written by now and are not. Derived from the state alone,
 * with ids that do not depend on who looks or how often, so that a crash loses no message and
 * repeats none.
 *
 * Each audience hears the start and the end of a failure and an update on its promised cadence.
 * The team and the stakeholders also hear every decision and every change, and are reminded of
 * what is overdue. The public hears nothing of a failure that no user can have met.
 */
export function messagesOwed(
  course: Course,
  incident: Incident,
  strategy: Strategy,
  now: Instant,
): readonly Owed[] {
  const situation = situationOf(course)
  const { rollout } = course
  if (rollout === null || situation === null) return []
  const moment: Moment = { rollout, course, strategy, situation, now }
  const audiences = incident.audiences.map((promised) => ({
    ...promised,
    detail:
      strategy.communication.audiences.find(({ name }) => name === promised.name)?.detail ??
      'public',
  }))
  const told = audiences.flatMap((audience) =>
    reasonsFor(moment, incident, audience).map((reason) =>
      write(moment, incident, audience, reason),
    ),
  )
  const owed = [...told, ...noticesOf(moment, incident, audiences)]
  return isFull(incident) ? owed.filter(({ kind }) => kind === 'end') : owed
}

/** Tells those who can be reached of those who cannot. */
function noticesOf(
  moment: Moment,
  incident: Incident,
  audiences: readonly Audience[],
): readonly Owed[] {
  const all = unreached(incident, moment.now)
  return all.flatMap((one) => {
    const { audience: missed, given, key } = one
    const reason: Reason = {
      kind: 'undelivered',
      name: `${given === 'up' ? 'gave-up' : 'late'}-${missed}-${key}`,
      occasion: { is: 'undelivered', audience: missed, given },
      delivery: `'${one.channel}' said: ${one.detail}`,
    }
    return whoIsToldInstead(one, audiences, all)
      .filter(({ name }) => !isWritten(moment, incident, name, reason.name))
      .map((audience) => write(moment, incident, audience, reason))
  })
}

function reasonsFor(moment: Moment, incident: Incident, audience: Audience): readonly Reason[] {
  const { isOpen, ends, latest } = heardBy(incident, audience.name)
  const { situation } = moment
  const isInner = audience.detail !== 'public'
  if (!isOpen && !isInner && !isExposed(moment)) return []
  const turn = ends === 0 ? '' : `-${ends + 1}`
  // Once very much was written, the daily update says what is overdue.
  const reminds = isInner && !isUnhurried(incident)
  const reminders = reminds ? remindersFor(moment, incident, audience.name) : []
  if (situation.isOver) {
    if (isOpen || ends === 0)
      return [{ kind: 'end', name: `end${turn}`, occasion: null }, ...reminders]
  } else if (!isOpen) {
    return [{ kind: 'start', name: `start${turn}`, occasion: null }, ...reminders]
  }
  if (reminders.length > 0) return reminders
  if (isInner && latest?.tells !== situation.key) return [newsOf(moment, incident, audience.name)]
  const isDue = isOpen && latest?.nextUpdateAt != null && moment.now >= latest.nextUpdateAt
  return isDue ? [updateOn(moment, incident, audience.name, latest)] : []
}

/** The situation has changed: a decision is told as such, anything else as an update. */
function newsOf(moment: Moment, incident: Incident, audience: string): Reason {
  const { situation, course } = moment
  const key = decisionKey(course)
  switch (situation.name) {
    case 'asking':
    case 'held':
      return { kind: 'decision', name: `decision-${key}`, occasion: null }
    case 'mitigating':
      return { kind: 'decision', name: `acting-${key}`, occasion: null }
    case 'resumed':
    case 'paused':
    case 'bypassed':
    case 'completed':
    case 'mitigated':
    case 'not-mitigated':
    case 'superseded':
      return { kind: 'update', name: nextUpdateName(incident, audience), occasion: null }
  }
}

/** The promised update. Where nothing moves by itself it says since when, and what is waited for. */
function updateOn(moment: Moment, incident: Incident, audience: string, latest: Outgoing): Reason {
  const name = nextUpdateName(incident, audience)
  const mine = incident.messages.filter((one) => one.audience === audience)
  const { key } = moment.situation
  const isStill = latest.tells === key && isAtRest(moment.situation)
  const other = mine.findLastIndex(({ tells }) => tells !== key)
  const since = mine[other + 1]?.at ?? latest.at
  return { kind: 'update', name, occasion: isStill ? { is: 'unchanged', since } : null }
}

function isAtRest({ name }: Situation): boolean {
  return name === 'asking' || name === 'held' || name === 'paused'
}

function nextUpdateName(incident: Incident, audience: string): string {
  const before = incident.messages.filter(
    (message) => message.audience === audience && message.kind === 'update',
  )
  return `update-${before.length + 1}`
}

/** What is overdue now and was not said yet. */
function remindersFor(moment: Moment, incident: Incident, audience: string): readonly Reason[] {
  const found = overdue(moment)
  if (found === null) return []
  const name = `reminder-${found.key}`
  return isWritten(moment, incident, audience, name)
    ? []
    : [{ kind: 'reminder', name, occasion: found.occasion }]
}

function write(moment: Moment, incident: Incident, audience: Audience, reason: Reason): Owed {
  const { kind, occasion } = reason
  const nextUpdateAt = promiseOf(moment, incident, audience)
  const telling = { kind, occasion, nextUpdateAt, delivery: reason.delivery ?? null }
  return {
    id: free(idOf(moment, audience.name, reason.name), incident),
    kind,
    audience: audience.name,
    channel: audience.channel,
    ...letterFor(moment, audience, telling),
    tells: moment.situation.key,
    nextUpdateAt,
  }
}

function letterFor(moment: Moment, { detail }: Audience, telling: Telling): Letter {
  switch (detail) {
    case 'internal':
      return internalMessage(internalFacts(moment, telling))
    case 'stakeholder':
      return stakeholderMessage(stakeholderFacts(moment, telling))
    case 'public':
      return publicMessage(publicFacts(moment, telling))
  }
}

/** When this audience hears again at the latest: on its cadence, daily once very much was written, never when it is over. */
function promiseOf(
  { situation, now }: Moment,
  incident: Incident,
  { cadence }: Audience,
): Instant | null {
  if (situation.isOver || isFull(incident)) return null
  const isLast = incident.messages.length >= MESSAGES_MAX - 2 * incident.audiences.length
  if (isLast) return null
  return now + (isUnhurried(incident) ? Math.max(cadence, DAY) : cadence)
}

function isUnhurried(incident: Incident): boolean {
  return incident.messages.length >= MESSAGES_UNHURRIED
}

function isWritten(moment: Moment, incident: Incident, audience: string, name: string): boolean {
  const wanted = idOf(moment, audience, name)
  return incident.messages.some(({ id }) => id === wanted)
}

function idOf({ rollout }: Moment, audience: string, name: string): string {
  return `${rollout.id}/${audience}/${name}`
}

/** Ids are never used twice: a second message with a known id would be taken for a repetition. */
function free(id: string, incident: Incident): string {
  const known = new Set(incident.messages.map((message) => message.id))
  if (!known.has(id)) return id
  let turn = 2
  while (known.has(`${id}.${turn}`)) turn += 1
  return `${id}.${turn}`
}
