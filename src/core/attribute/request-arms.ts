import { logSum } from '../detect/statistics/log-space.ts'
import { overStrata } from '../detect/statistics/over-strata.ts'
import { rateRatio } from '../detect/statistics/rate-ratio.ts'
import { RATIO_GRID } from '../detect/statistics/ratio-grid.ts'
import type { TwoArms } from '../detect/statistics/two-arms.ts'

/** Rollouts whose requests are compared at once: each may be on or off, so that strata multiply. */
const ROLLOUTS_MAX = 16
/** As in `assess.ts`: the chance of blaming a rollout that changes nothing. */
const LOG_E_TO_BLAME = Math.log(100)
/** Fewer bad requests with the rollout are an accident. */
const EVENTS_MIN = 3

/** Requests of one tick that were served under the same rollouts: their number, and how many went wrong. */
export interface ServedUnder {
  /** The rollouts whose release had a part in them; empty: none. */
  readonly rollouts: readonly string[]
  readonly requests: number
  readonly failed: number
}

/** What requests say about one rollout so far: JSON, of a size that does not grow. */
interface ArmEvidence {
  /** Per ratio of `RATIO_GRID`, Σ log likelihood ratio in nats. */
  readonly sums: readonly number[]
  /** Bad requests with the rollout, in strata where it could be compared. */
  readonly events: number
  /** Whether it could be compared at all: somebody was served with it and somebody without, all else equal. */
  readonly isCompared: boolean
}

export const ARMS_VERSION = 1

export interface RequestArms {
  readonly version: typeof ARMS_VERSION
  readonly rollouts: Readonly<Record<string, ArmEvidence>>
  /** How often a rollout came that did not fit. */
  readonly leftOut: number
}

export const NO_ARMS: RequestArms = { version: ARMS_VERSION, rollouts: {}, leftOut: 0 }

const NO_EVIDENCE: ArmEvidence = { sums: RATIO_GRID.map(() => 0), events: 0, isCompared: false }

/**
 * Takes in one tick of requests. Each rollout is compared with itself off, among requests under the
 * very same other rollouts; those strata are multiplied (`RateRatio` per stratum). So what another
 * rollout breaks is on both sides of the comparison and cancels, and only the rollout that makes
 * the difference gathers evidence.
 */
export function addRequests(arms: RequestArms, served: readonly ServedUnder[]): RequestArms {
  const seen = [...new Set(served.flatMap(({ rollouts }) => rollouts))].toSorted()
  const known = Object.keys(arms.rollouts)
  const fresh = seen.filter((rollout) => !known.includes(rollout))
  const room = Math.max(0, ROLLOUTS_MAX - known.length)
  const rollouts = { ...arms.rollouts }
  for (const rollout of [...known, ...fresh.slice(0, room)])
    rollouts[rollout] = grown(rollouts[rollout] ?? NO_EVIDENCE, strataFor(rollout, served))
  return { ...arms, rollouts, leftOut: arms.leftOut + Math.max(0, fresh.length - room) }
}

/** With and without the rollout, per set of the other rollouts; strata with one side only say nothing. */
function strataFor(rollout: string, served: readonly ServedUnder[]): readonly TwoArms[] {
  const strata = new Map<string, TwoArms>()
  for (const { rollouts, requests, failed } of served) {
    const others = rollouts.filter((other) => other !== rollout).toSorted()
    const key = JSON.stringify([...new Set(others)])
    const { n1, x1, n0, x0 } = strata.get(key) ?? { n1: 0, x1: 0, n0: 0, x0: 0 }
    strata.set(
      key,
      rollouts.includes(rollout)
        ? { n1: n1 + requests, x1: x1 + failed, n0, x0 }
        : { n1, x1, n0: n0 + requests, x0: x0 + failed },
    )
  }
  return [...strata.values()].filter(({ n1, n0 }) => n1 > 0 && n0 > 0)
}

function grown(before: ArmEvidence, strata: readonly TwoArms[]): ArmEvidence {
  if (strata.length === 0) return before
  const tick = overStrata(strata, (stratum) => rateRatio(stratum, 1))
  return {
    sums: before.sums.map((sum, j) => sum + (tick[j] ?? 0)),
    events: before.events + strata.reduce((sum, { x1 }) => sum + x1, 0),
    isCompared: true,
  }
}

/** What requests say about one rollout. */
export interface ArmFinding {
  readonly rollout: string
  /** ln of the e-value against "with it requests fail no more than without it". */
  readonly logE: number
  readonly standing: 'blamed' | 'unknown'
  readonly because: string
}

/** Answers per rollout, the likeliest cause first. A blame here needs no rival: the strata hold the others equal. */
export function armFindings({ rollouts }: RequestArms): readonly ArmFinding[] {
  return Object.entries(rollouts)
    .map(([rollout, { sums, events, isCompared }]): ArmFinding => {
      const logE = logSum(sums) - Math.log(sums.length)
      const isBlamed = logE >= LOG_E_TO_BLAME && events >= EVENTS_MIN
      const because = isCompared
        ? isBlamed
          ? `among requests under the same other rollouts, those with it fail more: ${events} did`
          : 'among requests under the same other rollouts, those with it do not clearly fail more'
        : 'no requests were served with and without it while all other rollouts were the same'
      return { rollout, logE, standing: isBlamed ? 'blamed' : 'unknown', because }
    })
    .toSorted((a, b) => b.logE - a.logE || (a.rollout < b.rollout ? -1 : 1))
}
