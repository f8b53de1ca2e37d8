import type { Metric } from '../strategy/schema.ts'
import { guardedRate, likelyRate } from './baseline-rate.ts'
import type { Counts } from './counter.ts'
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
import { rateRatio } from './statistics/rate-ratio.ts'
import { RATIO_GRID } from './statistics/ratio-grid.ts'
import { twoProp } from './statistics/two-prop.ts'

/** Requests of the control before the edges of the latency comparison are chosen: enough to place p90. */
const LEARN_MIN = 100
/** Before and after differ by more than chance: evidence without a concurrent control counts half. */
const ALONE_ETA = 0.5

/** The new counts of both arms over one stretch of time. */
export interface Slice {
  readonly candidate: Counts
  readonly control: Counts
}

/** What was known before the slice. */
export interface Surroundings {
  /** The control until now: the baseline, and this group so far. */
  readonly past: Counts
  readonly tolerance: number
  readonly edgesMs: readonly number[]
  /**
   * `beside`: ample control traffic, the drift-proof conditional test. `even`: both arms large, so
   * that the control's successes matter too. `alone`: no control to speak of; the past stands in
   * for it, guarded and tempered.
   */
  readonly company: 'beside' | 'even' | 'alone'
}

/** The edges to compare latencies at, once the control is known well enough; null until then. */
export function learnEdges(kind: Metric['kind'], past: Counts): readonly number[] | null {
  if (kind !== 'latency' || total(past.latency) < LEARN_MIN) return null
  return watchedEdges(past.latency)
}

export function newEvidence(kind: Metric['kind'], edges: readonly number[] | null): OnsetMixture {
  return newOnsetMixture(weightsOf(kind, edges).length)
}

/** Lets a metric's e-process grow by one slice. */
export function growEvidence(
  kind: Metric['kind'],
  evidence: OnsetMixture,
  stake: number,
  slice: Slice,
  around: Surroundings,
  edges: readonly number[] | null,
): OnsetMixture {
  const logL =
    kind === 'latency' ? latencyFactors(slice, around, edges ?? []) : errorFactors(slice, around)
  return grow(evidence, stake, logL)
}

/** ln E of a metric. */
export function logEvidenceOf(
  kind: Metric['kind'],
  evidence: OnsetMixture,
  edges: readonly number[] | null,
): number {
  return logEvidence(evidence, weightsOf(kind, edges))
}

/** The watched edge at which the candidate stands out most; null before the edges are chosen. */
export function leadingEdge(
  evidence: OnsetMixture,
  edges: readonly number[] | null,
): number | null {
  const grid = RATIO_GRID.length
  let best: { readonly edge: number; readonly logM: number } | null = null
  for (const [i, edge] of (edges ?? []).entries()) {
    const logM = logSum(evidence.logM.slice(i * grid, (i + 1) * grid))
    if (best === null || logM > best.logM) best = { edge, logM }
  }
  return best?.edge ?? null
}

/** Latency is judged half by the order at the watched edges and half by the shape of a shift. */
function weightsOf(kind: Metric['kind'], edges: readonly number[] | null): readonly number[] {
  const order = (edges?.length ?? 0) * RATIO_GRID.length
  if (kind === 'error-rate') return RATIO_GRID.map(() => 1 / RATIO_GRID.length)
  if (order === 0) return []
  return [
    ...Array.from({ length: order }, () => 0.5 / order),
    ...Array.from({ length: SHIFT_ALTERNATIVES }, () => 0.5 / SHIFT_ALTERNATIVES),
  ]
}

function errorFactors(slice: Slice, { past, tolerance, company }: Surroundings): readonly number[] {
  const [n1, x1] = [slice.candidate.requests, slice.candidate.errors]
  const [n0, x0] = [slice.control.requests, slice.control.errors]
  if (n1 === 0) return RATIO_GRID.map(() => 0)
  switch (company) {
    case 'beside':
      return rateRatio({ n1, x1, n0, x0 }, tolerance)
    case 'even':
      return twoProp(
        { n1, x1, n0, x0 },
        { ratio: tolerance, offset: 0 },
        likelyRate(past.requests, past.errors),
      )
    case 'alone':
      return knownRate(n1, x1, guardedRate(past.requests, past.errors, tolerance), ALONE_ETA)
  }
}

function latencyFactors(
  slice: Slice,
  around: Surroundings,
  edges: readonly number[],
): readonly number[] {
  const { past, company } = around
  const candidate = forgive(slice.candidate.latency, around.edgesMs, around.tolerance)
  const n1 = total(candidate)
  const alternatives = edges.length * RATIO_GRID.length + SHIFT_ALTERNATIVES
  if (n1 === 0) return Array.from({ length: alternatives }, () => 0)
  if (company === 'alone') {
    const n0 = total(past.latency)
    const order = edges.flatMap((edge) =>
      knownRate(
        n1,
        above(candidate, edge),
        guardedRate(n0, above(past.latency, edge), 1),
        ALONE_ETA,
      ),
    )
    return [...order, ...Array.from({ length: SHIFT_ALTERNATIVES }, () => 0)]
  }
  const control = slice.control.latency
  return [
    ...latencyOrder(candidate, control, past.latency, edges),
    ...latencyShift(candidate, control, past.latency),
  ]
}
