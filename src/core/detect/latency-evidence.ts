import { guardedRate } from './baseline-rate.ts'
import { coldStart } from './cold-start.ts'
import { type Slice, stakeOf } from './slice.ts'
import { above, forgive, total } from './statistics/histogram.ts'
import { knownRate } from './statistics/known-rate.ts'
import { latencyOrder, watchedEdges } from './statistics/latency-order.ts'
import { latencyShift, SHIFT_ALTERNATIVES } from './statistics/latency-shift.ts'
import { logSum } from './statistics/log-space.ts'
import {
  grow,
  logEvidence,
  newOnsetMixture,
  type OnsetMixture,
} from './statistics/onset-mixture.ts'
import { RATIO_GRID } from './statistics/ratio-grid.ts'

/** Requests of the control before the edges of the comparison are chosen: enough to place p90. */
const LEARN_MIN = 100
/** Before and after differ by more than chance: evidence without a concurrent control counts half. */
const ALONE_ETA = 0.5

/** What a group's latencies say: half by the order at the watched edges, half by the shape of a shift. */
export interface LatencyEvidence {
  readonly kind: 'latency'
  /** Buckets whose upper edges are compared; null until the control is known well enough. */
  readonly edges: readonly number[] | null
  readonly mixture: OnsetMixture
}

export const NO_LATENCY_EVIDENCE: LatencyEvidence = {
  kind: 'latency',
  edges: null,
  mixture: newOnsetMixture(0),
}

/** Lets the evidence grow by one slice, or chooses the edges first from the control's past alone. */
export function growLatencyEvidence(before: LatencyEvidence, slice: Slice): LatencyEvidence {
  const evidence = before.edges === null ? learn(slice) : before
  if (evidence.edges === null || total(slice.candidate.latency) === 0) return evidence
  const stake = stakeOf(slice, evidence.mixture.waiting === 1)
  return { ...evidence, mixture: grow(evidence.mixture, stake, factors(slice, evidence.edges)) }
}

/** ln E; 0 until there is something to compare with. */
export function latencyLogE({ edges, mixture }: LatencyEvidence): number {
  const order = (edges?.length ?? 0) * RATIO_GRID.length
  if (order === 0) return 0
  return logEvidence(mixture, [
    ...Array.from({ length: order }, () => 0.5 / order),
    ...Array.from({ length: SHIFT_ALTERNATIVES }, () => 0.5 / SHIFT_ALTERNATIVES),
  ])
}

/** The watched edge at which the candidate stands out most; null before the edges are chosen. */
export function leadingEdge({ edges, mixture }: LatencyEvidence): number | null {
  const grid = RATIO_GRID.length
  let best: { readonly edge: number; readonly logM: number } | null = null
  for (const [i, edge] of (edges ?? []).entries()) {
    const logM = logSum(mixture.logM.slice(i * grid, (i + 1) * grid))
    if (best === null || logM > best.logM) best = { edge, logM }
  }
  return best?.edge ?? null
}

function learn({ past }: Slice): LatencyEvidence {
  if (total(past.latency) < LEARN_MIN) return NO_LATENCY_EVIDENCE
  const edges = watchedEdges(past.latency)
  const alternatives = edges.length * RATIO_GRID.length + SHIFT_ALTERNATIVES
  return { kind: 'latency', edges, mixture: newOnsetMixture(alternatives) }
}

function factors(slice: Slice, edges: readonly number[]): readonly number[] {
  const past = slice.past.latency
  if (slice.company === 'alone') {
    const candidate = forgive(slice.candidate.latency, slice.edgesMs, slice.tolerance, slice.allow)
    const n1 = total(candidate)
    const n0 = total(past)
    const order = edges.flatMap((edge) =>
      knownRate(n1, above(candidate, edge), guardedRate(n0, above(past, edge), 1), ALONE_ETA),
    )
    return [...order, ...Array.from({ length: SHIFT_ALTERNATIVES }, () => 0)]
  }
  const tolerance = slice.tolerance * coldStart('latency', slice.age, slice.bake)
  const candidate = forgive(slice.candidate.latency, slice.edgesMs, tolerance, slice.allow)
  const control = slice.control.latency
  return [
    ...latencyOrder(candidate, control, past, edges),
    ...latencyShift(candidate, control, past),
  ]
}
