import type { ApprovalRefusal } from '../decide/approvals.ts'
import type { DriverFailure } from '../kernel/failure.ts'
import type { Instant } from '../kernel/instant.ts'
import type { StepRefusal } from '../step/plan.ts'
import type { Actor } from '../words/actor.ts'

/** A person takes a way out themselves, over the tree's. */
export interface ChooseByHand {
  readonly type: 'choose'
  readonly choose: 'fallback' | 'rollback'
  readonly actor: Actor
  readonly because: string
  readonly now: Instant
}

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
      /** Of the decision that was read: a yes is never for another one. */
      readonly hash: string
      readonly now: Instant
    }
  | {
      readonly type: 'reject'
      readonly actor: Actor
      readonly because: string
      readonly now: Instant
    }
  | ChooseByHand

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
