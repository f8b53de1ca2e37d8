import type { Instant } from '../kernel/instant.ts'
import type { Exposure, Scales, Touched } from './exposure.ts'
import { isWithin, KERNELS, RATIOS } from './kernels.ts'
import { ageOf, isYoung, type Nuisance, type Reckoning, reckon, withoutYoung } from './nuisance.ts'

/** A fault by numbers, and whether its cluster had been quiet: only then is the cluster a surprise. */
export interface WeighedFault {
  readonly node: number
  readonly cluster: number
  readonly at: Instant
  readonly isClusterNews: boolean
}

/** What one fault says about one rollout. */
export interface FaultTerms {
  /** The rollout's place in the exposure. */
  readonly place: number
  /** Whether the rollout had reached the node at all. */
  readonly isHit: boolean
  /** ℓ per alternative, in nats: positive speaks for the rollout as the cause. */
  readonly terms: readonly number[]
}

/** What a fault is weighed with: where everybody stood, what nodes weigh, what is known otherwise. */
export interface Grounds {
  readonly exposure: Exposure
  readonly scales: Scales
  readonly nuisance: Nuisance
}

/**
 * The terms of one fault for every rollout that had begun: Cox's partial likelihood of competing
 * causes. Given that a fault happened at t, the node is drawn among its cluster by weight, times r
 * where the rollout has been: ℓ = z·ln r − ln(1+(r−1)f_k). The first fault of a quiet cluster also
 * tells why that cluster: ln(1+(r−1)f_k) − ln(1+(r−1)f). The rate of faults itself cancels, so an
 * incident everywhere, or the time of day, speaks neither for nor against anybody.
 * `null` when the fault is put down to the restart itself.
 */
export function termsOf(fault: WeighedFault, grounds: Grounds): readonly FaultTerms[] | null {
  const { exposure, nuisance } = grounds
  const { node, cluster, at, isClusterNews } = fault
  if (nuisance.isBlip && isYoung(exposure, node, at)) return null
  const near = nearReckoning(grounds, cluster, at)
  const far = isClusterNews ? farReckoning(grounds, at) : null
  return exposure.rollouts.flatMap((rollout, place) => {
    if (at < rollout.firstAt) return []
    const age = ageOf(rollout, node, at)
    const nearShares = sharesOf(near, place)
    const farShares = far === null ? null : sharesOf(far, place)
    if (nearShares[0] === 0 && (farShares?.[0] ?? 0) === 0) return []
    const terms = KERNELS.flatMap((kernel, k) =>
      RATIOS.map((ratio) => {
        const inCluster = Math.log1p((ratio - 1) * (nearShares[k] ?? 0))
        const here = (isWithin(kernel, age) ? Math.log(ratio) : 0) - inCluster
        if (farShares === null) return here
        return here + inCluster - Math.log1p((ratio - 1) * (farShares[k] ?? 0))
      }),
    )
    return [{ place, isHit: age >= 0, terms }]
  })
}

/** A cluster that was quiet is news, unless somebody is known to cause the signature: then it is no surprise anywhere. */
function farReckoning({ exposure, scales, nuisance }: Grounds, at: Instant): Reckoning | null {
  if (nuisance.blamed.length > 0) return null
  return withRunningSums({ exposure, scales, nuisance }, null, at)
}

function nearReckoning(grounds: Grounds, cluster: number, at: Instant): Reckoning {
  const { exposure, scales, nuisance } = grounds
  if (nuisance.blamed.length === 0) return withRunningSums(grounds, cluster, at)
  return reckon(exposure, scales.weights, nuisance, { nodes: exposure.nodesIn[cluster] ?? [], at })
}

function withRunningSums(
  { exposure, scales, nuisance }: Grounds,
  cluster: number | null,
  at: Instant,
): Reckoning {
  const everything = {
    total: scales.total(cluster),
    touched: exposure.rollouts.map((rollout) => scales.touched(rollout, cluster, at)),
  }
  if (!nuisance.isBlip) return everything
  return withoutYoung(exposure, scales.weights, everything, { cluster, at })
}

/** Shares of the weight, kept within 0 and 1 against rounding; no weight at all is no share. */
function sharesOf({ total, touched }: Reckoning, place: number): Touched {
  const [ever, lately, long] = touched[place] ?? [0, 0, 0]
  return [share(ever, total), share(lately, total), share(long, total)]
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0
}
