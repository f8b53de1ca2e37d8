import { sayRoles, sayTrouble } from './say-facts.ts'
import { sayWhen } from './say-time.ts'
import type { Occasion, StakeholderFacts } from './stakeholder-facts.ts'

/** The subject of a message for inner readers, short enough for a telephone. */
export function sayTitle(facts: StakeholderFacts, seen: string): string {
  const { kind, release, situation, occasion, now } = facts
  const way = facts.way ?? 'hold'
  if (occasion?.is === 'undelivered') {
    return occasion.given === 'up'
      ? `${occasion.audience} could not be told: tell them by hand`
      : `${occasion.audience} cannot be reached; still trying`
  }
  if (occasion?.is === 'overdue') return sayOverdueTitle(facts, occasion)
  if (kind === 'start' && situation !== 'resumed' && situation !== 'paused')
    return `rollout of ${release} halted: ${sayTrouble(facts, seen)}`
  switch (situation) {
    case 'asking':
      return kind === 'decision'
        ? `approval needed: ${way} from ${release}`
        : `still waiting for ${sayRoles(facts)}: ${way} from ${release}`
    case 'mitigating':
      return `${way} from ${release} is under way`
    case 'held':
      return way === 'hotfix'
        ? `${release} stays halted until it is fixed`
        : `${release} stays halted: a person has to decide`
    case 'resumed':
      return `rollout of ${release} goes on, and is watched`
    case 'paused':
      return `rollout of ${release} is paused`
    case 'bypassed': {
      const until = facts.bypassUntil === null ? '' : ` until ${sayWhen(facts.bypassUntil, now)}`
      return `contained${until}: bypass for ${release}`
    }
    case 'completed':
      return `over: ${release} is rolled out`
    case 'mitigated':
      return `over: ${way} from ${release} took effect`
    case 'not-mitigated':
      return `closed, not mitigated: ${release}`
    case 'superseded':
      return `closed: a hotfix takes the place of ${release}`
  }
}

function sayOverdueTitle(
  facts: StakeholderFacts,
  { for: what }: Extract<Occasion, { is: 'overdue' }>,
): string {
  if (what === 'pause') return `overdue: ${facts.release} is still paused`
  if (what === 'promote') return `overdue: the next group of ${facts.release} waits for a promote`
  if (what === 'bypass') return `overdue: the bypass for ${facts.release} has run out`
  return facts.missing.length === 0
    ? `overdue: nobody has decided about ${facts.release}`
    : `overdue: ${sayRoles(facts)} did not answer about the ${facts.way ?? 'hold'} from ${facts.release}`
}
