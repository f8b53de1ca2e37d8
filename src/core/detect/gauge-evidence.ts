import type { Instant, Millis } from '../kernel/instant.ts'
import { MINUTE } from '../kernel/instant.ts'
import type { Metric } from '../strategy/schema.ts'
import { coldStart } from './cold-start.ts'
import type { Arm } from './reading.ts'
import type { ArmNoise } from './statistics/hierarchical-binomial.ts'
import { logAdd } from './statistics/log-space.ts'
import {
  addDifference,
  guardedMeanLogE,
  type MeanDifference,
  type MeanSetting,
  NO_DIFFERENCES,
} from './statistics/mean-difference.ts'

/** Samples of the two arms that are further apart than this say nothing about each other. */
const SKEW_MAX: Millis = MINUTE
/** Three standard deviations of the lasting difference between healthy hosts count as no difference. */
const NOISE_SIGMAS = 3
/** Half of the evidence per direction where both are bad. */
const HALF = Math.log(0.5)
/**
 * The normal approximation behind the test needs 20 pairs, and is tightest at about 100; `alpha` only
 * says for which threshold that is.
 */
export const GAUGE_TEST: Omit<MeanSetting, 'tolerance'> = {
  tightestAt: 100,
  alpha: 0.01,
  minTicks: 20,
}

type Direction = NonNullable<Metric['direction']>

interface Sample {
  readonly at: Instant
  readonly mean: number
}

/** What an arm showed so far, enough for its mean and its spread. */
export interface Spread {
  readonly n: number
  readonly sum: number
  readonly squares: number
}

/** What a group's gauge says: the differences of the arms, pair of samples by pair of samples. */
export interface GaugeEvidence {
  readonly kind: 'gauge'
  readonly direction: Direction
  /** The newest sample of each arm that was not compared yet. */
  readonly waiting: Readonly<Record<Arm, Sample | null>>
  readonly seen: Readonly<Record<Arm, Spread>>
  /** The control before this group. */
  readonly before: Spread
  /** Candidate minus control. */
  readonly apart: MeanDifference
  /** Candidate minus the most that is tolerated, and the least that is tolerated minus candidate. */
  readonly over: MeanDifference
  readonly under: MeanDifference
}

const NEVER: Spread = { n: 0, sum: 0, squares: 0 }

export function newGaugeEvidence(direction: Direction, before: Spread = NEVER): GaugeEvidence {
  return {
    kind: 'gauge',
    direction,
    waiting: { candidate: null, control: null },
    seen: { candidate: NEVER, control: NEVER },
    before,
    apart: NO_DIFFERENCES,
    over: NO_DIFFERENCES,
    under: NO_DIFFERENCES,
  }
}

/** Takes in a sample of one arm. A newer one takes the place of one that found no partner. */
export function tookSample(evidence: GaugeEvidence, arm: Arm, sample: Sample): GaugeEvidence {
  const { n, sum, squares } = evidence.seen[arm]
  const { mean } = sample
  const more = { n: n + 1, sum: sum + mean, squares: squares + mean ** 2 }
  return {
    ...evidence,
    waiting: { ...evidence.waiting, [arm]: sample },
    seen: { ...evidence.seen, [arm]: more },
  }
}

/** What is known when two samples are compared. */
export interface PairSetting {
  readonly tolerance: number
  /** In the gauge's own unit. */
  readonly allow: number
  readonly age: Millis
  readonly bake: Millis
  readonly noise: ArmNoise
}

/** Compares the arms once both have shown a new value; unchanged until then. */
export function growGaugeEvidence(before: GaugeEvidence, setting: PairSetting): GaugeEvidence {
  const { candidate, control } = before.waiting
  if (candidate === null || control === null) return before
  const waiting = { candidate: null, control: null }
  if (Math.abs(candidate.at - control.at) > SKEW_MAX) {
    // The newer one may still find its partner.
    const newer = candidate.at > control.at ? { ...waiting, candidate } : { ...waiting, control }
    return { ...before, waiting: newer }
  }
  const { age, bake } = setting
  const { highest, lowest } = tolerable(control.mean, setting, coldStart('gauge', age, bake, null))
  return {
    ...before,
    waiting,
    apart: addDifference(before.apart, candidate.mean - control.mean),
    over: addDifference(before.over, candidate.mean - highest),
    under: addDifference(before.under, lowest - candidate.mean),
  }
}

/**
 * Between which values a healthy candidate may be: what the strategy tolerates, and at least what hosts
 * differ by. `widened` is the factor by which a cold start is forgiven. A share of the size, so that
 * a gauge may be negative.
 */
export function tolerable(
  control: number,
  { tolerance, allow, noise }: Pick<PairSetting, 'tolerance' | 'allow' | 'noise'>,
  widened = 1,
): { readonly highest: number; readonly lowest: number } {
  const ratio = Math.max(tolerance, Math.exp(NOISE_SIGMAS * noise.hosts)) * widened
  const size = Math.abs(control)
  return {
    highest: control + (ratio - 1) * size + allow,
    lowest: control - (1 - 1 / ratio) * size - allow,
  }
}

/** ln E; 0 before 20 pairs. */
export function gaugeLogE({ direction, over, under }: GaugeEvidence): number {
  const setting = { ...GAUGE_TEST, tolerance: 0 }
  if (direction === 'increase') return guardedMeanLogE(over, setting)
  if (direction === 'decrease') return guardedMeanLogE(under, setting)
  return logAdd(HALF + guardedMeanLogE(over, setting), HALF + guardedMeanLogE(under, setting))
}

/** What the control showed, before this group and in it. */
export function controlSeen({ before, seen }: GaugeEvidence): Spread {
  return {
    n: before.n + seen.control.n,
    sum: before.sum + seen.control.sum,
    squares: before.squares + seen.control.squares,
  }
}
