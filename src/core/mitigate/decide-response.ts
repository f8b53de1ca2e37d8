import { fillableRole, missingApprovals } from '../decide/approvals.ts'
import { type Instant, sayDuration } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import {
  currentStep,
  planDueAt,
  sayPlanFailure,
  stepFailed,
  stepSeen,
  tickPlan,
} from '../step/plan.ts'
import type { ResponseCommand, ResponseRefusal } from './commands.ts'
import type { ResponseEvent } from './events.ts'
import {
  beginIfApproved,
  chooseInstead,
  didNotHelp,
  type Emergency,
  giveWay,
  leadsOn,
} from './next-decision.ts'
import { evolveResponse, type Response, type ResponseState } from './response.ts'

type Outcome = Result<readonly ResponseEvent[], ResponseRefusal>
type Command<Type> = Extract<ResponseCommand, { type: Type }>
type Acting = Extract<Response['stage'], { at: 'acting' }>

/**
 * Carries out what was decided: asks, begins, takes reports, verifies. When a way out is
 * rejected, fails, does not help or runs out, the next branch of the tree is decided.
 */
export function decideResponse(
  command: ResponseCommand,
  state: ResponseState,
  emergency: Emergency,
): Outcome {
  if (state === null) return no({ code: 'not-halted' })
  switch (command.type) {
    case 'tick':
      return yes(tick(state, emergency, command.now))
    case 'approve':
      return approve(state, emergency, command)
    case 'reject':
      return reject(state, emergency, command)
    case 'choose':
      return chooseInstead(emergency, state, command)
    case 'report-seen':
      return reportSeen(state, emergency, command)
    case 'report-failure':
      return reportFailure(state, emergency, command)
  }
}

/** When time alone will move the response; null when it waits for news only. */
export function responseDueAt({ stage }: Response): Instant | null {
  if (stage.at === 'over') return null
  if (stage.at !== 'acting') return stage.until
  const dues = [planDueAt(stage.progress), tooLateAt(stage)].filter((due) => due !== null)
  return dues.length === 0 ? null : Math.min(...dues)
}

/** When the next branch is taken although this one still acts; null once users are being looked at. */
function tooLateAt({ progress, until }: Acting): Instant | null {
  return currentStep(progress)?.action.kind === 'verify' ? null : until
}

function tick(state: Response, emergency: Emergency, now: Instant): readonly ResponseEvent[] {
  const { stage } = state
  switch (stage.at) {
    case 'over':
      return []
    case 'acting': {
      const lateAt = tooLateAt(stage)
      if (lateAt === null || now < lateAt) return tickPlan(stage.progress, now)
      const because = `it was not done within ${sayDuration(now - stage.since)}`
      return giveWay(emergency, state, didNotHelp(state, because, now), now)
    }
    case 'in-effect': {
      if (stage.until === null || now < stage.until) return []
      return giveWay(emergency, state, bypassExpired(state, stage.since, now), now)
    }
    case 'asking':
    case 'holding':
      return now < stage.until ? [] : overdue(state, stage.since, emergency, now)
  }
}

/** The tolerated time of a bypass is over. */
export function bypassExpired(state: Response, since: Instant, now: Instant): ResponseEvent {
  const because = `the bypass was tolerated for ${sayDuration(now - since)}; that is over`
  return { type: 'mitigation.expired', data: { choose: state.decision.choose, because, at: now } }
}

/** Nobody answered. The next branch is taken if there is one; otherwise the roles are reminded. */
function overdue(
  state: Response,
  since: Instant,
  emergency: Emergency,
  now: Instant,
): readonly ResponseEvent[] {
  const roles = missingApprovals(state.decision, state.approvals).map(({ role }) => role)
  const waited = sayDuration(now - since)
  const because =
    roles.length === 0
      ? `nobody has decided for ${waited}`
      : `${roles.join(' and ')} did not answer for ${waited}`
  return leadsOn(emergency, state, now)
    ? giveWay(emergency, state, didNotHelp(state, because, now), now)
    : [{ type: 'approval.overdue', data: { roles, because, at: now } }]
}

function approve(state: Response, emergency: Emergency, command: Command<'approve'>): Outcome {
  const { decision, approvals, stage } = state
  const { actor, hash, now } = command
  if (stage.at !== 'asking') return no({ code: 'not-asking' })
  if (hash !== decision.hash)
    return no({
      code: 'wrong-hash',
      detail: `the decision that waits now is ${decision.hash.slice(0, 12)}`,
    })
  const fill = fillableRole(decision, approvals, actor, emergency.rollout.by)
  if ('refused' in fill) {
    const needed = missingApprovals(decision, approvals).map(
      ({ role, count }) => `${count} × ${role}`,
    )
    return no({ code: fill.refused, detail: `still needed: ${needed.join(', ') || 'nothing'}` })
  }
  const data = { role: fill.role, by: actor.name, hash, at: now }
  const given = { type: 'approval.given', data } as const
  const after = evolveResponse(state, given)
  invariant(after !== null, 'an approval does not end a response')
  return yes([given, ...beginIfApproved(emergency, after, now)])
}

function reject(state: Response, emergency: Emergency, command: Command<'reject'>): Outcome {
  const { actor, because, now } = command
  if (state.stage.at !== 'asking') return no({ code: 'not-asking' })
  const isAsked = state.decision.approvals.some(({ role }) => actor.roles.includes(role))
  if (!isAsked && !actor.roles.includes('admin')) return no({ code: 'not-your-role' })
  const data = { by: actor.name, because, at: now }
  return yes(giveWay(emergency, state, { type: 'approval.rejected', data }, now))
}

function reportSeen(
  state: Response,
  { rollout }: Emergency,
  report: Command<'report-seen'>,
): Outcome {
  if (state.stage.at !== 'acting') return no({ code: 'no-plan-under-way' })
  const { evidence, now } = report
  const outcome = stepSeen(state.stage.progress, report, now)
  if (!outcome.ok) return no({ code: outcome.problem })
  const after = outcome.value.reduce<ResponseState>(evolveResponse, state)
  if (after?.stage.at !== 'acting' || after.stage.progress.mode !== 'done') return outcome
  const { choose, bypass } = state.decision
  const found = rollout.strategy.mitigations.bypasses.find(({ name }) => name === bypass)
  const until = found === undefined ? null : now + found.expiresAfter
  const data = { choose, because: evidence, until, at: now }
  return yes([...outcome.value, { type: 'mitigation.took-effect', data }])
}

function reportFailure(
  state: Response,
  emergency: Emergency,
  report: Command<'report-failure'>,
): Outcome {
  if (state.stage.at !== 'acting') return no({ code: 'no-plan-under-way' })
  const { now } = report
  const { progress } = state.stage
  const outcome = stepFailed(progress, report, now)
  if (!outcome.ok) return no({ code: outcome.problem })
  const isLast = outcome.value.some(
    (event) => event.type === 'step.failed' && event.data.retryAt === null,
  )
  if (!isLast) return outcome
  const because = sayPlanFailure({ ...progress, failure: report.failure })
  const gaveUp = didNotHelp(state, because, now)
  return yes([...outcome.value, ...giveWay(emergency, state, gaveUp, now)])
}
