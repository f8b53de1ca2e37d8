import { type Approval, missingApprovals } from '../decide/approvals.ts'
import type { Decision } from '../decide/decision.ts'
import type { Tried } from '../decide/ways-out.ts'
import { DAY, type Instant, MINUTE, type Millis } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { evolvePlan, type Progress, planned } from '../step/plan.ts'
import type { MitigationKind } from '../words/mitigation-kind.ts'
import type { ResponseEvent } from './events.ts'

/**
 * Where the answer to a halt stands.
 *
 * - `asking`: a way out was chosen; the approvals it needs are not all there.
 * - `acting`: its plan is under way; at `until` the next branch is taken, if there is one.
 * - `in-effect`: it was seen to help. A bypass has an end (`until`), then it is decided anew.
 * - `holding`: a person decides or builds a fix; at `until` the next branch is taken, or they are reminded.
 * - `over`: it was rejected, did not help or ran out; the next decision follows in the same append,
 *   unless the rollout has ended.
 */
export type ResponseStage =
  | { readonly at: 'asking'; readonly since: Instant; readonly until: Instant }
  | {
      readonly at: 'acting'
      readonly progress: Progress
      readonly since: Instant
      readonly until: Instant | null
    }
  | {
      readonly at: 'in-effect'
      readonly choose: MitigationKind
      readonly until: Instant | null
      readonly since: Instant
    }
  | { readonly at: 'holding'; readonly since: Instant; readonly until: Instant }
  | { readonly at: 'over'; readonly since: Instant }

export interface Response {
  readonly decision: Decision
  readonly approvals: readonly Approval[]
  readonly stage: ResponseStage
  readonly tried: readonly Tried[]
  /** How often people were reminded of this decision. */
  readonly reminders: number
}

/** Null: nothing has failed. */
export type ResponseState = Response | null

/** A person who said nothing in this time is reminded; each further reminder waits twice as long. */
const HOLD_REMIND_MS = 30 * MINUTE
/** A reminder that comes less than daily is about something that everybody has forgotten. */
const REMIND_MAX_MS = DAY

export function evolveResponse(state: ResponseState, event: ResponseEvent): ResponseState {
  if (event.type === 'decision.made') {
    const { decision, at } = event.data
    const asking = { at: 'asking', since: at, until: at + decision.approveWithinMs } as const
    const stage = isForPeople(decision, []) ? holding(decision, at) : asking
    return { decision, approvals: [], stage, tried: state?.tried ?? [], reminders: 0 }
  }
  invariant(state !== null, `'${event.type}' before a decision`)
  switch (event.type) {
    case 'approval.given': {
      const approvals = [...state.approvals, event.data]
      const { decision } = state
      const stage = isForPeople(decision, approvals)
        ? holding(decision, event.data.at)
        : state.stage
      return { ...state, approvals, stage }
    }
    case 'approval.overdue': {
      const { stage } = state
      if (stage.at !== 'asking' && stage.at !== 'holding') return state
      const reminders = state.reminders + 1
      const until = event.data.at + remindAfter(state, state.reminders)
      return { ...state, reminders, stage: { ...stage, until } }
    }
    case 'approval.rejected':
      return over(state, `${event.data.by} rejected it: ${event.data.because}`, event.data.at)
    case 'mitigation.did-not-help':
    case 'mitigation.expired':
      return over(state, event.data.because, event.data.at)
    case 'mitigation.began': {
      const { plan, until, at } = event.data
      return { ...state, stage: { at: 'acting', progress: planned(plan, at), since: at, until } }
    }
    case 'mitigation.took-effect': {
      const { choose, until, at } = event.data
      return { ...state, stage: { at: 'in-effect', choose, until, since: at } }
    }
    case 'step.began':
    case 'step.failed':
    case 'step.seen': {
      if (state.stage.at !== 'acting') return state
      return {
        ...state,
        stage: { ...state.stage, progress: evolvePlan(state.stage.progress, event) },
      }
    }
  }
}

/** Rarer each time: whoever reads the tenth reminder in a row reads none of them. */
function remindAfter({ decision }: Response, before: number): Millis {
  const first = Math.max(decision.approveWithinMs, HOLD_REMIND_MS)
  return Math.max(first, Math.min(first * 2 ** before, REMIND_MAX_MS))
}

/** Whether nothing is left to do but to wait for people: they decide, or they build the approved fix. */
function isForPeople(decision: Decision, given: readonly Approval[]): boolean {
  if (decision.choose === 'hold') return true
  return decision.choose === 'hotfix' && missingApprovals(decision, given).length === 0
}

function holding(decision: Decision, at: Instant): ResponseStage {
  return { at: 'holding', since: at, until: at + decision.holdForMs }
}

function over(state: Response, because: string, at: Instant): Response {
  const { branch, choose } = state.decision
  const tried = [...state.tried, { branch, choose, because }]
  return { ...state, tried, stage: { at: 'over', since: at } }
}
