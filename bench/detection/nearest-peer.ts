import { rateLowerBound } from './clopper-pearson.ts'
import { KINDS } from './kinds.ts'
import { geometricMean, type Score } from './score.ts'

/** What every detector is asked to hold. */
const FALSE_ALARM_MAX = 0.01

/** The fastest peer among those that hold the promise. */
export interface Nearest {
  readonly name: string | null
  /** The geometric mean of its delays over that of ours; a rollout it never stopped counts with all the time that was left. */
  readonly slowerBy: number
}

/**
 * The fastest peer that keeps the false alarms which we promise: neither in one of the given healthy
 * worlds nor in all of them together were there so many that 1 % is ruled out (95 %, one-sided; few
 * rollouts are in its favour).
 * The delays are compared over the given failing worlds.
 */
export function nearestPeer(
  scores: readonly Score[],
  ours: string,
  healthy: readonly string[],
  failing: readonly string[],
): Nearest {
  const own = meanDelay(ours)
  const peers = KINDS.filter(({ role, name }) => role === 'peer' && holdsPromise(name))
    .map(({ name }) => ({ name, slowerBy: meanDelay(name) / own }))
    .filter(({ slowerBy }) => Number.isFinite(slowerBy))
    .toSorted((a, b) => a.slowerBy - b.slowerBy)
  return peers[0] ?? { name: null, slowerBy: Number.NaN }

  function holdsPromise(detector: string): boolean {
    const measured = scores.filter(
      (score) => score.detector === detector && healthy.includes(score.world),
    )
    const together = {
      falseAlarms: measured.reduce((sum, { falseAlarms }) => sum + falseAlarms, 0),
      rollouts: measured.reduce((sum, { rollouts }) => sum + rollouts, 0),
    }
    return (
      measured.length === healthy.length &&
      [...measured, together].every(
        ({ falseAlarms, rollouts }) => rateLowerBound(falseAlarms, rollouts) <= FALSE_ALARM_MAX,
      )
    )
  }

  /** NaN unless all of the worlds were measured. */
  function meanDelay(detector: string): number {
    const delays = failing.map(
      (world) =>
        scores.find((score) => score.detector === detector && score.world === world)?.meanSeconds ??
        Number.NaN,
    )
    return geometricMean(delays)
  }
}
