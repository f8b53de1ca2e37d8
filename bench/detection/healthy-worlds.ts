import { MINUTE } from '../../src/core/kernel/instant.ts'
import { slower, USUAL_LATENCY } from './latency-shape.ts'
import { BAKE_MS, calm, type Side, type World } from './world.ts'

/** Seconds of a wave of time-of-day, pressed into one bake so that all of it is seen. */
const WAVE_SECONDS = BAKE_MS / 1000
/** An outage that every side shares. */
const OUTAGE = { fromSeconds: 900, untilSeconds: 1200, times: 20 }

/**
 * Worlds in which nothing is wrong with the release: whatever fires here is a false alarm. The
 * configuration of a detector is the same for all of them; what it learns, it learns by itself.
 */
export const HEALTHY_WORLDS: readonly World[] = [
  calm('clean .1 %', 'errors of 0.1 %', 0.001),
  calm('clean 1 %', 'errors of 1 %', 0.01),
  calm('frequent 5 %', 'errors of 5 %', 0.05),
  {
    ...calm('diurnal', 'traffic and errors of 0.1 % swing by 60 %', 0.001),
    load: wave,
    trouble: wave,
  },
  {
    ...calm('shared outage', 'errors of 0.1 % are 20 times as many for 5 min, everywhere', 0.001),
    trouble: (seconds) =>
      seconds >= OUTAGE.fromSeconds && seconds < OUTAGE.untilSeconds ? OUTAGE.times : 1,
  },
  {
    ...calm(
      'noisy arms',
      'the error rate (1 %) of each host is drawn afresh every minute, σ = .5',
      0.01,
    ),
    noise: { lasting: 0, passing: 0.5, latency: 0 },
  },
  {
    ...calm('host effects', 'the error rate (1 %) of each host differs for ever, σ = .2', 0.01),
    noise: { lasting: 0.2, passing: 0, latency: 0 },
  },
  {
    ...calm(
      'cold start',
      'fresh processes fail three times as often (1 %) for their first minute',
      0.01,
    ),
    coldStart: { errors: 3, latency: 1, forMs: MINUTE },
  },
  {
    ...calm('low traffic', 'a request in five seconds, errors of 1 %', 0.01),
    perSecond: { candidate: 0.2, baseline: 0.2, fleet: 3.6 },
  },
  {
    ...calm(
      'mix shift',
      'a failing, slow endpoint goes from a tenth to nine tenths of the traffic',
      0.01,
    ),
    ...twoEndpoints(),
    mix: (_, seconds) => mixAt(seconds),
  },
  {
    ...calm(
      'counter resets',
      'counters restart with and without notice, and hosts leave sums',
      0.01,
    ),
    resets: true,
  },
]

/**
 * Worlds beyond the promise: healthy releases under conditions that the default does not claim to
 * forgive. They are measured all the same, and reported as what they are.
 */
export const HARDER_HEALTHY_WORLDS: readonly World[] = [
  {
    ...calm('slow cold start', 'as cold start, and half as slow again for the first minute', 0.01),
    coldStart: { errors: 3, latency: 1.5, forMs: MINUTE },
  },
  {
    ...calm('hosts differ in speed', 'the latency of each host differs for ever, σ = .05', 0.001),
    noise: { lasting: 0, passing: 0, latency: 0.05 },
  },
  {
    ...calm('unlike mixes', 'the candidate gets up to a third more of the failing endpoint', 0.01),
    ...twoEndpoints(),
    mix: (side, seconds) => unlikeMixAt(side, seconds),
  },
]

function wave(seconds: number): number {
  return 1 + 0.6 * Math.sin((2 * Math.PI * seconds) / WAVE_SECONDS)
}

function twoEndpoints(): Pick<World, 'endpoints'> {
  return {
    endpoints: [
      { route: '/read', errors: 0.001, latency: USUAL_LATENCY },
      { route: '/report', errors: 0.02, latency: slower(USUAL_LATENCY, 4) },
    ],
  }
}

function mixAt(seconds: number): readonly number[] {
  const failing = 0.1 + 0.8 * Math.min(1, Math.max(0, seconds / WAVE_SECONDS))
  return [1 - failing, failing]
}

function unlikeMixAt(side: Side, seconds: number): readonly number[] {
  const more = side === 'candidate' ? 1.33 : 1
  const failing = 0.3 * (1 + (more - 1) * Math.max(0, Math.sin(seconds / 300)))
  return [1 - failing, failing]
}
