import { knownRate } from './known-rate.ts'
import { LOG_ZERO, logAdd, logSum } from './log-space.ts'
import { RATIO_GRID } from './ratio-grid.ts'

/** Twice the error budget's rate is the border: burning a little faster is a ticket, not an alarm. */
export const TOLERATED_BURN = 2

/**
 * `BudgetWatch`: an endless watch of a service without control against its error budget, an
 * e-detector of Shiryaev-Roberts kind: M ← (M + 1)·L. An alarm at M ≥ A comes, on a service within its
 * tolerated burn, not before A ticks on average, however long it runs. Source: Shin, Ramdas &
 * Rinaldo, NEJSDS 2024 (arXiv 2203.03532).
 */
export interface BudgetWatch {
  readonly logM: readonly number[]
}

export const NEW_BUDGET_WATCH: BudgetWatch = { logM: RATIO_GRID.map(() => LOG_ZERO) }

/** Takes in one tick: `x` failures in `n` requests, against a budget such as 0.001. */
export function spend(watch: BudgetWatch, n: number, x: number, budget: number): BudgetWatch {
  const logL = knownRate(n, x, TOLERATED_BURN * budget, 1)
  return { logM: watch.logM.map((value, j) => logAdd(value, 0) + (logL[j] ?? 0)) }
}

/** ln of the mixed detector; compare with ln of the ticks between two false alarms. */
export function budgetLogM(watch: BudgetWatch): number {
  return logSum(watch.logM) - Math.log(RATIO_GRID.length)
}
