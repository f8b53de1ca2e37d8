import { type ApprovalRefusal, fillableRole, missingApprovals } from '../decide/approvals.ts'
import { choose, chooseByHand, creditFor } from '../decide/choose.ts'
import type { Decision } from '../decide/decision.ts'
import type { DriverFailure } from '../kernel/failure.ts'
import { type Instant, sayDuration } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import type { Failing } from '../rollout/failing.ts'
import type { Rollout } from '../rollout/state.ts'
import {
  planned,
  type StepRefusal,
  sayPlanFailure,
  stepFailed,
  stepSeen,
  tickPlan,
} from '../step/plan.ts'
import type { Actor } from '../words/actor.ts'
import type { ResponseEvent } from './events.ts'
import { mitigationPlan } from './plans.ts'
import { evolveResponse, type Response, type ResponseState } from './response.ts'

export type ResponseCommand =
  | { readonly type: 'tick'; readonly now: Instant }
  | {
      readonly type: 'report-seen'
      readonly step: string
      readonly attempt: number
      readonly evidence: string
      readonly now: Instant
    }
  | {
      readonly type: 'report-failure'
      readonly step: string
      readonly attempt: number
      readonly failure: DriverFailure
      readonly now: Instant
    }
  | {
      readonly type: 'approve'
      readonly actor: Actor
      readonly hash: string
      readonly now: Instant
    }
  | {
      readonly type: 'reject'
      readonly actor: Actor
      readonly because: string
      readonly now: Instant
    }
  /** A person takes a way out themselves. */
  | {
      readonly type: 'choose'
      readonly choose: 'fallback' | 'rollback'
      readonly actor: Actor
      readonly because: string
      readonly now: Instant
    }

export interface ResponseRefusal {
  readonly code:
    | StepRefusal
    | ApprovalRefusal
    | 'not-halted'
    | 'not-asking'
    | 'already-acting'
    | 'impossible'
  readonly detail?: string
}

type Outcome = Result<readonly ResponseEvent[], ResponseRefusal>

/**
 * The decision after a halt, and, where nobody has to be asked, the first step of it. A way out
 * that was in effect when the rollout failed again has not helped: it is not chosen twice.
 */
export function openResponse(
  rollout: Rollout,
  failing: Failing,
  now: Instant,
  before: ResponseState,
): readonly ResponseEvent[] {
  if (before?.stage.at !== 'in-effect') return decideAnew(rollout, failing, before, now)
  const because = `it failed again while ${before.decision.choose} was in effect: ${failing.because}`
  const choice = before.decision.choose
  const gaveWay = {
    type: 'mitigation.did-not-help',
    data: { choose: choice, because, at: now },
  } as const
  return then(before, gaveWay, rollout, failing, now)
}

/**
 * Carries out what was decided: asks, begins, takes reports, verifies. When a way out is
 * rejected, fails, does not help or runs out, the next branch of the tree is decided.
 */
export function decideResponse(
  command: ResponseCommand,
  state: ResponseState,
  rollout: Rollout,
  failing: Failing,
): Outcome {
  if (state === null) return no({ code: 'not-halted' })
  const { now } = command
  switch (command.type) {
    case 'tick':
      return yes(tick(state, rollout, failing, now))
    case 'approve':
      return approve(state, rollout, command.actor, command.hash, now)
    case 'reject': {
      if (state.stage.at !== 'asking') return no({ code: 'not-asking' })
      const { actor, because } = command
      const allowed = state.decision.approvals.some(({ role }) => actor.roles.includes(role))
      if (!allowed && !actor.roles.includes('admin')) return no({ code: 'not-your-role' })
      const rejected = {
        type: 'approval.rejected',
        data: { by: actor.name, because, at: now },
      } as const
      return yes(then(state, rejected, rollout, failing, now))
    }
    case 'choose':
      return chooseNow(state, rollout, failing, command)
    case 'report-seen': {
      if (state.stage.at !== 'acting') return no({ code: 'no-plan-under-way' })
      const outcome = stepSeen(state.stage.progress, command, now)
      if (!outcome.ok) return no({ code: outcome.problem })
      return yes([
        ...outcome.value,
        ...whenDone(state, outcome.value, rollout, command.evidence, now),
      ])
    }
    case 'report-failure':
      return reportFailure(state, rollout, failing, command)
  }
}

/** When time alone will move the response; null when it waits for news only. */
export function responseDueAt(response: Response): Instant | null {
  const { stage } = response
  if (stage.at === 'acting')
    return stage.progress.mode === 'waiting' ? stage.progress.retryAt : null
  return stage.until
}

function tick(
  state: Response,
  rollout: Rollout,
  failing: Failing,
  now: Instant,
): readonly ResponseEvent[] {
  const { stage } = state
  if (stage.at === 'acting') return tickPlan(stage.progress, now)
  const begun = beginIfApproved(state, rollout, now)
  if (begun.length > 0) return begun
  if (stage.until === null || now < stage.until) return []
  if (stage.at === 'in-effect') {
    const because = `the bypass was tolerated for ${sayDuration(now - stage.since)}; that is over`
    const expired = {
      type: 'mitigation.expired',
      data: { choose: stage.choose, because, at: now },
    } as const
    return then(state, expired, rollout, failing, now)
  }
  return overdue(state, stage.since, rollout, failing, now)
}

/** Nobody answered. The next branch is taken if there is one; otherwise the roles are reminded. */
function overdue(
  state: Response,
  since: Instant,
  rollout: Rollout,
  failing: Failing,
  now: Instant,
): readonly ResponseEvent[] {
  const roles = missingApprovals(state.decision, state.approvals).map(({ role }) => role)
  const waited = sayDuration(now - since)
  const because =
    roles.length === 0
      ? `nobody has decided for ${waited}`
      : `${roles.join(' and ')} did not answer for ${waited}`
  const { branch, choose: kind } = state.decision
  const tried = [...state.tried, { branch, choose: kind, because }]
  const next = choose(rollout, failing, tried, now)
  if (next.branch === 'nothing-left' || next.choose === 'hold') {
    return [{ type: 'approval.overdue', data: { roles, because, at: now } }]
  }
  const gaveWay = {
    type: 'mitigation.did-not-help',
    data: { choose: kind, because, at: now },
  } as const
  return then(state, gaveWay, rollout, failing, now)
}

function approve(
  state: Response,
  rollout: Rollout,
  actor: Actor,
  hash: string,
  now: Instant,
): Outcome {
  const { decision, approvals, stage } = state
  if (stage.at !== 'asking') return no({ code: 'not-asking' })
  if (hash !== decision.hash)
    return no({
      code: 'wrong-hash',
      detail: `the decision that waits now is ${decision.hash.slice(0, 12)}`,
    })
  const fill = fillableRole(decision, approvals, actor, rollout.by)
  if ('refused' in fill) {
    const needed = missingApprovals(decision, approvals).map(
      ({ role, count }) => `${count} × ${role}`,
    )
    return no({ code: fill.refused, detail: `still needed: ${needed.join(', ') || 'nothing'}` })
  }
  const given = {
    type: 'approval.given',
    data: { role: fill.role, by: actor.name, hash, at: now },
  } as const
  const after = evolveResponse(state, given)
  invariant(after !== null, 'an approval does not end a response')
  return yes([given, ...beginIfApproved(after, rollout, now)])
}

function chooseNow(
  state: Response,
  rollout: Rollout,
  failing: Failing,
  command: Extract<ResponseCommand, { type: 'choose' }>,
): Outcome {
  const { now, actor, because } = command
  if (state.stage.at === 'acting' && state.decision.choose === command.choose)
    return no({ code: 'already-acting' })
  const asked = { choose: command.choose, by: actor.name, because }
  const made = chooseByHand(rollout, failing, [...state.tried, triedSoFar(state)], asked, now)
  if ('impossible' in made) return no({ code: 'impossible', detail: made.impossible })
  const replaced = {
    type: 'mitigation.did-not-help',
    data: {
      choose: state.decision.choose,
      because: `${actor.name} chose ${command.choose} instead`,
      at: now,
    },
  } as const
  const events: ResponseEvent[] = [
    replaced,
    { type: 'decision.made', data: { decision: made, at: now } },
  ]
  const fill = fillableRole(made, [], actor, rollout.by)
  if ('role' in fill) {
    events.push({
      type: 'approval.given',
      data: { role: fill.role, by: actor.name, hash: made.hash, at: now },
    })
  }
  const after = events.reduce<ResponseState>(evolveResponse, state)
  invariant(after !== null, 'a choice does not end a response')
  return yes([...events, ...beginIfApproved(after, rollout, now)])
}

function triedSoFar(state: Response): Response['tried'][number] {
  return {
    branch: `${state.decision.branch}#${state.decision.number}`,
    choose: state.decision.choose,
    because: 'replaced by hand',
  }
}

function reportFailure(
  state: Response,
  rollout: Rollout,
  failing: Failing,
  report: Extract<ResponseCommand, { type: 'report-failure' }>,
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
  const choice = state.decision.choose
  const gaveUp = {
    type: 'mitigation.did-not-help',
    data: { choose: choice, because, at: now },
  } as const
  return yes([...outcome.value, ...then(state, gaveUp, rollout, failing, now)])
}

function whenDone(
  state: Response,
  events: readonly ResponseEvent[],
  rollout: Rollout,
  evidence: string,
  now: Instant,
): readonly ResponseEvent[] {
  const after = events.reduce<ResponseState>(evolveResponse, state)
  if (after?.stage.at !== 'acting' || after.stage.progress.mode !== 'done') return []
  const { choose: kind, bypass } = state.decision
  const found = rollout.strategy.mitigations.bypasses.find(({ name }) => name === bypass)
  const until = found === undefined ? null : now + found.expiresAfter
  return [
    { type: 'mitigation.took-effect', data: { choose: kind, because: evidence, until, at: now } },
  ]
}

function then(
  state: Response,
  event: ResponseEvent,
  rollout: Rollout,
  failing: Failing,
  now: Instant,
): readonly ResponseEvent[] {
  return [event, ...decideAnew(rollout, failing, evolveResponse(state, event), now)]
}

function decideAnew(
  rollout: Rollout,
  failing: Failing,
  state: ResponseState,
  now: Instant,
): readonly ResponseEvent[] {
  const decision = choose(rollout, failing, state?.tried ?? [], now)
  const made = { type: 'decision.made', data: { decision, at: now } } as const
  const after = evolveResponse(state, made)
  invariant(after !== null, 'a decision opens a response')
  return [made, ...beginIfApproved(after, rollout, now)]
}

function beginIfApproved(
  state: Response,
  rollout: Rollout,
  now: Instant,
): readonly ResponseEvent[] {
  const { decision, approvals, stage } = state
  if (stage.at !== 'asking' || missingApprovals(decision, approvals).length > 0) return []
  const plan = [...mitigationPlan(rollout, decision)]
  const authority = sayAuthority(decision, state, rollout, now)
  const began = {
    type: 'mitigation.began',
    data: { choose: decision.choose, plan, authority, at: now },
  } as const
  return [began, ...tickPlan(planned(plan, now), now)]
}

function sayAuthority(decision: Decision, state: Response, rollout: Rollout, now: Instant): string {
  if (state.approvals.length === 0) {
    if (decision.by !== 'tree') return `${decision.by} chose it`
    return `the strategy lets it act alone: ${creditFor(decision.choose, rollout.strategy, now).because}`
  }
  return state.approvals.map(({ role, by }) => `${by} as ${role}`).join(', ')
}
