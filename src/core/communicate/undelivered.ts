import { type Instant, MINUTE } from '../kernel/instant.ts'
import type { Audience } from '../strategy/schema.ts'
import type { Incident, Outgoing } from './incident.ts'

/** The first tries fail within seconds; whoever has heard nothing for longer should be told by somebody. */
const LATE_MS = 2 * MINUTE

/** An audience that is owed a message which its channel does not accept. */
export interface Unreached {
  readonly audience: string
  readonly channel: string
  readonly given: 'up' | 'not-yet'
  /** Names this trouble, so that others are told of it once and not with every message. */
  readonly key: string
  /** What the channel said last. */
  readonly detail: string
}

/** Who cannot be reached now. A channel that accepts anything again has ended the trouble. */
export function unreached(incident: Incident, now: Instant): readonly Unreached[] {
  return incident.audiences.flatMap(({ name, channel }) => {
    const found = troubleWith(
      incident.messages.filter(({ audience }) => audience === name),
      now,
    )
    return found === null ? [] : [{ ...found, audience: name, channel }]
  })
}

/**
 * Who is told of it: the team, where it is reached by a channel that works; else the
 * stakeholders. The public is never told that somebody else was not.
 */
export function whoIsToldInstead(
  { audience, channel }: Pick<Unreached, 'audience' | 'channel'>,
  audiences: readonly Audience[],
  all: readonly Unreached[],
): readonly Audience[] {
  const down = new Set([channel, ...all.map((one) => one.channel)])
  const others = audiences.filter((one) => one.name !== audience && !down.has(one.channel))
  const team = others.filter(({ detail }) => detail === 'internal')
  return team.length > 0 ? team : others.filter(({ detail }) => detail === 'stakeholder')
}

function troubleWith(
  messages: readonly Outgoing[],
  now: Instant,
): Pick<Unreached, 'given' | 'key' | 'detail'> | null {
  const lastHeard = messages.findLastIndex(({ state }) => state === 'delivered')
  const failing = messages.slice(lastHeard + 1).filter(({ attempts }) => attempts > 0)
  const [first] = failing
  if (first === undefined) return null
  const heard = messages.filter(({ state }) => state === 'delivered').length
  const detail = failing.at(-1)?.failure?.detail ?? 'no reason given'
  const givenUp = failing.filter(({ state }) => state === 'given-up')
  if (givenUp.length > 0) {
    // The end is a promise of its own: whoever told them of the failure by hand has to tell them this too.
    const ends = givenUp.filter(({ kind }) => kind === 'end').length
    return { given: 'up', key: `${heard}${ends > 0 ? `-end-${ends}` : ''}`, detail }
  }
  const isLate = failing.some(({ state }) => state === 'owed') && now - first.at >= LATE_MS
  return isLate ? { given: 'not-yet', key: `${heard}`, detail } : null
}
