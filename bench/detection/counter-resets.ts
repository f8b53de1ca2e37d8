import type { Arm } from '../../src/core/detect/reading.ts'
import type { Cumulative } from './look.ts'
import { binomial, type Random } from './random.ts'

/** One in about four minutes, so that every rollout has some. */
const SECONDS_BETWEEN = 240

/**
 * Restarts that befall counters: an arm's counters begin at zero, with a new epoch or without a
 * word, or one of the control's hosts leaves and takes its part out of the sum.
 */
export class CounterResets {
  readonly #fleet: number
  readonly #random: Random
  #epoch = 0

  constructor(fleet: number, random: Random) {
    this.#fleet = fleet
    this.#random = random
  }

  befall(arms: Record<Arm, Cumulative>, forSeconds: number): Record<Arm, Cumulative> {
    if (this.#random() > forSeconds / SECONDS_BETWEEN) return arms
    const arm: Arm = this.#random() < 0.5 ? 'candidate' : 'control'
    const kind = this.#random()
    if (kind < 1 / 3) {
      this.#epoch += 1
      return { ...arms, [arm]: scaled(arms[arm], 0, this.#random, `${this.#epoch}`) }
    }
    if (kind < 2 / 3) return { ...arms, [arm]: scaled(arms[arm], 0, this.#random) }
    return { ...arms, control: scaled(arms.control, 1 - 1 / this.#fleet, this.#random) }
  }
}

/** Keeps a share of what was counted, each request by chance. */
function scaled(
  { epoch, requests, errors, latency, routes }: Cumulative,
  share: number,
  random: Random,
  newEpoch = epoch,
): Cumulative {
  const keep = (count: number) => binomial(count, share, random)
  const keptErrors = keep(errors)
  return {
    epoch: newEpoch,
    requests: keptErrors + keep(requests - errors),
    errors: keptErrors,
    latency: latency.map(keep),
    routes: Object.fromEntries(
      Object.entries(routes).map(([route, count]) => {
        const routeErrors = keep(count.errors)
        return [
          route,
          { requests: routeErrors + keep(count.requests - count.errors), errors: routeErrors },
        ]
      }),
    ),
  }
}
