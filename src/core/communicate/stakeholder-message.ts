import { innerParts } from './inner-parts.ts'
import { type Letter, layOut } from './letter.ts'
import type { StakeholderFacts } from './stakeholder-facts.ts'

/** A message for those who answer for the service: what is affected, what is done, what they are asked. */
export function stakeholderMessage(facts: StakeholderFacts): Letter {
  return layOut(innerParts(facts, facts.trouble))
}
