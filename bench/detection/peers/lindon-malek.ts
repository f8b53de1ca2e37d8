import type { DetectorKind } from '../detector.ts'
import type { Look } from '../look.ts'
import type { World } from '../world.ts'
import { logGamma } from './log-gamma.ts'

const LOG_FIRE = Math.log(100)
/** How sure the prior is that the split of errors is that of the traffic; the authors' default. */
const CONCENTRATION = 100

/**
 * The authors' sequential test of multinomial counts (Lindon and Malek, NeurIPS 2022): the errors'
 * split between the arms against the traffic's, by a Dirichlet mixture with concentration 100.
 * It is two-sided; only an excess of the candidate stops.
 */
export const LINDON_MALEK: DetectorKind = {
  name: 'Lindon–Malek',
  says: 'Dirichlet mixture of concentration 100 against the configured split, all of the old release as control, α = 1 %',
  role: 'peer',
  watches: 'errors',
  open: ({ world }) => {
    const share = configuredShare(world)
    const errors = [0, 0]
    return {
      look({ fresh: { candidate, baseline, fleet } }: Look): boolean {
        errors[0] = (errors[0] ?? 0) + candidate.errors
        errors[1] = (errors[1] ?? 0) + baseline.errors + fleet.errors
        const [x1 = 0, x0 = 0] = errors
        return x1 > share * (x1 + x0) && multinomialLogE(errors, [share, 1 - share]) >= LOG_FIRE
      },
    }
  },
}

function configuredShare({ perSecond: { candidate, baseline, fleet } }: World): number {
  return candidate / (candidate + baseline + fleet)
}

/** ln E of counts against given probabilities: Γ(A)/Γ(A+n) · Π Γ(aᵢ+cᵢ)/Γ(aᵢ) / Π θᵢ^cᵢ with a = concentration · θ. */
export function multinomialLogE(counts: readonly number[], theta: readonly number[]): number {
  const all = counts.reduce((sum, count) => sum + count, 0)
  return counts.reduce(
    (sum, count, k) => {
      const prior = CONCENTRATION * (theta[k] ?? 0)
      return sum + logGamma(prior + count) - logGamma(prior) - count * Math.log(theta[k] ?? 0)
    },
    logGamma(CONCENTRATION) - logGamma(CONCENTRATION + all),
  )
}
