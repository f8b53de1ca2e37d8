import type { z } from 'zod'
import type { HealthBook } from '../health/news.ts'
import type { Instant } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import type { Signal } from '../signal/signal.ts'
import type { Progress } from '../step/plan.ts'
import type { Route } from '../step/step.ts'
import type { AlertEffect } from '../strategy/alerts.ts'
import type { Group } from '../strategy/schema.ts'
import type { Verdict } from '../words/verdict.ts'
import type { rolloutEvents } from './events.ts'
import type { Failing } from './failing.ts'

type Started = z.output<(typeof rolloutEvents)['rollout.started']>
export type Baseline = Omit<z.output<(typeof rolloutEvents)['rollout.baseline-captured']>, 'at'>

/**
 * Where a rollout stands.
 *
 * - `preparing`: nothing was changed yet; the whole state is being captured.
 * - `waiting`: the group at `index` may be opened at `until` (null: when a person promotes it).
 * - `opening`: the group's plan is under way: start the candidate, test it, route the share.
 * - `baking`: the share was seen; evidence grows. `healthySince` begins the unbroken stretch.
 * - `halted`: something failed. Nothing grows until a person resumes.
 * - `completed`, `ended`: nothing happens any more.
 */
export type Stage =
  | { readonly at: 'preparing'; readonly tries: number; readonly retryAt: Instant | null }
  | {
      readonly at: 'waiting'
      readonly index: number
      readonly for: 'turn' | 'window' | 'promote' | 'signals'
      readonly until: Instant | null
    }
  | { readonly at: 'opening'; readonly index: number; readonly progress: Progress }
  | {
      readonly at: 'baking'
      readonly index: number
      readonly since: Instant
      readonly healthySince: Instant | null
      readonly verdict: Verdict | null
      /** The latest round of tests since the share was seen; null before the first. */
      readonly tests: {
        readonly round: 'exposed' | 'baked'
        readonly begunAt: Instant
        readonly progress: Progress
      } | null
    }
  | {
      readonly at: 'halted'
      readonly index: number
      readonly failing: Failing
      readonly haltedAt: Instant
      /**
       * True when the group's share was seen and no mitigation has begun to take it back, so that
       * resuming goes on baking; otherwise the group is opened anew.
       */
      readonly exposed: boolean
    }
  | { readonly at: 'completed'; readonly because: string }
  | {
      readonly at: 'ended'
      readonly outcome: 'mitigated' | 'not-mitigated' | 'superseded'
      readonly because: string
    }

export interface Rollout extends Started {
  readonly baseline: Baseline | null
  readonly stage: Stage
  readonly paused: { readonly by: string; readonly because: string; readonly at: Instant } | null
  /** How often a group was opened or baked anew; makes names of steps and watches unique. */
  readonly openings: number
  /** How many rounds of tests were begun after exposure; makes names of their steps unique. */
  readonly testings: number
  /**
   * The group whose share the candidate has, and the opening at which its evidence began. It is
   * watched until the next group's share is seen or something fails; null while nothing is judged.
   */
  readonly watched: {
    readonly index: number
    readonly opening: number
    /** Shadow metrics of which it was recorded that they would have halted this group. */
    readonly shadows?: readonly string[]
  } | null
  /** How often a person was reminded of what waits for them, and when last. */
  readonly reminded: { readonly times: number; readonly at: Instant }
  /** The last share that the router was asked for. */
  readonly route: Route | null
  /** Every share that users were given, oldest first: a signal counts in the group that was exposed when it began. */
  readonly exposures: readonly Exposure[]
  /** What was heard from outside about this rollout, oldest first. */
  readonly signals: readonly HeldSignal[]
  /** Users who reported trouble, each once. */
  readonly reports: readonly Reported[]
  /** The sources that promised to be heard again and again; one that is missing was not listened for yet. */
  readonly sources: Readonly<Record<string, Hearing>>
  /** How everything was last told to be for users of the candidate. */
  readonly health: HealthBook
  readonly endedAt: Instant | null
  /** What the groups came to, in order of opening. */
  readonly groups: readonly GroupRecord[]
}

/** A share that the router was asked for, and the group it was for. */
export interface Exposure {
  readonly index: number
  readonly buckets: number
  readonly at: Instant
}

/** A signal as the rollout remembers it. */
export type HeldSignal = Omit<Signal, 'labels' | 'summary'> & {
  /** What it does while it fires: that of its severity, or `record` where it began before the exposure. */
  readonly effect: AlertEffect
  /** The group in which it counts; null when it counts in none. */
  readonly group: string | null
}

/** So many reports on one rollout are not read one by one any more. */
export const REPORTS_MAX = 1_000

/** One user who reported trouble, and what they had. */
export interface Reported {
  /** A hash: who it was is nobody's business later. */
  readonly reporter: string
  readonly arm: 'candidate' | 'control' | 'unknown'
}

/** Whether a source that promised a heartbeat keeps its promise. */
export interface Hearing {
  readonly isHeard: boolean
  /** The sentence that says since when. */
  readonly because: string
}

/** Null: nobody has started this rollout. */
export type RolloutState = Rollout | null

export interface GroupRecord {
  readonly name: string
  readonly index: number
  readonly openedAt: Instant
  readonly verdict: Verdict | null
  readonly passed: boolean
}

/** The stack that receives the candidate: the one that does not serve. */
export function candidateStack(rollout: Rollout): string {
  const [first, second] = rollout.strategy.workload.stacks
  return rollout.baseline?.serving === first ? second : first
}

/** The stack that serves now; on a first release, the other one, which is empty. */
export function controlStack(rollout: Rollout): string {
  const [first, second] = rollout.strategy.workload.stacks
  return candidateStack(rollout) === first ? second : first
}

/** The first release of a workload has nothing to be compared with and nothing to go back to. */
export function isFirstRelease(rollout: Rollout): boolean {
  return rollout.baseline !== null && rollout.baseline.serving === null
}

export function groupAt(rollout: Rollout, index: number): Group {
  const group = rollout.strategy.exposure.groups[index]
  invariant(group !== undefined, `there is no group ${index}`)
  return group
}

/** The component that receives the users' traffic. */
export function routedComponent(rollout: Rollout): string {
  const { traffic, workload } = rollout.strategy
  const named = traffic.driver === 'builtin' ? traffic.component : undefined
  return named ?? workload.components[0]?.name ?? ''
}

/** The name of what is watched now: evidence of anything else is not this group's. Null: nothing is judged. */
export function watchOf(rollout: Rollout): string | null {
  const { watched } = rollout
  return watched === null ? null : `${watched.index}/${watched.opening}`
}
