import type { z } from 'zod'
import type { Instant } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import type { Progress } from '../step/plan.ts'
import type { Route } from '../step/step.ts'
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
      readonly for: 'turn' | 'window' | 'promote'
      readonly until: Instant | null
    }
  | { readonly at: 'opening'; readonly index: number; readonly progress: Progress }
  | {
      readonly at: 'baking'
      readonly index: number
      readonly since: Instant
      readonly healthySince: Instant | null
      readonly verdict: Verdict | null
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
  /**
   * The group whose share the candidate has, and the opening at which its evidence began. It is
   * watched until the next group's share is seen or something fails; null while nothing is judged.
   */
  readonly watched: { readonly index: number; readonly opening: number } | null
  /** How often a person was reminded of what waits for them, and when last. */
  readonly reminded: { readonly times: number; readonly at: Instant }
  /** The last share that the router was asked for. */
  readonly route: Route | null
  readonly endedAt: Instant | null
  /** What the groups came to, in order of opening. */
  readonly groups: readonly GroupRecord[]
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

/** The name of what is watched now: evidence of anything else is not this group's. Null: nothing is judged. */
export function watchOf(rollout: Rollout): string | null {
  const { watched } = rollout
  return watched === null ? null : `${watched.index}/${watched.opening}`
}
