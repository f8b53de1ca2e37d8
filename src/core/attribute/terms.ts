import { z } from 'zod'
import { type Attribution, groundsOf, inOrder } from './attribution.ts'
import { ALTERNATIVES, type Alternative } from './kernels.ts'
import { faultsOf } from './ledger.ts'
import { extendEvidence, NO_EVIDENCE } from './signature-evidence.ts'

/** Terms shown: the newest, because they are what somebody can still look at on the nodes. */
const TERMS_SHOWN = 60

/** What one fault said about a rollout: a line of the evidence. */
export const Term = z.object({
  at: z.number(),
  node: z.string(),
  cluster: z.string(),
  /** Whether the rollout had reached the node when it failed. */
  isHit: z.boolean(),
  /** Whether the cluster had been quiet, so that it being this one counts as well. */
  isClusterNews: z.boolean(),
  /** In nats; positive speaks against the rollout. */
  term: z.number(),
})
export type Term = z.output<typeof Term>

/** Works out again what every fault of a signature said about a rollout, under the alternative that fits best. */
export function termsFor(
  attribution: Attribution,
  asked: { readonly signature: string; readonly rollout: string; readonly best: Alternative },
): readonly Term[] {
  const { signature, rollout, best } = asked
  const { ledger, exposure } = attribution
  const place = exposure.rollouts.findIndex(({ id }) => id === rollout)
  const index = ALTERNATIVES.findIndex(
    ({ kernel, ratio }) => kernel === best.kernel && ratio === best.ratio,
  )
  const { nuisance, ...grounds } = groundsOf(attribution, signature)
  const others = nuisance.blamed.filter((blamed) => blamed.rollout !== rollout)
  const found: Term[] = []
  extendEvidence(
    NO_EVIDENCE,
    inOrder(faultsOf(ledger.faults.get(signature))),
    { ...grounds, nuisance: { ...nuisance, blamed: others } },
    ({ node, at }, isClusterNews, terms) => {
      const own = terms?.find((one) => one.place === place)
      const term = own?.terms[index]
      const cluster = ledger.nodes.get(node)
      if (own === undefined || term === undefined || cluster === undefined) return
      found.push({ at, node, cluster, isHit: own.isHit, isClusterNews, term })
    },
  )
  return found.slice(-TERMS_SHOWN)
}
