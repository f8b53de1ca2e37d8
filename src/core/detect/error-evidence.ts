import { type Millis, SECOND } from '../kernel/instant.ts'
import { guardedRate, likelyRate } from './baseline-rate.ts'
import { coldStart, warmAfter } from './cold-start.ts'
import { certify } from './not-worse.ts'
import { horizonOf, type Slice, stakeOf } from './slice.ts'
import {
  type ArmNoise,
  addToWindow,
  forgetHosts,
  type HierarchicalBinomial,
  hierarchicalLogE,
  newHierarchicalBinomial,
  nextWindow,
} from './statistics/hierarchical-binomial.ts'
import { knownRate } from './statistics/known-rate.ts'
import { logAdd } from './statistics/log-space.ts'
import {
  grow,
  logEvidence,
  newOnsetMixture,
  type OnsetMixture,
} from './statistics/onset-mixture.ts'
import { OUTRIGHT_ALTERNATIVES, outrightFailure } from './statistics/outright-failure.ts'
import { RATIO_GRID } from './statistics/ratio-grid.ts'
import { twoProp } from './statistics/two-prop.ts'

/** Windows of a bake without length; shorter ones would be a window per slice. */
const WINDOW_MIN: Millis = SECOND
/** The part of the bet on "bad from the first request" (reference: 0.6 for windows). */
const STAKE_AT_START = 0.6
/** Before and after differ by more than chance: evidence without a concurrent control counts half. */
const ALONE_ETA = 0.5
/** Three standard deviations of the lasting difference between healthy hosts count as no difference. */
const NOISE_SIGMAS = 3
/** A candidate that is better than the control is as good a null as one that equals it. */
const BELIEF = 'worse-or-alike'
const WEIGHTS = RATIO_GRID.map(() => 1 / RATIO_GRID.length)

/** Half of the evidence looks for an outright failure, half for being worse at all: ln 2 each, about a tenth of the delay. */
const HALF = Math.log(0.5)
const OUTRIGHT_WEIGHTS = Array.from(
  { length: OUTRIGHT_ALTERNATIVES },
  () => 1 / OUTRIGHT_ALTERNATIVES,
)

/**
 * What a group's errors say. Slices with ample control and slices without it feed separate
 * e-processes, chosen by the amount of traffic alone; each stands still while the other
 * moves, so that their product is an e-process too.
 */
export interface ErrorEvidence {
  readonly kind: 'error-rate'
  readonly beside: HierarchicalBinomial
  readonly elsewhere: OnsetMixture
  /** Absolute and quick, beside the relative and patient. */
  readonly outright: OnsetMixture
  readonly windowOpenedAge: Millis
  /** ln of the mirrored e-value against "worse by the margin that matters". */
  readonly certificate: number
}

export function newErrorEvidence(tolerance: number, bake: Millis): ErrorEvidence {
  return {
    kind: 'error-rate',
    beside: newHierarchicalBinomial(
      STAKE_AT_START,
      tolerance * coldStart('error-rate', 0, bake),
      BELIEF,
    ),
    elsewhere: newOnsetMixture(RATIO_GRID.length),
    outright: newOnsetMixture(OUTRIGHT_ALTERNATIVES),
    windowOpenedAge: 0,
    certificate: 0,
  }
}

/** Lets the evidence grow by one slice. */
export function growErrorEvidence(before: ErrorEvidence, slice: Slice): ErrorEvidence {
  if (slice.candidate.requests === 0) return before
  const after = {
    ...before,
    certificate: before.certificate + certify(slice),
    outright: slice.company === 'alone' ? before.outright : growOutright(before.outright, slice),
  }
  // What is allowed as a difference has no place among ratios: the two-sample test takes it.
  if (slice.company === 'beside' && slice.allow === 0) return growBeside(after, slice)
  const stake = stakeOf(slice, before.elsewhere.waiting === 1)
  return { ...after, elsewhere: grow(before.elsewhere, stake, elsewhereFactors(slice)) }
}

/** ln E. */
export function errorLogE(evidence: ErrorEvidence, noise: ArmNoise): number {
  const { beside, elsewhere, outright } = evidence
  const patient = hierarchicalLogE(beside, noise) + logEvidence(elsewhere, WEIGHTS)
  return logAdd(HALF + patient, HALF + logEvidence(outright, OUTRIGHT_WEIGHTS))
}

function growOutright(before: OnsetMixture, slice: Slice): OnsetMixture {
  const likely = likelyRate(slice.past.requests, slice.past.errors)
  return grow(
    before,
    stakeOf(slice, before.waiting === 1),
    outrightFailure(countsOf(slice), likely, slice.allow),
  )
}

function growBeside(before: ErrorEvidence, slice: Slice): ErrorEvidence {
  const { age, bake, noise, tolerance } = slice
  const horizon = horizonOf(bake)
  const openFor = age - before.windowOpenedAge
  const counts = countsOf(slice)
  // The first window is the one in which a cold start is forgiven; the others are as long.
  if (openFor < Math.max(WINDOW_MIN, warmAfter(bake)))
    return { ...before, beside: addToWindow(before.beside, counts) }
  const stake = ((1 - STAKE_AT_START) * openFor) / horizon
  const allowed = tolerance * coldStart('error-rate', age, bake)
  const closed = nextWindow(before.beside, noise, stake, allowed)
  const next = allowed === before.beside.open.tolerance ? closed : forgetHosts(closed, BELIEF)
  return { ...before, windowOpenedAge: age, beside: addToWindow(next, counts) }
}

function elsewhereFactors(slice: Slice): readonly number[] {
  const { past, tolerance, noise, age, bake } = slice
  if (slice.company === 'alone') {
    const rate = guardedRate(past.requests, past.errors, tolerance, slice.allow)
    return knownRate(slice.candidate.requests, slice.candidate.errors, rate, ALONE_ETA)
  }
  const guard = Math.max(Math.exp(NOISE_SIGMAS * noise.hosts), coldStart('error-rate', age, bake))
  return twoProp(
    countsOf(slice),
    { ratio: tolerance * guard, offset: slice.allow },
    likelyRate(past.requests, past.errors),
  )
}

function countsOf({ candidate, control }: Slice) {
  return {
    n1: candidate.requests,
    x1: candidate.errors,
    n0: control.requests,
    x0: control.errors,
  }
}
