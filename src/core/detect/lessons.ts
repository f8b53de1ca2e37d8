import { STRETCH_ENDS, stretchAt, usualWarming, type Warming } from './cold-start.ts'
import type { ErrorEvidence } from './error-evidence.ts'
import { type Habits, USUAL_HABITS } from './habits.ts'
import type { LatencyEvidence, LogMoments } from './latency-evidence.ts'
import {
  calibrateNoise,
  NO_COMPARISONS,
  type NoiseLikelihood,
  noiseLikelihood,
} from './statistics/calibrate-noise.ts'

/** Older groups fade by this much with each new one, so that some twenty groups are remembered. */
const MEMORY = 0.95
/** Before anything was learnt, a start is believed to be the usual one, as firmly as two groups would teach it. */
const USUAL_STARTS = 2
/** That belief yields where failures are many: it is worth no more expected failures than this per stretch. */
const USUAL_EVENTS = 3
/** Fewer good groups than this, faded or not, tell nothing that could be relied on. */
const GROUPS_LEAST = 3 * MEMORY ** 3
/** In nats: what a step of a start must explain to be believed. */
const STEP_PRICE = 1
/** How many standard deviations of healthy starts are still a healthy start. */
const SIGMAS = 2
/** Smaller differences of latency are within what buckets can tell. */
const SLOWER_MIN = 1.03

/** What past good groups of a workload taught about its errors. */
export interface ErrorLessons {
  readonly kind: 'error-rate'
  readonly groups: number
  /** Per stretch of a start: failures of the candidates, and how many the controls would have had. */
  readonly starts: readonly { readonly seen: number; readonly expected: number }[]
  readonly noise: NoiseLikelihood
}

/** What past good groups of a workload taught about its latency. */
export interface LatencyLessons {
  readonly kind: 'latency'
  /** Per stretch of a start, and last for the time after it: ln of how many times slower the candidates were. */
  readonly stretches: readonly Spread[]
}

interface Spread {
  readonly n: number
  readonly sum: number
  readonly squares: number
  /** The variance that chance alone gave these differences, since each is a mean of so many requests. */
  readonly chance: number
}

export type Lessons = ErrorLessons | LatencyLessons

/** What past good groups of a workload taught, by metric. JSON; what is lost is learnt again. */
export type Learnt = Readonly<Record<string, Lessons>>

/** The shape of the lessons. Others are not read: what they taught is learnt again. */
export const LESSONS_VERSION = 2

const NO_SPREAD: Spread = { n: 0, sum: 0, squares: 0, chance: 0 }

/**
 * Adds what a group taught that turned out well; a group without anything to compare teaches
 * nothing. The caller leaves out releases that turned out bad: what failed must not become what is usual.
 */
export function learn(
  before: Lessons | undefined,
  evidence: ErrorEvidence | LatencyEvidence,
): Lessons | undefined {
  if (evidence.kind === 'latency') {
    return learnLatency(before?.kind === 'latency' ? before : undefined, evidence)
  }
  return learnErrors(before?.kind === 'error-rate' ? before : undefined, evidence)
}

/** What the lessons make usual for the workload. */
export function habitsFrom(lessons: Lessons | undefined): Habits {
  if (lessons === undefined) return USUAL_HABITS
  if (lessons.kind === 'latency') return latencyHabits(lessons)
  const { groups, noise } = lessons
  if (groups < GROUPS_LEAST) return USUAL_HABITS
  const { hosts, moments } = calibrateNoise(noise)
  return {
    ...USUAL_HABITS,
    // A spread learnt of so few is known to within one part in √(2·groups); half of that is added.
    noise: { hosts: hosts * (1 + 0.5 / Math.sqrt(2 * groups)), moments },
    warming: errorWarming(lessons),
  }
}

function learnErrors(
  before: ErrorLessons | undefined,
  { windows }: ErrorEvidence,
): ErrorLessons | undefined {
  if (windows.length === 0) return before
  const starts = STRETCH_ENDS.map((_, stretch) => {
    const old = before?.starts[stretch] ?? { seen: 0, expected: 0 }
    const own = windows.filter(({ age }) => stretchAt(age) === stretch)
    const seen = own.reduce((sum, { x1 }) => sum + x1, 0)
    const expected = own.reduce((sum, { n1, n0, x0 }) => sum + (n1 * x0) / n0, 0)
    return { seen: MEMORY * old.seen + seen, expected: MEMORY * old.expected + expected }
  })
  const steady = windows.filter(({ age }) => stretchAt(age) === STRETCH_ENDS.length)
  const old = before?.noise ?? NO_COMPARISONS
  const news = steady.length === 0 ? NO_COMPARISONS : noiseLikelihood(steady)
  return {
    kind: 'error-rate',
    groups: MEMORY * (before?.groups ?? 0) + 1,
    starts,
    noise: news.map((log, cell) => log + MEMORY * (old[cell] ?? 0)),
  }
}

/**
 * The likeliest start of at most two steps down to normal, the usual one counting as much as two groups of
 * average size. A step must explain what was seen better than none does, or rare errors would
 * widen the tolerance by chance.
 */
function errorWarming({ groups, starts }: ErrorLessons): Warming {
  const usual = usualWarming('error-rate')
  const believed = starts.map(({ seen, expected }, stretch) => {
    const prior = Math.min(USUAL_EVENTS, (USUAL_STARTS * expected) / groups)
    return { seen: seen + prior * (usual[stretch] ?? 1), expected: expected + prior }
  })
  let best = { gain: 0, factors: starts.map(() => 1) }
  for (let first = 0; first <= starts.length; first += 1) {
    for (let end = Math.max(1, first); end <= starts.length; end += 1) {
      const [high, low] = [step(believed.slice(0, first)), step(believed.slice(first, end))]
      const gain = high.gain + low.gain
      if (gain <= best.gain || (first > 0 && first < end && high.factor < low.factor)) continue
      const factors = starts.map((_, i) => (i < first ? high.factor : i < end ? low.factor : 1))
      best = { gain, factors }
    }
  }
  return best.factors
}

/** The likeliest factor of a step, at least 1, and by how many nats it explains more than 1 does, after its price. */
function step(stretches: ErrorLessons['starts']): {
  readonly factor: number
  readonly gain: number
} {
  const seen = stretches.reduce((sum, stretch) => sum + stretch.seen, 0)
  const expected = stretches.reduce((sum, stretch) => sum + stretch.expected, 0)
  if (stretches.length === 0) return { factor: 1, gain: 0 }
  const factor = expected > 0 ? Math.max(1, seen / expected) : 1
  return { factor, gain: seen * Math.log(factor) - expected * (factor - 1) - STEP_PRICE }
}

function learnLatency(
  before: LatencyLessons | undefined,
  { stretches }: LatencyEvidence,
): LatencyLessons {
  return {
    kind: 'latency',
    stretches: Array.from({ length: STRETCH_ENDS.length + 1 }, (_, i) => {
      const old = before?.stretches[i] ?? NO_SPREAD
      const own = stretches[i]
      if (own === undefined || own.candidate.n === 0 || own.control.n === 0) return old
      const [one, other] = [meanOf(own.candidate), meanOf(own.control)]
      const difference = one.mean - other.mean
      return {
        n: MEMORY * old.n + 1,
        sum: MEMORY * old.sum + difference,
        squares: MEMORY * old.squares + difference ** 2,
        chance: MEMORY * old.chance + one.variance + other.variance,
      }
    }),
  }
}

function latencyHabits({ stretches }: LatencyLessons): Habits {
  const usual = usualWarming('latency')
  return {
    ...USUAL_HABITS,
    warming: STRETCH_ENDS.map((_, i) => slower(stretches[i]) ?? usual[i] ?? 1),
    slower: slower(stretches[STRETCH_ENDS.length]) ?? 1,
  }
}

/**
 * How many times slower a healthy candidate may be; null before enough of them were seen. What chance
 * explains is taken off: a mean within two standard errors of none is none, and the spread is what
 * exceeds that of chance by one standard error.
 */
function slower(spread: Spread | undefined): number | null {
  if (spread === undefined || spread.n < GROUPS_LEAST) return null
  const { n } = spread
  const mean = spread.sum / n
  const seen = Math.max(0, spread.squares / n - mean ** 2)
  const chance = (spread.chance / n) * (1 + Math.sqrt(2 / n))
  const deviation = Math.sqrt(Math.max(0, seen - chance))
  const isReal = Math.abs(mean) > SIGMAS * Math.sqrt(Math.max(seen, chance) / n)
  const factor = Math.exp((isReal ? mean : 0) + SIGMAS * deviation)
  return factor < SLOWER_MIN ? 1 : factor
}

/** The mean of the logarithms, and the variance that it has because it is a mean of so many. */
function meanOf({ n, sum, squares }: LogMoments): {
  readonly mean: number
  readonly variance: number
} {
  const mean = sum / n
  return { mean, variance: Math.max(0, squares / n - mean ** 2) / n }
}
