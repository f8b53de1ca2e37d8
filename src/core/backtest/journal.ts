import type { Poll } from '../detect/reading.ts'
import type { WatchState } from '../detect/watch-state.ts'
import type { Instant } from '../kernel/instant.ts'
import type { VerdictKind } from '../words/verdict.ts'

/**
 * What detection was told about one rollout, in the order in which it was told: enough to live it
 * through again, look by look. Routes are left out, for no verdict depends on them.
 */
export type JournalEntry =
  /** A group began to be watched, or went on to be after a restart, from this state. */
  | {
      readonly kind: 'opened'
      readonly at: Instant
      readonly group: string
      readonly state: WatchState
    }
  /** A source answered. */
  | { readonly kind: 'heard'; readonly at: Instant; readonly poll: Poll }
  /** A source was taken to be failing. */
  | {
      readonly kind: 'failed'
      readonly at: Instant
      readonly source: string
      readonly because: string
    }
  /** The verdict became another one. */
  | { readonly kind: 'judged'; readonly at: Instant; readonly verdict: VerdictKind }

/** The rollout that a journal is of. */
export interface JournalHead {
  readonly rollout: string
  readonly workload: string
  readonly release: string
}

/** A journal that was read back. */
export interface Journal {
  readonly head: JournalHead
  readonly entries: readonly JournalEntry[]
}
