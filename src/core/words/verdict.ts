import { z } from 'zod'

/**
 * What detection makes of the evidence. The five are never merged: only `pass` promotes, only
 * `fail` halts, and the other three say in which way we do not know.
 */
export const VerdictKind = z.enum(['pass', 'fail', 'inconclusive', 'error', 'no-data'])
export type VerdictKind = z.output<typeof VerdictKind>

/** One arm of a metric in numbers. */
const ArmNumbers = z.object({
  /** Requests; samples of a gauge. */
  n: z.number(),
  /** Those that failed, or were slower than the edge that is compared; 0 for a gauge. */
  events: z.number(),
  /** A gauge's mean, in its own unit. */
  mean: z.number().optional(),
})
export type ArmNumbers = z.output<typeof ArmNumbers>

/** How much worse the candidate is, with an interval that holds at every look. */
const Effect = z.object({
  /**
   * `times-as-many` errors and `times-as-slow` at a quantile are ratios candidate / control;
   * `more-by` is the difference of a gauge's means, in its own unit.
   */
  measure: z.enum(['times-as-many', 'times-as-slow', 'more-by']),
  /** Of `times-as-slow`: which one, 0.99 for p99. */
  quantile: z.number().optional(),
  estimate: z.number().nullable(),
  low: z.number(),
  /** Null while nothing bounds it. */
  high: z.number().nullable(),
  /** The chance that the interval holds the truth at all looks together, 0.95. */
  confidence: z.number(),
})
export type Effect = z.output<typeof Effect>

/** One metric's share in a verdict, with the numbers a person would ask for. */
export const MetricEvidence = z.object({
  metric: z.string(),
  verdict: VerdictKind,
  because: z.string(),
  candidate: ArmNumbers,
  control: ArmNumbers,
  /** Estimated ratio candidate / control; null while it cannot be told. */
  ratio: z.number().nullable(),
  /** Null while nothing can be said; absent in what was recorded before intervals were. */
  effect: Effect.nullable().optional(),
  /** The smallest effect, in the same measure, that would have been noticed by now in about every second case. */
  detectable: z.number().nullable().optional(),
  /** Natural logarithm of the e-value; the test fires at ln(1/alpha). */
  logE: z.number(),
  logEToFire: z.number(),
  /** The source's own time of the candidate's newest sample in it; null while there is none, absent in older records. */
  asOf: z.int().nullable().optional(),
  /** Of a shadow metric: when it would have halted the rollout, or null. Absent for one that acts. */
  shadow: z.object({ wouldHaveHaltedAt: z.int().nullable() }).optional(),
})
export type MetricEvidence = z.output<typeof MetricEvidence>

export const Verdict = z.object({
  kind: VerdictKind,
  because: z.string(),
  /** Requests that the candidate served in this group so far. */
  exposed: z.number().int().nonnegative(),
  evidence: z.array(MetricEvidence),
})
export type Verdict = z.output<typeof Verdict>
