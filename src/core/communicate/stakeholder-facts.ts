import type { Instant } from '../kernel/instant.ts'
import type { MitigationKind } from '../words/mitigation-kind.ts'
import type { MessageKind } from './incident.ts'
import type { Situation } from './situation.ts'

/** What went wrong, without the names of the things that measured it. */
export type Trouble =
  | 'errors'
  | 'slow answers'
  | 'errors and slow answers'
  | 'a failed test'
  | 'it did not start'
  | 'no measurements'
  | 'poor health'
  | 'an order to stop'
  | 'an alert'
  | 'reports of users'

/** Why a message is written although the situation did not change. */
export type Occasion =
  | {
      readonly is: 'overdue'
      readonly for: 'answer' | 'pause' | 'promote' | 'bypass'
      readonly since: Instant
    }
  | { readonly is: 'undelivered'; readonly audience: string; readonly given: 'up' | 'not-yet' }
  | { readonly is: 'unchanged'; readonly since: Instant }

/**
 * All that a message to stakeholders may be made of: the release, the group, shares, roles and
 * the way out, but no host, stack, metric, person, address or figure of the evidence.
 */
export interface StakeholderFacts {
  readonly kind: MessageKind
  readonly service: string
  readonly rollout: string
  readonly release: string
  /** The release that served before; null on a first release. */
  readonly before: string | null
  readonly group: string | null
  readonly trouble: Trouble
  readonly situation: Situation['name']
  readonly isOver: boolean
  /** Buckets of 10,000 that have the release now or, once it halted, had it then. */
  readonly share: number
  /** What the router was last asked to send to the release. */
  readonly shareAsked: number
  /** Whether all traffic was seen back on what served before. */
  readonly isBack: boolean
  readonly way: MitigationKind | null
  readonly missing: readonly { readonly role: string; readonly count: number }[]
  /** Until when the missing yeses, or a person's decision, are waited for. */
  readonly waitsUntil: Instant | null
  readonly steps: { readonly seen: number; readonly of: number } | null
  /** The sentence that the stakeholders approve with a bypass. */
  readonly usersLose: string | null
  readonly bypassUntil: Instant | null
  /** Ways out that were taken or offered before and did not end it. */
  readonly tried: readonly MitigationKind[]
  readonly occasion: Occasion | null
  readonly now: Instant
  readonly nextUpdateAt: Instant | null
}
