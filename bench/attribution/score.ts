import { HOUR, type Instant } from '../../src/core/kernel/instant.ts'
import type { World } from './world.ts'

/** A detector's word on a rollout, the first time it said it. */
export interface Accusation {
  readonly rollout: string
  readonly at: Instant
}

/** How a detector did over one or more worlds. */
export interface Score {
  readonly accused: number
  readonly right: number
  readonly bad: number
  readonly found: number
  /** From the first fault of each bad rollout that was found, sorted. */
  readonly hours: readonly number[]
  /** Nodes that had the bad release when it was found, sorted. */
  readonly updated: readonly number[]
}

/** Bad rollouts that caused no fault within the world cannot be found, and are not asked for. */
export function scoreOf(
  { bad, placements }: Pick<World, 'bad' | 'placements'>,
  accusations: readonly Accusation[],
): Score {
  const culprits = new Map(bad.map((one) => [one.rollout, one.firstFaultAt]))
  const visible = [...culprits.values()].filter((at) => at !== null).length
  const right = accusations.filter(({ rollout }) => culprits.has(rollout))
  const found = right.filter(({ rollout }) => (culprits.get(rollout) ?? null) !== null)
  return {
    accused: accusations.length,
    right: right.length,
    bad: visible,
    found: found.length,
    hours: ascending(found.map(({ rollout, at }) => (at - (culprits.get(rollout) ?? at)) / HOUR)),
    updated: ascending(
      found.map(
        ({ rollout, at }) =>
          placements.filter((one) => one.rollout === rollout && one.at <= at).length,
      ),
    ),
  }
}

export function together(scores: readonly Score[]): Score {
  const sum = (of: (score: Score) => number) => scores.reduce((total, one) => total + of(one), 0)
  return {
    accused: sum(({ accused }) => accused),
    right: sum(({ right }) => right),
    bad: sum(({ bad }) => bad),
    found: sum(({ found }) => found),
    hours: ascending(scores.flatMap(({ hours }) => hours)),
    updated: ascending(scores.flatMap(({ updated }) => updated)),
  }
}

/** Of those accused, how many were bad. Nobody accused is nobody accused wrongly. */
export function precisionPct({ accused, right }: Score): number {
  return accused === 0 ? 100 : (100 * right) / accused
}

export function recallPct({ bad, found }: Score): number {
  return bad === 0 ? 100 : (100 * found) / bad
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

/** The value below which this share of the sorted values lies. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

function ascending(values: readonly number[]): readonly number[] {
  return values.toSorted((a, b) => a - b)
}
