import type { StakeholderFacts } from './stakeholder-facts.ts'

/** `errors in group canary` */
export function sayTrouble({ group }: Pick<StakeholderFacts, 'group'>, seen: string): string {
  return group === null ? `${seen} before the first group` : `${seen} in group ${group}`
}

/** `release-captain`, `2 × stakeholder and on-call` */
export function sayRoles({ missing }: Pick<StakeholderFacts, 'missing'>): string {
  return missing.map(({ role, count }) => (count === 1 ? role : `${count} × ${role}`)).join(' and ')
}
