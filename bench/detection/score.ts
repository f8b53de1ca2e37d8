import { rateUpperBound } from './clopper-pearson.ts'
import type { DetectorKind } from './detector.ts'
import { limitSeconds } from './limit.ts'
import type { Outcome } from './play.ts'
import { BAKE_MS, type World } from './world.ts'

const BAKE_SECONDS = BAKE_MS / 1000

/** What one detector did in one world, over many rollouts. Seconds, and shares in per cent. */
export interface Score {
  readonly world: string
  readonly detector: string
  readonly rollouts: number
  /** Rollouts stopped although nothing was wrong yet. */
  readonly falseAlarms: number
  readonly falseAlarmPct: number
  /** The rate that so few false alarms rule out at 95 % (one-sided, exact). */
  readonly falseAlarmUpperPct: number
  /** The rest is null in a healthy world. */
  readonly detectedPct: number | null
  /** From the onset; a rollout that was never stopped counts with all the time that was left. */
  readonly meanSeconds: number | null
  readonly p95Seconds: number | null
  /** The least mean that is possible for what the detector is asked; null if it is asked to forgive all of it. */
  readonly limitSeconds: number | null
  readonly overLimit: number | null
  /** The mean against that of the sequential test which knows the truth; null where it did not take part. */
  readonly overSprt: number | null
  readonly extraFailures: number | null
}

/** Adds up outcomes. */
export function scoreOf(
  world: World,
  { name, forgives }: Pick<DetectorKind, 'name' | 'forgives'>,
  outcomes: readonly Outcome[],
): Score {
  const { fault } = world
  const onset = fault?.fromSeconds ?? Number.POSITIVE_INFINITY
  const early = outcomes.filter(({ firedAt }) => firedAt !== null && firedAt <= onset)
  const rollouts = outcomes.length
  const counted = {
    world: world.name,
    detector: name,
    rollouts,
    falseAlarms: early.length,
    falseAlarmPct: percent(early.length, rollouts),
    falseAlarmUpperPct: 100 * rateUpperBound(early.length, rollouts),
  }
  if (fault === null) return { ...counted, ...NOTHING_TO_FIND }
  const judged = outcomes.filter(({ firedAt }) => firedAt === null || firedAt > onset)
  const delays = judged.map(({ firedAt }) => (firedAt ?? BAKE_SECONDS) - onset)
  const limit = limitSeconds(world, forgives)
  const mean = meanOf(delays)
  return {
    ...counted,
    detectedPct: percent(judged.filter(({ firedAt }) => firedAt !== null).length, judged.length),
    meanSeconds: mean,
    p95Seconds: quantile(delays, 0.95),
    limitSeconds: limit,
    overLimit: limit === null ? null : mean / limit,
    overSprt: null,
    extraFailures: meanOf(judged.map(({ extraFailures }) => extraFailures)),
  }
}

const NOTHING_TO_FIND = {
  detectedPct: null,
  meanSeconds: null,
  p95Seconds: null,
  limitSeconds: null,
  overLimit: null,
  overSprt: null,
  extraFailures: null,
} as const

/** Adds to each score how it compares with the oracle's in the same world. */
export function besideOracle(scores: readonly Score[], oracle: string): readonly Score[] {
  const best = new Map(
    scores.flatMap(({ detector, world, meanSeconds }) =>
      detector === oracle ? [[world, meanSeconds] as const] : [],
    ),
  )
  return scores.map((score) => {
    const mean = best.get(score.world) ?? null
    return mean === null || score.meanSeconds === null
      ? score
      : { ...score, overSprt: score.meanSeconds / mean }
  })
}

/** NaN over nothing, so that nothing unmeasured looks measured. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(meanOf(values.map(Math.log)))
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function percent(part: number, all: number): number {
  return (100 * part) / all
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}
