import { DAY, HOUR, type Instant, type Millis } from '../kernel/instant.ts'
import type { Exposure, Scales } from './exposure.ts'
import type { Fault } from './fault.ts'
import { type FaultTerms, termsOf } from './fault-terms.ts'
import { ALTERNATIVES } from './kernels.ts'
import type { Nuisance } from './nuisance.ts'

/** A node counts once per signature in this time: a crash loop is one broken node, not a hundred. */
const NODE_ONCE_PER: Millis = DAY
/** A cluster is news once per signature in this time: an incident in it is one surprise, not fifty. */
const CLUSTER_ONCE_PER: Millis = HOUR

/** What a signature's faults say about one rollout so far. */
export interface Cell {
  /** Σℓ per alternative, in nats, in the order of `ALTERNATIVES`. */
  readonly sums: readonly number[]
  /** Nodes that had the release when they failed. */
  readonly hit: ReadonlySet<number>
}

/** Everything that one signature's faults say, up to an instant. Later faults extend it. */
export interface SignatureEvidence {
  readonly through: Instant
  /** Faults weighed; repeated ones and those of restarts left out. */
  readonly weighed: number
  readonly nodeCountedAt: ReadonlyMap<number, Instant>
  readonly clusterCountedAt: ReadonlyMap<number, Instant>
  /** rollout → its cell. */
  readonly cells: ReadonlyMap<string, Cell>
}

export const NO_EVIDENCE: SignatureEvidence = {
  through: Number.NEGATIVE_INFINITY,
  weighed: 0,
  nodeCountedAt: new Map(),
  clusterCountedAt: new Map(),
  cells: new Map(),
}

/** What the faults of a signature are weighed with, over all of time. */
export interface SignatureGrounds {
  readonly exposure: Exposure
  readonly scalesAt: (at: Instant) => Scales
  readonly nuisance: Nuisance
}

/** Called for every fault that counts, with what it says; for the evidence page. */
export type Witness = (
  fault: Fault,
  isClusterNews: boolean,
  terms: readonly FaultTerms[] | null,
) => void

/** Takes faults in, oldest first, none of them before what was taken in already. */
export function extendEvidence(
  evidence: SignatureEvidence,
  faults: readonly Fault[],
  grounds: SignatureGrounds,
  witness: Witness = () => undefined,
): SignatureEvidence {
  const { exposure, scalesAt, nuisance } = grounds
  const nodeCountedAt = new Map(evidence.nodeCountedAt)
  const clusterCountedAt = new Map(evidence.clusterCountedAt)
  const cells = new Map<string, Growing>()
  let { weighed, through } = evidence
  for (const fault of faults) {
    const { at } = fault
    through = Math.max(through, at)
    const node = exposure.numberOf.get(fault.node)
    const cluster = node === undefined ? undefined : exposure.clusterOf[node]
    if (node === undefined || cluster === undefined) continue
    if (at < (nodeCountedAt.get(node) ?? Number.NEGATIVE_INFINITY) + NODE_ONCE_PER) continue
    const lastNews = clusterCountedAt.get(cluster) ?? Number.NEGATIVE_INFINITY
    const isClusterNews = at >= lastNews + CLUSTER_ONCE_PER
    const terms = termsOf(
      { node, cluster, at, isClusterNews },
      { exposure, scales: scalesAt(at), nuisance },
    )
    witness(fault, isClusterNews, terms)
    if (terms === null) continue
    nodeCountedAt.set(node, at)
    if (isClusterNews) clusterCountedAt.set(cluster, at)
    weighed += 1
    for (const one of terms) {
      const rollout = exposure.rollouts[one.place]?.id ?? ''
      const cell = cells.get(rollout) ?? growing(evidence.cells.get(rollout))
      cells.set(rollout, cell)
      for (const [j, term] of one.terms.entries()) cell.sums[j] = (cell.sums[j] ?? 0) + term
      if (one.isHit) cell.hit.add(node)
    }
  }
  const grown = new Map<string, Cell>([...evidence.cells, ...cells])
  return { through, weighed, nodeCountedAt, clusterCountedAt, cells: grown }
}

/** A cell while faults are taken in: a copy, so that what was known before stays as it was. */
interface Growing {
  readonly sums: number[]
  readonly hit: Set<number>
}

function growing(cell: Cell | undefined): Growing {
  return { sums: [...(cell?.sums ?? ALTERNATIVES.map(() => 0))], hit: new Set(cell?.hit) }
}
