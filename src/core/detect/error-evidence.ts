import { MINUTE, type Millis, SECOND } from '../kernel/instant.ts'
import { guardedRate, likelyRate } from './baseline-rate.ts'
import { coldStart, STRETCH_ENDS, stretchAt } from './cold-start.ts'
import type { Habits } from './habits.ts'
import { certify } from './not-worse.ts'
import { horizonOf, type Slice, stakeOf } from './slice.ts'
import { TOLERATED_BURN } from './statistics/budget-watch.ts'
import {
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
import { RATIO_GRID, RATIO_WEIGHTS } from './statistics/ratio-grid.ts'
import type { TwoArms } from './statistics/two-arms.ts'
import { twoProp } from './statistics/two-prop.ts'

/** What differs between two healthy arms for a moment lasts about this long; so does a window, once the release is warm. */
const WINDOW: Millis = MINUTE
/** A short bake has at least this many windows, so that it can learn from the first. */
const WINDOWS_MIN = 4
/** Windows of a bake without length; shorter ones would be a window per slice. */
const WINDOW_MIN: Millis = SECOND
/** Windows kept to learn from, of the beginning of a bake: an hour, which says enough, in about 3 kB. */
const WINDOWS_KEPT = 64
/** The part of the bet on "bad from the first request". */
const STAKE_AT_START = 0.75
/** Before and after differ by more than chance: evidence without a concurrent control counts half. */
export const ALONE_ETA = 0.5
/** A bound beyond this would leave nothing to be worse than. */
const BURN_RATE_MAX = 0.95
/** Three standard deviations of the lasting difference between healthy hosts count as no difference. */
export const NOISE_SIGMAS = 3
/** A candidate that is better than the control is as good a null as one that equals it. */
const BELIEF = 'worse-or-alike'

/** The part of the bet on an outright failure: it then takes one more failed request, and all else 3 % longer. */
const OUTRIGHT_PART = 0.12
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
  /** The windows that were judged beside a control, with their age at opening, to learn from if all goes well. */
  readonly windows: readonly Window[]
}

/** What both arms did from one age of the group to the next. */
export interface Window extends TwoArms {
  readonly age: Millis
}

export function newErrorEvidence(
  tolerance: number,
  bake: Millis,
  { warming }: Habits,
): ErrorEvidence {
  return {
    kind: 'error-rate',
    beside: newHierarchicalBinomial(
      STAKE_AT_START,
      tolerance * coldStart('error-rate', 0, bake, warming),
      BELIEF,
    ),
    elsewhere: newOnsetMixture(RATIO_GRID.length),
    outright: newOnsetMixture(OUTRIGHT_ALTERNATIVES),
    windowOpenedAge: 0,
    certificate: 0,
    windows: [],
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
export function errorLogE(evidence: ErrorEvidence, { noise }: Habits): number {
  const { beside, elsewhere, outright } = evidence
  const patient =
    hierarchicalLogE(beside, noise, RATIO_WEIGHTS) + logEvidence(elsewhere, RATIO_WEIGHTS)
  return logAdd(
    Math.log(1 - OUTRIGHT_PART) + patient,
    Math.log(OUTRIGHT_PART) + logEvidence(outright, OUTRIGHT_WEIGHTS),
  )
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
  const { age, bake, habits, tolerance } = slice
  const opened = before.windowOpenedAge
  const counts = countsOf(slice)
  if (age < opened + windowLength(opened, bake))
    return { ...before, beside: addToWindow(before.beside, counts) }
  const stake = ((1 - STAKE_AT_START) * (age - opened)) / horizonOf(bake)
  const allowed = tolerance * coldStart('error-rate', age, bake, habits.warming)
  const closed = nextWindow(before.beside, habits.noise, stake, allowed)
  const next = allowed === before.beside.open.tolerance ? closed : forgetHosts(closed, BELIEF)
  const window = { age: opened, ...before.beside.open.counts }
  return {
    ...before,
    windowOpenedAge: age,
    beside: addToWindow(next, counts),
    windows:
      before.windows.length < WINDOWS_KEPT && window.n1 > 0 && window.n0 > 0
        ? [...before.windows, window]
        : before.windows,
  }
}

/** A window ends with the stretch of the start that it began in, so that each stretch is learnt by itself. */
function windowLength(opened: Millis, bake: Millis): Millis {
  const stretch = (STRETCH_ENDS[stretchAt(opened)] ?? opened + WINDOW) - opened
  return Math.max(WINDOW_MIN, Math.min(stretch, bake / WINDOWS_MIN))
}

function elsewhereFactors(slice: Slice): readonly number[] {
  const { past, tolerance, habits, age, bake } = slice
  if (slice.company === 'alone' && slice.budget !== null) {
    const rate = Math.min(BURN_RATE_MAX, TOLERATED_BURN * slice.budget * tolerance + slice.allow)
    return knownRate(slice.candidate.requests, slice.candidate.errors, rate, 1)
  }
  if (slice.company === 'alone') {
    const rate = guardedRate(past.requests, past.errors, tolerance, slice.allow)
    return knownRate(slice.candidate.requests, slice.candidate.errors, rate, ALONE_ETA)
  }
  const guard = Math.max(
    Math.exp(NOISE_SIGMAS * habits.noise.hosts),
    coldStart('error-rate', age, bake, habits.warming),
  )
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
