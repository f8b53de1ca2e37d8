import { LOG_ZERO, logAdd, logOf, logSum } from './log-space.ts'
import { noisyBinomial } from './noisy-binomial.ts'
import { RATIO_GRID } from './ratio-grid.ts'
import type { TwoArms } from './two-arms.ts'

/** Half the number of nodes for the hosts' effect; a dense grid, since sparse nodes inflate false alarms. */
const HALF = 16
/** How many standard deviations the nodes span on each side. */
const SPAN = 4
const LOG_RATIOS = RATIO_GRID.map(Math.log)
/** From −1 to 1 in equal steps. */
const PLACES: readonly number[] = Array.from({ length: 2 * HALF + 1 }, (_, i) => (i - HALF) / HALF)

/**
 * How much arms differ for reasons that are nobody's fault, as standard deviations of the log
 * ratio: `hosts` lasts (one machine is simply slower), `moments` passes from window to window.
 */
export interface ArmNoise {
  readonly hosts: number
  readonly moments: number
}

/**
 * `HCB`, the hierarchical conditional binomial: `RateRatio` for a world in which two healthy arms
 * still differ a little. E is a Bayes factor against a null whose log ratio is
 * ln r₀ + u + v, u ~ N(0, hosts²) for ever and v ~ N(0, moments²) per window, so that its promise
 * holds on average over hosts, which is what "false alarms per rollout" means. Source: Bayes
 * factor with random effects over the conditional binomial of `RateRatio`; onsets mixed as in `OnsetMixture`.
 */
export interface HierarchicalBinomial {
  /** ln of the null's likelihood per node of u, with the node's weight, over closed windows. */
  readonly logNull: readonly number[]
  /** ln of what the bets on each grid ratio are worth, over closed windows. */
  readonly logBets: readonly number[]
  readonly waiting: number
  /** The open window: its counts, its share of the bet, and the ratio tolerated in it. */
  readonly open: { readonly counts: TwoArms; readonly stake: number; readonly tolerance: number }
}

const NO_COUNTS: TwoArms = { n1: 0, x1: 0, n0: 0, x0: 0 }

/**
 * What the null believes of the hosts. `worse-or-alike` holds for a candidate that is better than the control
 * too: a host that may be better would be believed to be, and its return to normal would look like a failure.
 */
export type HostBelief = 'worse-or-alike' | 'any'

export function newHierarchicalBinomial(
  stake: number,
  tolerance: number,
  belief: HostBelief,
): HierarchicalBinomial {
  return {
    logNull: prior(belief),
    logBets: RATIO_GRID.map(() => LOG_ZERO),
    waiting: 1,
    open: { counts: NO_COUNTS, stake, tolerance },
  }
}

function prior(belief: HostBelief): readonly number[] {
  const weights = PLACES.map((node) =>
    belief === 'worse-or-alike' && node < 0 ? LOG_ZERO : (-(SPAN ** 2) * node ** 2) / 2,
  )
  const all = logSum(weights)
  return weights.map((weight) => Math.max(LOG_ZERO, weight - all))
}

/**
 * Forgets what was believed of the hosts, as is due when the tolerance changes: what fitted the old
 * one best says nothing about the new one.
 */
export function forgetHosts(state: HierarchicalBinomial, belief: HostBelief): HierarchicalBinomial {
  const all = logSum(state.logNull)
  return { ...state, logNull: prior(belief).map((weight) => Math.max(LOG_ZERO, weight + all)) }
}

/** Adds counts to the open window. */
export function addToWindow(state: HierarchicalBinomial, slice: TwoArms): HierarchicalBinomial {
  const { counts } = state.open
  const sum = {
    n1: counts.n1 + slice.n1,
    x1: counts.x1 + slice.x1,
    n0: counts.n0 + slice.n0,
    x0: counts.x0 + slice.x0,
  }
  return { ...state, open: { ...state.open, counts: sum } }
}

/** Closes the open window and opens the next with its share of the bet and its tolerance. */
export function nextWindow(
  state: HierarchicalBinomial,
  noise: ArmNoise,
  stake: number,
  tolerance: number,
): HierarchicalBinomial {
  return { ...evaluated(state, noise), open: { counts: NO_COUNTS, stake, tolerance } }
}

/** ln E including the open window, which is evaluated afresh at every look; `weights` per grid ratio sum to one. */
export function hierarchicalLogE(
  state: HierarchicalBinomial,
  noise: ArmNoise,
  weights: readonly number[],
): number {
  const { logNull, logBets, waiting } = evaluated(state, noise)
  const fair = logSum(logNull)
  const bets = logSum(logBets.map((bet, j) => bet + logOf(weights[j] ?? 0)))
  return logAdd(bets, logOf(waiting) + fair) - fair
}

function evaluated(
  state: HierarchicalBinomial,
  noise: ArmNoise,
): Omit<HierarchicalBinomial, 'open'> {
  const { counts, tolerance } = state.open
  const { n1, x1, n0, x0 } = counts
  const stake = Math.min(state.open.stake, state.waiting)
  const placed = logOf(stake) + logSum(state.logNull)
  const compared = n1 > 0 && n0 > 0
  const offset = compared ? Math.log((tolerance * n1) / n0) : 0
  const likelihood = (logRatio: number) =>
    compared ? noisyBinomial(x1, x0, offset + logRatio, noise.moments) : 0
  return {
    // What is believed of no host needs no likelihood: half of the places, where hosts are only worse.
    logNull: state.logNull.map((log, i) =>
      log === LOG_ZERO ? LOG_ZERO : log + likelihood(SPAN * noise.hosts * (PLACES[i] ?? 0)),
    ),
    logBets: state.logBets.map((bet, j) => logAdd(bet, placed) + likelihood(LOG_RATIOS[j] ?? 0)),
    waiting: state.waiting - stake,
  }
}
