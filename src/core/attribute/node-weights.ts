import { DAY, type Instant } from '../kernel/instant.ts'
import type { Exposure, Weights } from './exposure.ts'
import { faultsOf, type Ledger } from './ledger.ts'

/** Faults that every node is taken to have had: the shape of the gamma law of flakiness, found best in simulation. */
const PRIOR = 0.7

/**
 * The last instant, exclusive, whose faults count into the weights of `at`: between one and two days
 * back. A bad release is found within hours, so its own faults cannot make its nodes look flaky.
 */
export function historyEnd(at: Instant): Instant {
  return (Math.floor(at / DAY) - 1) * DAY
}

/** The first instant whose weights count a fault of `at`. */
export function historyUsedFrom(at: Instant): Instant {
  return (Math.floor(at / DAY) + 2) * DAY
}

/**
 * How readily each node fails whatever is deployed: (0.7 + its past faults) / (0.7 + the fleet's
 * mean), the posterior mean of a gamma law. A third of the nodes commonly has most of the faults,
 * and a rollout that happens to reach those first must not look bad for it.
 */
export function nodeWeights(
  { faults, past }: Pick<Ledger, 'faults' | 'past'>,
  { numberOf }: Pick<Exposure, 'numberOf'>,
  until: Instant,
): Weights {
  const weights = new Float64Array(numberOf.size)
  for (const [node, count] of past) add(weights, numberOf.get(node), count)
  for (const own of faults.values())
    for (const { node, at } of faultsOf(own)) if (at < until) add(weights, numberOf.get(node), 1)
  const mean = weights.reduce((sum, count) => sum + count, 0) / Math.max(1, weights.length)
  return weights.map((count) => (PRIOR + count) / (PRIOR + mean))
}

function add(weights: Weights, node: number | undefined, count: number): void {
  if (node !== undefined) weights[node] = (weights[node] ?? 0) + count
}
