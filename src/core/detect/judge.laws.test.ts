import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Behaviour, FakeTraffic, seeded } from '../../../test/support/fake-traffic.ts'
import { MINUTE } from '../kernel/instant.ts'
import { STRETCH_ENDS } from './cold-start.ts'
import { judge } from './judge.ts'
import type { Lessons } from './lessons.ts'
import type { Arm, Reading } from './reading.ts'
import { NO_COMPARISONS } from './statistics/calibrate-noise.ts'
import { type Baseline, observe, startWatch, type WatchConfig } from './watch.ts'

const START = 1_800_000_000_000
const TICK = 500
/** All of a comparison of looks lies within one window: what falls on its border belongs to one side of it. */
const SHORT_TICK = 75

function config(share: number): WatchConfig {
  const metric = { name: 'errors', source: 's', kind: 'error-rate' as const }
  return {
    startedAt: START,
    group: { share, bake: 2 * MINUTE, minExposure: 50 },
    groups: 1,
    detection: {
      falseAlarms: 0.01,
      staleAfter: 15_000,
      metrics: [{ ...metric, tolerance: 1, weight: 1, shadow: false }],
    },
    baseline: null,
  }
}

/** What one tick brings, and how its reading travels. */
const Tick = fc.record({
  n1: fc.integer({ min: 1, max: 30 }),
  x1: fc.integer({ min: 0, max: 2 }),
  n0: fc.integer({ min: 1, max: 300 }),
  x0: fc.integer({ min: 0, max: 3 }),
  restart: fc.boolean(),
  lost: fc.boolean(),
  /** Old readings that arrive again with this one: how many ticks ago. */
  again: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 4 }),
  candidateLast: fc.boolean(),
})

interface Counter {
  readonly requests: number
  readonly errors: number
}

function toReading(arm: Arm, at: number, epoch: string, { requests, errors }: Counter): Reading {
  return { metric: 'errors', arm, at, epoch, requests, errors, edgesMs: [], latency: [] }
}

describe('every request counts once', () => {
  test('whatever is repeated, late, lost on the way or restarted', () => {
    fc.assert(
      fc.property(fc.array(Tick, { minLength: 20, maxLength: 60 }), (ticks) => {
        let state = startWatch(config(1000))
        let epoch = 0
        const counters: Record<Arm, Counter> = {
          candidate: { requests: 5, errors: 1 },
          control: { requests: 900, errors: 2 },
        }
        const sent: (readonly Reading[])[] = []
        const readAll = (at: number): readonly Reading[] =>
          (['candidate', 'control'] as const).map((arm) =>
            toReading(arm, at, `e${epoch}`, counters[arm]),
          )
        state = observe(state, { source: 's', readings: readAll(START) }, START)
        const truth = { candidate: { n: 0, events: 0 }, control: { n: 0, events: 0 } }

        for (const [i, tick] of ticks.entries()) {
          const [x1, x0] = [Math.min(tick.x1, tick.n1), Math.min(tick.x0, tick.n0)]
          const now = START + (i + 1) * TICK
          counters.candidate = more(counters.candidate, tick.n1, x1)
          counters.control = more(counters.control, tick.n0, x0)
          truth.candidate = plus(truth.candidate, tick.n1, x1)
          truth.control = plus(truth.control, tick.n0, x0)

          const readings = readAll(now)
          sent.push(readings)
          const old = tick.again.flatMap((ago) => sent[sent.length - 1 - ago] ?? [])
          const last = i === ticks.length - 1
          // A reading may be lost unless the counters restart right after it: then its counts are gone.
          const fresh = tick.lost && !tick.restart && !last ? [] : readings
          const ordered = tick.candidateLast ? fresh.toReversed() : fresh
          state = observe(state, { source: 's', readings: [...old, ...ordered, ...old] }, now)
          if (tick.restart) {
            epoch += 1
            counters.candidate = { requests: 0, errors: 0 }
            counters.control = { requests: 0, errors: 0 }
          }
        }
        // A failing verdict keeps the numbers it was reached with; the counts go on.
        const [evidence] = judge({ ...state, fired: null }, START + ticks.length * TICK).evidence
        expect(evidence).toMatchObject(truth)
      }),
      { numRuns: 300 },
    )
  })
})

function more({ requests, errors }: Counter, n: number, x: number): Counter {
  return { requests: requests + n, errors: errors + x }
}

function plus({ n, events }: { n: number; events: number }, more_: number, x: number) {
  return { n: n + more_, events: events + x }
}

const KNOWN: Baseline = {
  metrics: {
    errors: { counts: { requests: 100_000, errors: 1000, latency: [] }, edgesMs: [] },
  },
  routes: {},
}

describe('how often somebody looks', () => {
  const share = fc.constantFrom(1000, 5000)
  const half = fc.record({
    n1: fc.integer({ min: 1, max: 40 }),
    x1: fc.integer({ min: 0, max: 3 }),
    jitter: fc.double({ min: 0.8, max: 1.25, noNaN: true }),
    x0: fc.integer({ min: 0, max: 3 }),
  })

  // A control that is known already, and a start that is warm from the first request: learning about
  // the one, and forgiving the other by the age of the look, would blur the comparison.
  test('changes nothing that matters: two like halves of a tick say what the tick says', () => {
    fc.assert(
      fc.property(share, fc.array(half, { minLength: 1, maxLength: 30 }), (buckets, halves) => {
        const perRequest = (10_000 - buckets) / buckets
        const arrived = halves.flatMap(({ n1, x1, x0, jitter }) => {
          const one = { n1, x1, x0, n0: Math.max(1, Math.round(n1 * perRequest * jitter)) }
          return [one, one]
        })
        const whole = logEAfter(buckets, arrived, 1)
        const split = logEAfter(buckets, arrived, 2)
        // The rate that is expected of the control moves with every look, hence not to the last digit.
        expect(Math.abs(whole - split)).toBeLessThan(1 + 0.05 * Math.abs(whole))
      }),
    )
  })
})

const NO_COLD_STARTS: Lessons = {
  kind: 'error-rate',
  groups: 20,
  starts: STRETCH_ENDS.map(() => ({ seen: 100, expected: 100 })),
  noise: NO_COMPARISONS,
}

function logEAfter(
  buckets: number,
  halves: readonly { n1: number; x1: number; n0: number; x0: number }[],
  looks: number,
): number {
  let state = startWatch({
    ...config(buckets),
    baseline: KNOWN,
    learnt: { errors: NO_COLD_STARTS },
  })
  const counters = { candidate: [0, 0], control: [0, 0] }
  const look = (now: number) => {
    const readings = (['candidate', 'control'] as const).map((arm) => {
      const [requests = 0, errors = 0] = counters[arm]
      return toReading(arm, now, 'e', { requests, errors })
    })
    state = observe(state, { source: 's', readings }, now)
  }
  look(START)
  for (const [i, { n1, x1, n0, x0 }] of halves.entries()) {
    for (const part of [1, 2]) {
      counters.candidate = sum(counters.candidate, [n1, Math.min(n1, x1)])
      counters.control = sum(counters.control, [n0, Math.min(n0, x0)])
      if (part % (3 - looks) === 0) look(START + (2 * i + part) * SHORT_TICK)
    }
  }
  return state.metrics[0]?.logE ?? Number.NaN
}

function sum(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + (b[i] ?? 0))
}

function fine(rps: number): Behaviour {
  return { rps, errors: 0.02 }
}

describe('no order of polling makes a good candidate fail more often', () => {
  /** Which arms a poll answers for, given the tick and a coin. */
  const ORDERS: Readonly<Record<string, (tick: number, coin: number) => readonly Arm[]>> = {
    'both at once': () => ['candidate', 'control'],
    'the arms in turns': (tick) => (tick % 2 === 0 ? ['candidate'] : ['control']),
    'the control seldom': (tick) => (tick % 9 === 0 ? ['candidate', 'control'] : ['candidate']),
    'at random': (_, coin) => {
      if (coin < 0.3) return ['candidate']
      if (coin < 0.6) return ['control']
      return coin < 0.8 ? ['candidate', 'control'] : []
    },
  }

  test.each(Object.entries(ORDERS))('%s', (_, order) => {
    let failures = 0
    for (let seed = 1; seed <= 100; seed += 1) {
      for (const [buckets, candidate, control] of [
        [1000, 5, 45],
        [5000, 25, 25],
      ] as const) {
        const traffic = new FakeTraffic(seed, START)
        const random = seeded(seed * 31)
        let state = startWatch(config(buckets))
        for (let tick = 0; tick < 240; tick += 1) {
          traffic.run(TICK, { candidate: fine(candidate), control: fine(control) })
          const readings = order(tick, random()).map((arm) => traffic.reading('errors', arm))
          state = observe(state, { source: 's', readings }, traffic.at)
        }
        failures += state.fired === null ? 0 : 1
      }
    }
    // 200 rollouts at 1 % are 2; 7 or more would be a chance of one in two hundred.
    expect(failures).toBeLessThanOrEqual(6)
  })
})
