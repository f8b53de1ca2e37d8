import type { Warming } from './cold-start.ts'
import { USUAL_NOISE } from './statistics/calibrate-noise.ts'
import type { ArmNoise } from './statistics/hierarchical-binomial.ts'

/**
 * What healthy releases of a workload do without anything being wrong: how much two healthy arms
 * differ in their errors, how a start looks, and how far healthy latencies lie apart.
 */
export interface Habits {
  readonly noise: ArmNoise
  /** By how much the tolerance is widened per stretch of a start; null where no start was seen yet. */
  readonly warming: Warming | null
  /** How many times slower healthy candidates were found to be; 1 when they were not. */
  readonly slower: number
}

/** The habits of a workload of which nothing is known yet. */
export const USUAL_HABITS: Habits = { noise: USUAL_NOISE, warming: null, slower: 1 }
