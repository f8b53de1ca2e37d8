import { LOG_ZERO, logAdd, logOf, logSum } from './log-space.ts'

/**
 * An e-process that does not know when the trouble began: a mixture over alternatives and over
 * moments of onset. `waiting` is the share of the bet that is still to be placed on a later onset.
 */
export interface OnsetMixture {
  /** ln M_j per alternative: what the bets already placed on it are worth. */
  readonly logM: readonly number[]
  readonly waiting: number
}

export function newOnsetMixture(alternatives: number): OnsetMixture {
  return { logM: Array.from({ length: alternatives }, () => LOG_ZERO), waiting: 1 }
}

/**
 * Places `stake` of the bet on "it began before this slice" and lets every placed bet grow by the
 * slice's log likelihood ratio: M_j(t) = (M_j(t−1) + γ_t)·L_j(t). A single bet at the start would
 * have lost nearly all by the time a late regression begins. Source: Shin, Ramdas & Rinaldo,
 * NEJSDS 2024 (2203.03532).
 */
export function grow(mixture: OnsetMixture, stake: number, logL: readonly number[]): OnsetMixture {
  const placed = Math.min(Math.max(stake, 0), mixture.waiting)
  const logStake = logOf(placed)
  return {
    logM: mixture.logM.map((value, j) => logAdd(value, logStake) + (logL[j] ?? 0)),
    waiting: mixture.waiting - placed,
  }
}

/** ln E_t = ln( Σ w_j M_j + waiting ); `weights` sum to one. */
export function logEvidence(mixture: OnsetMixture, weights: readonly number[]): number {
  const placed = logSum(mixture.logM.map((value, j) => value + logOf(weights[j] ?? 0)))
  return logAdd(placed, logOf(mixture.waiting))
}
