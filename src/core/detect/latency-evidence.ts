import { guardedRate } from './baseline-rate.ts'
import { coldStart, STRETCH_ENDS, stretchAt } from './cold-start.ts'
import { type Slice, stakeOf } from './slice.ts'
import { above, forgive, type Histogram, total } from './statistics/histogram.ts'
import { knownRate } from './statistics/known-rate.ts'
import { latencyOrder, WATCHED_MAX, watchedEdges } from './statistics/latency-order.ts'
import { latencyShift, SHIFT_ALTERNATIVES } from './statistics/latency-shift.ts'
import { logSum } from './statistics/log-space.ts'
import {
  grow,
  logEvidence,
  newOnsetMixture,
  type OnsetMixture,
} from './statistics/onset-mixture.ts'
import { RATIO_GRID, RATIO_WEIGHTS } from './statistics/ratio-grid.ts'

/** Requests of the control before the edges of the comparison are chosen: enough to place p90. */
const LEARN_MIN = 100
/** What is known of the control is renewed each time it has grown by half: often enough, and seldom enough to be prepared for. */
const PAST_GROWS = 1.5
/** The part of the bet on the shape of a shift; the rest compares the order at the watched edges. */
const SHIFT_PART = 0.5
/** Before and after differ by more than chance: evidence without a concurrent control counts half. */
const ALONE_ETA = 0.5

/** What a group's latencies say: half by the order at the watched edges, half by the shape of a shift. */
export interface LatencyEvidence {
  readonly kind: 'latency'
  /** Buckets whose upper edges are compared; null until the control is known well enough. */
  readonly edges: readonly number[] | null
  readonly mixture: OnsetMixture
  /** The control's past that shifts are looked for in; renewed when much more of it is known. */
  readonly past: Histogram
  /** Per stretch of the start, and last for the time after it: what both arms took, to learn from if all goes well. */
  readonly stretches: readonly Stretch[]
}

/** What both arms took in one stretch of a start. */
export interface Stretch {
  readonly candidate: LogMoments
  readonly control: LogMoments
}

/** How many requests, and the sums of the logarithms of their latencies in ms and of their squares. */
export interface LogMoments {
  readonly n: number
  readonly sum: number
  readonly squares: number
}

const NO_MOMENTS: LogMoments = { n: 0, sum: 0, squares: 0 }
const NOTHING_TOOK: Stretch = { candidate: NO_MOMENTS, control: NO_MOMENTS }

export const NO_LATENCY_EVIDENCE: LatencyEvidence = {
  kind: 'latency',
  edges: null,
  mixture: newOnsetMixture(0),
  past: [],
  stretches: Array.from({ length: STRETCH_ENDS.length + 1 }, () => NOTHING_TOOK),
}

/** Lets the evidence grow by one slice, or chooses the edges first from the control's past alone. */
export function growLatencyEvidence(before: LatencyEvidence, slice: Slice): LatencyEvidence {
  const measured = { ...before, stretches: measure(before.stretches, slice) }
  const chosen = measured.edges === null ? chooseEdges(measured, slice) : measured
  const evidence = isOutgrown(chosen.past, slice) ? { ...chosen, past: slice.past.latency } : chosen
  if (evidence.edges === null || total(slice.candidate.latency) === 0) return evidence
  const stake = stakeOf(slice, evidence.mixture.waiting === 1)
  return { ...evidence, mixture: grow(evidence.mixture, stake, factors(slice, evidence)) }
}

/** ln E; 0 until there is something to compare with. */
export function latencyLogE({ edges, mixture }: LatencyEvidence): number {
  const watched = edges?.length ?? 0
  return watched === 0 ? 0 : logEvidence(mixture, WEIGHTS[watched] ?? [])
}

/** How the bet is divided among the alternatives, in their order, by the number of watched edges. */
const WEIGHTS: readonly (readonly number[])[] = Array.from(
  { length: WATCHED_MAX + 1 },
  (_, watched) => [
    ...Array.from({ length: watched }, () =>
      RATIO_WEIGHTS.map((weight) => ((1 - SHIFT_PART) / watched) * weight),
    ).flat(),
    ...Array.from({ length: SHIFT_ALTERNATIVES }, () => SHIFT_PART / SHIFT_ALTERNATIVES),
  ],
)

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

function chooseEdges(before: LatencyEvidence, { past }: Slice): LatencyEvidence {
  if (total(past.latency) < LEARN_MIN) return before
  const edges = watchedEdges(past.latency)
  const alternatives = edges.length * RATIO_GRID.length + SHIFT_ALTERNATIVES
  return { ...before, edges, mixture: newOnsetMixture(alternatives) }
}

function measure(
  stretches: readonly Stretch[],
  { candidate, control, age, edgesMs, company }: Slice,
): readonly Stretch[] {
  if (company === 'alone') return stretches
  const now = stretchAt(age)
  return stretches.map((stretch, i) =>
    i === now
      ? {
          candidate: addMoments(stretch.candidate, candidate.latency, edgesMs),
          control: addMoments(stretch.control, control.latency, edgesMs),
        }
      : stretch,
  )
}

function addMoments(
  before: LogMoments,
  histogram: Histogram,
  edgesMs: readonly number[],
): LogMoments {
  let { n, sum, squares } = before
  for (const [k, count] of histogram.entries()) {
    if (count === 0) continue
    // Above the last edge the edge itself stands for the latency: too little, and alike in both arms.
    const log = Math.log(edgesMs[k] ?? edgesMs.at(-1) ?? 1)
    n += count
    sum += count * log
    squares += count * log ** 2
  }
  return { n, sum, squares }
}

function isOutgrown(before: Histogram, { past }: Slice): boolean {
  return total(past.latency) >= PAST_GROWS * total(before)
}

function factors(slice: Slice, evidence: LatencyEvidence): readonly number[] {
  const edges = evidence.edges ?? []
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
  const { age, bake, habits } = slice
  const tolerance =
    slice.tolerance * Math.max(habits.slower, coldStart('latency', age, bake, habits.warming))
  const candidate = forgive(slice.candidate.latency, slice.edgesMs, tolerance, slice.allow)
  const control = slice.control.latency
  return [
    ...latencyOrder(candidate, control, past, edges),
    ...latencyShift(candidate, control, evidence.past),
  ]
}
