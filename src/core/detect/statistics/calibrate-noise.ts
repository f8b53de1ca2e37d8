import {
  type ArmNoise,
  addToWindow,
  newHierarchicalBinomial,
  nextWindow,
} from './hierarchical-binomial.ts'
import { logSum } from './log-space.ts'
import type { TwoArms } from './two-arms.ts'

/** The values tried; below a tenth the false alarms of an unlucky calibration cost more than the delay saved. */
const HOSTS: readonly number[] = [0.1, 0.2, 0.35]
const MOMENTS: readonly number[] = [0.1, 0.2, 0.35, 0.5, 0.7]

/**
 * Learns how much healthy arms differ from A/A comparisons: per instance of the running release,
 * its windows (about a minute each, an hour in all) against the rest of the fleet. Answers the
 * noise under which they are likeliest (empirical Bayes); eight instances suffice.
 */
export function calibrateNoise(instances: readonly (readonly TwoArms[])[]): ArmNoise {
  let best: ArmNoise = { hosts: 0.1, moments: 0.1 }
  let bestLog = Number.NEGATIVE_INFINITY
  for (const hosts of HOSTS) {
    for (const moments of MOMENTS) {
      const noise = { hosts, moments }
      const log = instances.reduce((sum, windows) => sum + logNullLikelihood(windows, noise), 0)
      if (log > bestLog) [best, bestLog] = [noise, log]
    }
  }
  return best
}

function logNullLikelihood(windows: readonly TwoArms[], noise: ArmNoise): number {
  let state = newHierarchicalBinomial(0, 1, 'any')
  for (const window of windows) state = nextWindow(addToWindow(state, window), noise, 0, 1)
  return logSum(state.logNull)
}
