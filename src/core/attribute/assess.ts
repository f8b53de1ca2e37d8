import { logSum } from '../detect/statistics/log-space.ts'
import { ALTERNATIVES, type Alternative } from './kernels.ts'
import type { SignatureEvidence } from './signature-evidence.ts'

/** Chance of blaming somebody for a signature that no rollout causes, over all signatures and all of time. */
const ALPHA = 0.01
/** Chance of blaming the wrong one of two when exactly one is to blame. */
const ALPHA_RIVAL = 0.05
/** Fewer broken nodes are an accident of those nodes, whatever the odds say. */
const NODES_MIN = 3

export const LOG_E_TO_BLAME = Math.log(1 / ALPHA)
export const MARGIN_TO_BLAME = Math.log(1 / ALPHA_RIVAL)

/** What one signature says about one rollout, beside what it says about the others. */
export interface Assessment {
  readonly rollout: string
  /** ln of the e-value against "no rollout causes it", after the price of looking at every signature. */
  readonly logE: number
  /** The alternative that fits best. */
  readonly best: Alternative
  /** How much better the rollout explains the faults than the best of the others, in nats; null without others. */
  readonly margin: number | null
  readonly rival: string | null
  /** Nodes that had the release when they failed. */
  readonly hits: number
  readonly standing: 'blamed' | 'suspected' | 'unlikely' | 'unknown'
}

/**
 * Assesses every rollout that a signature says anything about, the likeliest first. The evidence for
 * one is averaged over its alternatives and must beat the best single alternative of any other:
 * universal inference against "some other single rollout explains it" (Wasserman, Ramdas &
 * Balakrishnan 2020). `signatures` is how many are looked at.
 */
export function assess({ cells }: SignatureEvidence, signatures: number): readonly Assessment[] {
  const rivals = [...cells].map(([rollout, { sums }]) => ({ rollout, log: Math.max(...sums) }))
  const [first, second] = rivals.toSorted((a, b) => b.log - a.log)
  return [...cells]
    .map(([rollout, { sums, hit }]): Assessment => {
      const mean = logSum(sums) - Math.log(sums.length)
      const rival = first?.rollout === rollout ? second : first
      const logE = mean - Math.log(Math.max(1, signatures))
      const margin = rival === undefined ? null : mean - rival.log
      const best = ALTERNATIVES[sums.indexOf(Math.max(...sums))] ?? ALTERNATIVES[0]
      return {
        rollout,
        logE,
        best,
        margin,
        rival: rival?.rollout ?? null,
        hits: hit.size,
        standing: standingOf({ logE, margin, hits: hit.size, worst: Math.max(...sums) }),
      }
    })
    .toSorted((a, b) => b.logE - a.logE)
}

function standingOf({
  logE,
  margin,
  hits,
  worst,
}: {
  readonly logE: number
  readonly margin: number | null
  readonly hits: number
  readonly worst: number
}): Assessment['standing'] {
  if (logE >= LOG_E_TO_BLAME && hits >= NODES_MIN)
    return margin === null || margin >= MARGIN_TO_BLAME ? 'blamed' : 'suspected'
  // Every alternative, even the mildest, is refuted at the odds that would have blamed.
  return worst <= -LOG_E_TO_BLAME ? 'unlikely' : 'unknown'
}
