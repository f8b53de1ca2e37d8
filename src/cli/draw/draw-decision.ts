import type { DecisionView, RolloutView } from '../../contract/rollout-view.ts'
import { sayDuration } from '../../core/kernel/instant.ts'
import type { Ink } from './ink.ts'

/** What was chosen, why, what else was possible and why not. */
export function drawDecision(decision: DecisionView, ink: Ink): readonly string[] {
  const { chosen, bypass, branch, because, by, others, usersLose } = decision
  const what = bypass === null ? chosen : `${chosen} '${bypass}'`
  const who = by === 'tree' ? `branch '${branch}'` : `chosen by ${by}`
  return [
    `${ink.bold(`Decision: ${what}`)} ${ink.dim(`(${who})`)}`,
    `  ${because}`,
    ...(usersLose === null ? [] : [`  users lose: ${usersLose}`]),
    ...others.map((other) =>
      ink.dim(`  not ${other.choose} ('${other.branch}'): ${other.because}`),
    ),
  ]
}

/** Whose yes is still missing, until when it is waited for, and how it is given. */
export function drawApprovals(view: RolloutView, ink: Ink, now: number): readonly string[] {
  const { decision } = view
  if (decision === null || view.phase !== 'asking') return []
  const lines = decision.approvals.flatMap(({ role, needed, given, because }) => {
    const yeses = given.map(({ by }) => `  ${ink.green('✔')} ${by} as ${role}`)
    const missing = needed - given.length
    if (missing <= 0) return yeses
    return [...yeses, `  ${ink.yellow('?')} ${missing} × ${role} ${ink.dim(`(${because})`)}`]
  })
  const left =
    decision.waitsUntil === null
      ? ''
      : ` within ${sayDuration(Math.max(0, decision.waitsUntil - now))}`
  return [
    ink.yellow(`Waits for approval${left}:`),
    ...lines,
    `  goaround approve ${view.id}   or   goaround reject ${view.id} --because "…"`,
  ]
}
