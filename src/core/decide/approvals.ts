import type { Instant } from '../kernel/instant.ts'
import type { Actor } from '../words/actor.ts'
import type { ApprovalNeed, Decision } from './decision.ts'

/** One recorded yes. */
export interface Approval {
  readonly role: string
  readonly by: string
  readonly hash: string
  readonly at: Instant
}

/** Who may give any role's yes: the administrator of a small team is all of its roles. */
const EVERY_ROLE = 'admin'

export type ApprovalRefusal =
  | 'no-approval-needed'
  | 'wrong-hash'
  | 'not-your-role'
  | 'approved-before'
  | 'own-request'

/** The yeses that are still missing. */
export function missingApprovals(
  decision: Decision,
  given: readonly Approval[],
): readonly ApprovalNeed[] {
  return decision.approvals
    .map((need) => ({ ...need, count: need.count - countOf(need, decision, given) }))
    .filter(({ count }) => count > 0)
}

/**
 * Which role an actor's yes would fill, or why it cannot count. Where more than one yes is
 * needed, nobody gives two and the one who started the rollout gives none.
 */
export function fillableRole(
  decision: Decision,
  given: readonly Approval[],
  actor: Actor,
  startedBy: string,
): { readonly role: string } | { readonly refused: ApprovalRefusal } {
  const missing = missingApprovals(decision, given)
  if (missing.length === 0) return { refused: 'no-approval-needed' }
  const total = decision.approvals.reduce((sum, { count }) => sum + count, 0)
  if (total > 1 && actor.name === startedBy) return { refused: 'own-request' }
  if (given.some(({ by, hash }) => by === actor.name && hash === decision.hash)) {
    return { refused: 'approved-before' }
  }
  const mine = missing.find(
    ({ role }) => actor.roles.includes(role) || actor.roles.includes(EVERY_ROLE),
  )
  return mine === undefined ? { refused: 'not-your-role' } : { role: mine.role }
}

function countOf(need: ApprovalNeed, decision: Decision, given: readonly Approval[]): number {
  return given.filter(({ role, hash }) => role === need.role && hash === decision.hash).length
}
