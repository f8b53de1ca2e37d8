import type { Instant, Millis } from '../kernel/instant.ts'
import { type Injection, inject } from './inject.ts'
import { between, type Recording } from './recording.ts'
import { type Replayed, replay, type Settings } from './replay.ts'
import { type StaticThreshold, type ThresholdOutcome, tryThreshold } from './static-threshold.ts'
import { countedMetrics, runTrial, type Starts, startsIn, type Trial } from './trials.ts'
import type { Variation } from './variations.ts'

/** What is asked of a recording. */
export interface Question {
  readonly recording: Recording
  readonly span: { readonly from: Instant; readonly to: Instant }
  readonly settings: Settings
  readonly variations: readonly Variation[]
  readonly threshold: StaticThreshold
  /** When the one rollout that is looked at closely starts. */
  readonly start: Instant
  /** From when on the candidate is known to have been bad; null for a recording in which nothing was wrong. */
  readonly badFrom: Instant | null
  readonly injections: readonly Injection[]
  /** How far apart rollouts are started; null for a usual distance. */
  readonly startsEvery: Millis | null
  readonly seed: number
}

/** All rollouts of one kind that were started in the recording. */
export interface Trials {
  readonly every: Millis
  readonly trials: readonly Trial[]
}

/** What one set of settings would have done. */
export interface Tried {
  /** Null for the strategy as it is. */
  readonly label: string | null
  readonly settings: Settings
  /** The rollout that is looked at closely. */
  readonly main: Replayed
  /** Rollouts started where nothing was wrong. */
  readonly healthy: Trials
  /** The same ones, with each fault put into them. */
  readonly injected: readonly (Trials & { readonly injection: Injection })[]
}

/** What came out of a backtest. */
export interface Findings {
  readonly asIs: Tried
  readonly others: readonly Tried[]
  readonly threshold: readonly ThresholdOutcome[]
}

/** How far a backtest has come. */
export interface Progress {
  readonly done: number
  readonly all: number
}

/**
 * From when on the candidate of the rollout that is looked at closely is bad: as it is known, or from when
 * the first fault is put into it; null when nothing is wrong.
 */
export function badFromOf({ badFrom, injections, start }: Question): Instant | null {
  const [first] = injections
  return badFrom ?? (first === undefined ? null : start + first.after)
}

/** The recording as the closely watched rollout sees it: with the first fault in it, where it has none of its own. */
export function closelyWatched(question: Question): Recording {
  const { recording, injections, badFrom, start, seed } = question
  const [first] = injections
  if (badFrom !== null || first === undefined) return recording
  return inject(recording, first, { from: start + first.after, seed })
}

/**
 * Asks a recording everything, in small steps: between two of them the caller can show how far it has come,
 * or stop. The same question has the same answer, to the bit.
 */
export function* backtest(question: Question): Generator<Progress, Findings> {
  const { settings, variations, start, span } = question
  const sets = [settings, ...variations.map((variation) => variation.settings)]
  const all = sets.reduce((sum, one) => sum + stepsOf(question, one), 0)
  let done = 0
  const step = (): Progress => ({ done: ++done, all })
  const watched = closelyWatched(question)
  const asIs = yield* trySettings(question, watched, { label: null, settings }, step)
  const others: Tried[] = []
  for (const one of variations) others.push(yield* trySettings(question, watched, one, step))
  const end = Math.min(span.to, start + settings.group.bake)
  const metrics = countedMetrics(settings)
  const threshold = tryThreshold(watched, question.threshold, { start, end, metrics })
  return { asIs, others, threshold }
}

function* trySettings(
  question: Question,
  watched: Recording,
  { label, settings }: Pick<Tried, 'label' | 'settings'>,
  step: () => Progress,
): Generator<Progress, Tried> {
  const { start, span, injections } = question
  const end = Math.min(span.to, start + settings.group.bake)
  const before = start - Math.max(settings.group.bake, settings.detection.staleAfter) - 1
  const main = replay(between(watched, before, end), settings, { start, end, toTheEnd: true })
  yield step()
  const starts = healthyStarts(question, settings)
  const healthy = yield* runAll(question, settings, { starts, injection: null }, step)
  const injected: (Trials & { readonly injection: Injection })[] = []
  for (const injection of injections) {
    const trials = yield* runAll(question, settings, { starts, injection }, step)
    injected.push({ injection, ...trials })
  }
  return { label, settings, main, healthy, injected }
}

function* runAll(
  question: Question,
  settings: Settings,
  { starts, injection }: { readonly starts: Starts; readonly injection: Injection | null },
  step: () => Progress,
): Generator<Progress, Trials> {
  const trials: Trial[] = []
  for (const [place, start] of starts.at.entries()) {
    const seed = question.seed + place
    trials.push(runTrial({ ...question, settings, seed }, start, injection))
    yield step()
  }
  return { every: starts.every, trials }
}

function healthyStarts({ span, badFrom, startsEvery }: Question, { group }: Settings): Starts {
  const to = Math.min(span.to, badFrom ?? span.to)
  return startsIn({ from: span.from, to }, group.bake, startsEvery)
}

function stepsOf(question: Question, settings: Settings): number {
  return 1 + healthyStarts(question, settings).at.length * (1 + question.injections.length)
}
