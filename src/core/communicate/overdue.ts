import type { Instant } from '../kernel/instant.ts'
import type { Moment } from './disclosure.ts'
import type { Occasion } from './stakeholder-facts.ts'

export interface Overdue {
  /** Names this turn of reminding; each is said once. */
  readonly key: string
  readonly occasion: Extract<Occasion, { is: 'overdue' }>
}

/** What a person has owed for too long: an answer, a word about a pause, a group or a bypass that ran out. */
export function overdue({ rollout, course, situation }: Moment): Overdue | null {
  const { paused, reminded, stage: standing } = rollout
  const { response } = course
  const stage = response?.stage
  if (situation.name === 'paused' && paused !== null && reminded.times > 0)
    return overdueSince('pause', paused.at, `${paused.at}-${reminded.times}`)
  if (standing.at === 'waiting' && standing.for === 'promote' && reminded.times > 0)
    return overdueSince('promote', reminded.at, `${standing.index}-${reminded.at}`)
  if (response !== null && (stage?.at === 'asking' || stage?.at === 'holding')) {
    const { approveWithinMs, holdForMs } = response.decision
    const allowed = stage.at === 'asking' ? approveWithinMs : holdForMs
    // Waiting longer than was first allowed means that the roles let the time pass.
    const isExtended = stage.until > stage.since + allowed
    return isExtended ? overdueSince('answer', stage.since, `${stage.until}`) : null
  }
  // A bypass that ends while the rollout goes on is decided anew; after its end nobody else speaks of it.
  if (situation.name === 'completed' && stage?.at === 'over')
    return overdueSince('bypass', stage.since, `${stage.since}`)
  return null
}

function overdueSince(what: Overdue['occasion']['for'], since: Instant, turn: string): Overdue {
  return { key: `${what}-${turn}`, occasion: { is: 'overdue', for: what, since } }
}
