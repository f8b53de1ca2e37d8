import type { MitigationKind } from '../words/mitigation-kind.ts'
import { innerParts } from './inner-parts.ts'
import { type Letter, layOut } from './letter.ts'
import type { StakeholderFacts } from './stakeholder-facts.ts'

/** More alternatives than this are read in the record, not in a message. */
const OTHERS_SHOWN = 5

/** What only the team reads: the evidence as it was, the decision with its reasons, the step under way. */
export interface InternalFacts {
  readonly shared: StakeholderFacts
  /** Names of the metrics that crossed; empty when none did. */
  readonly metrics: readonly string[]
  readonly because: string
  readonly routes: readonly string[]
  readonly decision: {
    readonly branch: string
    readonly because: string
    readonly by: string
    readonly hash: string
    readonly others: readonly {
      readonly branch: string
      readonly choose: MitigationKind
      readonly because: string
    }[]
  } | null
  readonly approved: readonly { readonly role: string; readonly by: string }[]
  readonly tried: readonly {
    readonly branch: string
    readonly choose: MitigationKind
    readonly because: string
  }[]
  /** The step under way and how often it was tried; null when none is. */
  readonly step: {
    readonly says: string
    readonly attempt: number
    readonly trouble: string | null
  } | null
  readonly paused: { readonly by: string; readonly because: string } | null
  readonly outcome: string | null
  /** What the channel said that did not accept somebody else's message. */
  readonly delivery: string | null
}

/** A message for the team: everything, with the exact commands. */
export function internalMessage(facts: InternalFacts): Letter {
  const { shared, metrics } = facts
  const parts = innerParts(shared, metrics.length === 0 ? shared.trouble : metrics.join(', '))
  return layOut({ ...parts, more: details(facts) })
}

function details(facts: InternalFacts): readonly (readonly [string, string])[] {
  const { shared, routes, decision, step, paused, outcome } = facts
  const { rollout, situation } = shared
  const lines: (readonly [string, string])[] = [['Seen', facts.because]]
  if (routes.length > 0) lines.push(['Routes', routes.join(', ')])
  for (const { branch, choose, because } of facts.tried)
    lines.push(['Tried', `${choose} (${branch}): ${because}`])
  if (decision !== null) {
    const by = decision.by === 'tree' ? '' : ` Chosen by ${decision.by}.`
    lines.push(['Decision', `${shared.way ?? ''} (${decision.branch}): ${decision.because}.${by}`])
    for (const { branch, choose, because } of decision.others.slice(0, OTHERS_SHOWN))
      lines.push(['Not taken', `${choose} (${branch}): ${because}`])
  }
  for (const { role, by } of facts.approved) lines.push(['Approved', `${by} as ${role}`])
  if (step !== null) lines.push(['Step', sayStep(step)])
  if (paused !== null) lines.push(['Paused', `by ${paused.by}: ${paused.because}`])
  if (facts.delivery !== null) lines.push(['Channel', facts.delivery])
  if (outcome !== null) lines.push(['Outcome', outcome])
  if (situation === 'asking') {
    lines.push(['Approve', `goaround approve ${rollout}`])
    lines.push(['Reject', `goaround reject ${rollout} --because "…"`])
  }
  if (situation === 'paused') lines.push(['Resume', `goaround resume ${rollout} --because "…"`])
  lines.push(['Record', `goaround why ${rollout}`])
  return lines
}

function sayStep({ says, attempt, trouble }: NonNullable<InternalFacts['step']>): string {
  const tried = attempt > 1 ? ` (try ${attempt})` : ''
  return trouble === null ? `${says}${tried}` : `${says}${tried}; last failure: ${trouble}`
}
