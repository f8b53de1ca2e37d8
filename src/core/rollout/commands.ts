import type { DriverFailure } from '../kernel/failure.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Signal } from '../signal/signal.ts'
import type { StepRefusal } from '../step/plan.ts'
import type { Strategy } from '../strategy/schema.ts'
import type { EntityHealth } from '../words/health.ts'
import type { TestOutcome } from '../words/test-outcome.ts'
import type { Verdict } from '../words/verdict.ts'
import type { Baseline } from './state.ts'

export interface StartRollout {
  readonly type: 'start'
  readonly id: string
  readonly release: string
  readonly strategy: Strategy
  readonly strategyDigest: string
  readonly by: string
  readonly hotfixFor: string | null
  readonly now: Instant
}

export interface StepReport {
  readonly step: string
  readonly attempt: number
  /** What became of the test, when the step is one. */
  readonly test?: TestOutcome
}

export type RolloutCommand =
  | StartRollout
  | { readonly type: 'capture-baseline'; readonly baseline: Baseline; readonly now: Instant }
  | {
      readonly type: 'report-baseline-unknown'
      readonly failure: DriverFailure
      readonly now: Instant
    }
  /** Time went by: whatever is due by itself is done. */
  | { readonly type: 'tick'; readonly now: Instant }
  | (StepReport & {
      readonly type: 'report-seen'
      readonly evidence: string
      readonly now: Instant
    })
  | (StepReport & {
      readonly type: 'report-failure'
      readonly failure: DriverFailure
      readonly now: Instant
    })
  /** The evidence of one watch was looked at. `routes` are those that fail most, worst first. */
  | {
      readonly type: 'judge'
      /** What was watched; a look at anything but the present watch says nothing about it. */
      readonly watch: string
      readonly verdict: Verdict
      readonly routes: readonly string[]
      /** How everything is by this look; absent where only the verdict was looked at. */
      readonly health?: readonly EntityHealth[]
      readonly now: Instant
    }
  | {
      readonly type: 'report-reasserted'
      readonly seen: number
      readonly wanted: number
      readonly evidence: string
      readonly now: Instant
    }
  /** Something outside said something about this rollout. */
  | { readonly type: 'take-signal'; readonly signal: Signal; readonly now: Instant }
  /** The sources that promised to be heard again and again: when each was heard last, null for never. */
  | {
      readonly type: 'listen'
      readonly heard: Readonly<Record<string, Instant | null>>
      readonly now: Instant
    }
  | { readonly type: 'pause'; readonly by: string; readonly because: string; readonly now: Instant }
  | {
      readonly type: 'resume'
      readonly by: string
      readonly because: string
      readonly now: Instant
    }
  | { readonly type: 'promote'; readonly by: string; readonly now: Instant }
  /** A person says stop and go back. */
  | { readonly type: 'abort'; readonly by: string; readonly because: string; readonly now: Instant }

export interface RolloutRefusal {
  readonly code:
    | StepRefusal
    | 'already-started'
    | 'not-found'
    | 'already-over'
    | 'already-paused'
    | 'paused'
    | 'not-paused'
    | 'halted'
    | 'already-halted'
    | 'nothing-to-promote'
    | 'not-measured'
    | 'borrowed-evidence'
    | 'not-preparing'
    | 'too-many-signals'
  /** What stands in the way, for the person who asked. */
  readonly detail?: string
}
