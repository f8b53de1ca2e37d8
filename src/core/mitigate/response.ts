import type { Approval } from '../decide/approvals.ts'
import type { Decision } from '../decide/decision.ts'
import type { Tried } from '../decide/ways-out.ts'
import type { Instant } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { evolvePlan, type Progress, planned } from '../step/plan.ts'
import type { MitigationKind } from '../words/mitigation-kind.ts'
import type { ResponseEvent } from './events.ts'

/**
 * Where the answer to a halt stands.
 *
 * - `asking`: a way out was chosen; the approvals it needs are not all there.
 * - `acting`: its plan is under way.
 * - `in-effect`: it was seen to help. A bypass has an end (`until`), then it is decided anew.
 * - `holding`: nothing can be done alone; `until` is when the next branch is taken, if any.
 */
export type ResponseStage =
  | { readonly at: 'asking'; readonly since: Instant; readonly until: Instant }
  | { readonly at: 'acting'; readonly progress: Progress; readonly since: Instant }
  | {
      readonly at: 'in-effect'
      readonly choose: MitigationKind
      readonly until: Instant | null
      readonly since: Instant
    }
  | { readonly at: 'holding'; readonly since: Instant; readonly until: Instant }

export interface Response {
  readonly decision: Decision
  readonly approvals: readonly Approval[]
  readonly stage: ResponseStage
  readonly tried: readonly Tried[]
}

/** Null: nothing has failed. */
export type ResponseState = Response | null

/** A person who said nothing in this time is reminded. */
export const HOLD_REMIND_MS = 30 * 60_000

export function evolveResponse(state: ResponseState, event: ResponseEvent): ResponseState {
  if (event.type === 'decision.made') {
    const { decision, at } = event.data
    const until = at + decision.approveWithinMs
    const stage =
      decision.choose === 'hold' || decision.choose === 'hotfix'
        ? ({ at: 'holding', since: at, until } as const)
        : ({ at: 'asking', since: at, until } as const)
    return { decision, approvals: [], stage, tried: state?.tried ?? [] }
  }
  invariant(state !== null, `'${event.type}' before a decision`)
  switch (event.type) {
    case 'approval.given':
      return { ...state, approvals: [...state.approvals, event.data] }
    case 'approval.overdue': {
      const { stage } = state
      const until = event.data.at + Math.max(state.decision.approveWithinMs, HOLD_REMIND_MS)
      return stage.at === 'asking' || stage.at === 'holding'
        ? { ...state, stage: { ...stage, until } }
        : state
    }
    case 'approval.rejected':
      return withTried(state, `${event.data.by} rejected it: ${event.data.because}`)
    case 'mitigation.did-not-help':
    case 'mitigation.expired':
      return withTried(state, event.data.because)
    case 'mitigation.began': {
      const { plan, at } = event.data
      return { ...state, stage: { at: 'acting', progress: planned(plan, at), since: at } }
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

function withTried(state: Response, because: string): Response {
  const { branch, choose } = state.decision
  return { ...state, tried: [...state.tried, { branch, choose, because }] }
}
