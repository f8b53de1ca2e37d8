import { fillableRole, missingApprovals } from '../decide/approvals.ts'
import { choose, chooseByHand, creditFor, NOTHING_LEFT } from '../decide/choose.ts'
import type { Decision } from '../decide/decision.ts'
import type { Tried } from '../decide/ways-out.ts'
import type { Instant } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import type { Failing } from '../rollout/failing.ts'
import type { Rollout } from '../rollout/state.ts'
import { planned, tickPlan } from '../step/plan.ts'
import type { ChooseByHand, ResponseRefusal } from './commands.ts'
import type { ResponseEvent } from './events.ts'
import { mitigationPlan, mitigationWithin } from './plans.ts'
import { evolveResponse, type Response, type ResponseState } from './response.ts'

/** What is answered: the rollout that halted, and what it halted for. */
export interface Emergency {
  readonly rollout: Rollout
  readonly failing: Failing
}

/**
 * The decision after a halt, and, where nobody has to be asked, the first step of it. A way out
 * that was in effect when the rollout failed again has not helped: it is not chosen twice.
 */
export function openResponse(
  emergency: Emergency,
  before: ResponseState,
  now: Instant,
): readonly ResponseEvent[] {
  if (before?.stage.at !== 'in-effect') return decideAnew(emergency, before, now)
  const because = `it failed again while ${before.decision.choose} was in effect: ${emergency.failing.because}`
  return giveWay(emergency, before, didNotHelp(before, because, now), now)
}

/** Records why the present way out is given up, and decides on the next branch in the same breath. */
export function giveWay(
  emergency: Emergency,
  state: Response,
  event: ResponseEvent,
  now: Instant,
): readonly ResponseEvent[] {
  return [event, ...decideAnew(emergency, evolveResponse(state, event), now)]
}

export function didNotHelp(state: Response, because: string, now: Instant): ResponseEvent {
  const { choose: kind } = state.decision
  return { type: 'mitigation.did-not-help', data: { choose: kind, because, at: now } }
}

/** What the tree decides when the present branch is given up. */
function nextDecision(emergency: Emergency, { decision, tried }: Response, now: Instant) {
  return choose(emergency.rollout, emergency.failing, passing(decision, tried), now)
}

/** Whether anything can still be done on the branches after the present one; a hold on the way only delays it. */
export function leadsOn(emergency: Emergency, state: Response, now: Instant): boolean {
  const { rollout, failing } = emergency
  let tried = state.tried
  let decision = state.decision
  do {
    tried = passing(decision, tried)
    decision = choose(rollout, failing, tried, now)
  } while (decision.choose === 'hold' && decision.branch !== NOTHING_LEFT)
  return decision.choose !== 'hold'
}

function passing({ branch, choose: kind }: Decision, tried: readonly Tried[]): readonly Tried[] {
  return [...tried, { branch, choose: kind, because: 'it was passed over' }]
}

/** A person's own choice takes the place of the tree's; their own yes counts as far as it may. */
export function chooseInstead(
  emergency: Emergency,
  before: ResponseState,
  { choose: kind, actor, because, now }: ChooseByHand,
): Result<readonly ResponseEvent[], ResponseRefusal> {
  const { rollout, failing } = emergency
  if (before?.stage.at === 'acting' && before.decision.choose === kind) {
    return no({ code: 'already-acting', detail: `${kind} is under way` })
  }
  const events: ResponseEvent[] =
    before === null || before.stage.at === 'over'
      ? []
      : [didNotHelp(before, `${actor.name} chose ${kind} instead`, now)]
  const tried = events.reduce(evolveResponse, before)?.tried ?? []
  const made = chooseByHand(rollout, failing, tried, { choose: kind, by: actor.name, because }, now)
  if ('impossible' in made) return no({ code: 'impossible', detail: made.impossible })
  events.push({ type: 'decision.made', data: { decision: made, at: now } })
  const fill = fillableRole(made, [], actor, rollout.by)
  if ('role' in fill) {
    const data = { role: fill.role, by: actor.name, hash: made.hash, at: now }
    events.push({ type: 'approval.given', data })
  }
  const after = events.reduce(evolveResponse, before)
  invariant(after !== null, 'a choice does not end a response')
  return yes([...events, ...beginIfApproved(emergency, after, now)])
}

function decideAnew(
  emergency: Emergency,
  state: ResponseState,
  now: Instant,
): readonly ResponseEvent[] {
  const decision = choose(emergency.rollout, emergency.failing, state?.tried ?? [], now)
  const made = { type: 'decision.made', data: { decision, at: now } } as const
  const after = evolveResponse(state, made)
  invariant(after !== null, 'a decision opens a response')
  return [made, ...beginIfApproved(emergency, after, now)]
}

/** Begins what was decided, once every yes that it needs is there. */
export function beginIfApproved(
  emergency: Emergency,
  state: Response,
  now: Instant,
): readonly ResponseEvent[] {
  const { decision, approvals, stage, tried } = state
  if (stage.at !== 'asking' || missingApprovals(decision, approvals).length > 0) return []
  const { rollout } = emergency
  const plan = [...mitigationPlan(rollout, decision, tried)]
  // A hold would only leave users where they are: then what acts is not given up for being slow.
  const isReplaceable = nextDecision(emergency, state, now).choose !== 'hold'
  const until = isReplaceable ? now + mitigationWithin(rollout, decision) : null
  const authority = sayAuthority(decision, state, rollout, now)
  const data = { choose: decision.choose, plan, authority, until, at: now }
  return [{ type: 'mitigation.began', data }, ...tickPlan(planned(plan, now), now)]
}

function sayAuthority(decision: Decision, state: Response, rollout: Rollout, now: Instant): string {
  if (state.approvals.length > 0) {
    return state.approvals.map(({ role, by }) => `${by} as ${role}`).join(', ')
  }
  if (decision.by !== 'tree') return `${decision.by} chose it`
  const { because } = creditFor(decision.choose, rollout.strategy, now)
  return `the strategy lets it act alone: ${because}`
}
