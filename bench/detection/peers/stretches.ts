import { add, type Counts, NOTHING } from '../../../src/core/detect/counter.ts'
import { MINUTE, type Millis } from '../../../src/core/kernel/instant.ts'
import type { Look } from '../look.ts'
import { STARTED_AT } from '../rollout-traffic.ts'

/** What one stretch brought, of the arms that rules without statistics compare. */
export interface Stretch {
  readonly candidate: Counts
  /** The fresh instance of the old release, of the candidate's size. */
  readonly baseline: Counts
  /** All of the old release. */
  readonly control: Counts
}

/** Gathers looks into stretches of a length, for rules that measure once a minute or so. */
export class Stretches {
  readonly #every: Millis
  #open: Stretch = { candidate: NOTHING, baseline: NOTHING, control: NOTHING }

  constructor(every: Millis = MINUTE) {
    this.#every = every
  }

  /** The stretch that this look completes, or null. */
  take({ at, fresh }: Look): Stretch | null {
    const { candidate, baseline, control } = this.#open
    this.#open = {
      candidate: add(candidate, fresh.candidate),
      baseline: add(baseline, fresh.baseline),
      control: add(add(control, fresh.baseline), fresh.fleet),
    }
    if (at === STARTED_AT || (at - STARTED_AT) % this.#every !== 0) return null
    const done = this.#open
    this.#open = { candidate: NOTHING, baseline: NOTHING, control: NOTHING }
    return done
  }
}

/** The share of requests that failed, in per cent; NaN without requests. */
export function failedPercent({ requests, errors }: Counts): number {
  return (100 * errors) / requests
}
