import { logNormalCdf } from './log-normal-cdf.ts'

/**
 * `MeanDifference`: asymptotic evidence that the mean of per-tick differences between the arms of
 * an unbounded gauge (CPU per request, queue depth, memory) lies above a tolerance. Robbins'
 * normal mixture with the empirical variance. Source: Waudby-Smith et al., Annals of Statistics
 * 2024 (arXiv 2103.06476). Asymptotic, hence `minTicks`.
 */
export interface MeanDifference {
  readonly ticks: number
  readonly sum: number
  readonly squares: number
  /** Σ of products of neighbours, for the autocorrelation. */
  readonly neighbours: number
  readonly first: number
  readonly last: number
}

/** Nearly a random walk: hardly anything is learnt per tick, but never nothing. */
const PHI_MAX = 0.99

/** What the normal mixture pays for not knowing the difference, in nats, around its tightest tick. */
const MIXTURE_COST = 2

/** What the test is tuned to. */
export interface MeanSetting {
  readonly tolerance: number
  /** The tick at which it is to be tightest; about 100. */
  readonly tightestAt: number
  readonly alpha: number
  /** Nothing is concluded before: 20 keeps false alarms near 1 %, five ticks make it 1.5 %. */
  readonly minTicks: number
}

export const NO_DIFFERENCES: MeanDifference = {
  ticks: 0,
  sum: 0,
  squares: 0,
  neighbours: 0,
  first: 0,
  last: 0,
}

/** Adds one tick's difference, candidate mean minus control mean, in the gauge's own unit. */
export function addDifference(state: MeanDifference, difference: number): MeanDifference {
  return {
    ticks: state.ticks + 1,
    sum: state.sum + difference,
    squares: state.squares + difference ** 2,
    neighbours: state.neighbours + (state.ticks > 0 ? state.last * difference : 0),
    first: state.ticks === 0 ? difference : state.first,
    last: difference,
  }
}

/** ln E with v = t and ρ tuned to `tightestAt`; 0 before `minTicks` and while nothing varies. */
export function meanLogE(state: MeanDifference, setting: MeanSetting): number {
  const { ticks, sum } = state
  if (ticks < setting.minTicks) return 0
  const variance = varianceOf(state)
  if (!(variance > 0)) return 0
  const spread = 2 * Math.log(1 / (2 * setting.alpha))
  const rho = setting.tightestAt / (spread + Math.log(1 + spread))
  const score = (sum - ticks * setting.tolerance) / Math.sqrt(variance)
  const width = ticks + rho
  return (
    0.5 * Math.log((4 * rho) / width) +
    score ** 2 / (2 * width) +
    logNormalCdf(score / Math.sqrt(width))
  )
}

/**
 * ln E made safe against ticks that resemble their neighbours: multiplied by (1−φ)/(1+φ), φ being
 * the lag-one autocorrelation, plus what a short series hides of it (Marriott & Pope 1954) and one standard
 * error. Without it, φ = 0.6 makes false alarms of one in four rollouts.
 */
export function guardedMeanLogE(state: MeanDifference, setting: MeanSetting): number {
  return meanLogE(state, setting) * guard(state)
}

/** Which part of a tick's information is new. */
function guard(state: MeanDifference): number {
  const estimate = autocorrelation(state)
  const missed = (1 + 3 * estimate + Math.sqrt(state.ticks)) / Math.max(1, state.ticks)
  const phi = Math.min(PHI_MAX, Math.max(0, estimate + missed))
  return (1 - phi) / (1 + phi)
}

/**
 * Asymptotic confidence sequence for the mean difference, of the ticks that are worth something
 * among their neighbours; null before `minTicks`. Source: as above, two-sided.
 */
export function meanInterval(
  state: MeanDifference,
  { tightestAt, minTicks }: Pick<MeanSetting, 'tightestAt' | 'minTicks'>,
  alpha: number,
): { readonly low: number; readonly high: number } | null {
  if (state.ticks < minTicks) return null
  const variance = varianceOf(state)
  const worth = state.ticks * guard(state)
  const spread = -2 * Math.log(alpha)
  const scale = worth * ((spread + Math.log(1 + spread)) / tightestAt) + 1
  const factor = (2 * scale * Math.log(Math.sqrt(scale) / alpha)) / (worth * (scale - 1))
  const [mean, half] = [state.sum / state.ticks, Math.sqrt(variance * factor)]
  return { low: mean - half, high: mean + half }
}

/** The smallest excess of the mean over what is tolerated that would have brought `logE` by now; null before `minTicks`. */
export function detectableMean(
  state: MeanDifference,
  { minTicks }: Pick<MeanSetting, 'minTicks'>,
  logE: number,
): number | null {
  if (state.ticks < minTicks) return null
  // E grows by d²/2 per tick at best, d being the difference in standard deviations; the guard weakens it.
  return Math.sqrt((2 * varianceOf(state) * (logE + MIXTURE_COST)) / (state.ticks * guard(state)))
}

function varianceOf({ ticks, sum, squares }: MeanDifference): number {
  return Math.max(0, (squares - sum ** 2 / ticks) / (ticks - 1))
}

function autocorrelation({ ticks, sum, squares, neighbours, first, last }: MeanDifference): number {
  if (ticks < 3) return 0
  const mean = sum / ticks
  const spread = squares - ticks * mean ** 2
  const products = neighbours - mean * (2 * sum - first - last) + (ticks - 1) * mean ** 2
  return spread > 0 ? products / spread : 0
}
