import { describe, expect, test } from 'vitest'
import {
  type Behaviour,
  FakeTraffic,
  lognormal,
  seeded,
} from '../../../test/support/fake-traffic.ts'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import { observe, startWatch, type WatchConfig } from './watch.ts'

const START = 1_800_000_000_000
const TICK = 500
const ROLLOUTS = 25
/** 25 rollouts at 1 % fail 0.25 times on average; three or more would be a chance of one in five hundred. */
const FAILURES_MAX = 2
const BODY = lognormal(80, 0.5)

type World = (seconds: number, seed: number) => Readonly<Record<'candidate' | 'control', Behaviour>>

function both(candidate: number, control: number): World {
  return () => ({
    candidate: { rps: 10, errors: candidate, latencyMs: BODY },
    control: { rps: 90, errors: control, latencyMs: BODY },
  })
}

/** Worlds in which nothing is wrong with the release. */
const WORLDS: Readonly<Record<string, World>> = {
  'rare errors': both(0.001, 0.001),
  'frequent errors': both(0.05, 0.05),
  'an outage that both arms share': (seconds, seed) => {
    const rate = seconds > 40 && seconds < 70 ? 0.02 : 0.001
    return both(rate, rate)(seconds, seed)
  },
  'a host that always fails a fifth more': () => ({
    candidate: { rps: 100, errors: 0.06 },
    control: { rps: 900, errors: 0.05 },
  }),
  'a candidate that begins better and becomes as good as the control': (seconds) => ({
    candidate: { rps: 100, errors: seconds < 60 ? 0.03 : 0.05 },
    control: { rps: 900, errors: 0.05 },
  }),
  'a cold start of three times the errors and half more latency': (seconds) => ({
    candidate: {
      rps: 10,
      errors: seconds < 20 ? 0.03 : 0.01,
      latencyMs: lognormal(seconds < 10 ? 120 : 80, 0.5),
    },
    control: { rps: 90, errors: 0.01, latencyMs: BODY },
  }),
  'traffic that comes and goes': (seconds) => {
    const wave = 1 + 0.9 * Math.sin(seconds / 20)
    return {
      candidate: { rps: 10 * wave, errors: 0.01, latencyMs: BODY },
      control: { rps: 90 * wave, errors: 0.01, latencyMs: BODY },
    }
  },
  'hardly any traffic': () => ({
    candidate: { rps: 0.2, errors: 0.02, latencyMs: BODY },
    control: { rps: 1.8, errors: 0.02, latencyMs: BODY },
  }),
}

function config(): WatchConfig {
  const metric = { source: 'router', tolerance: 1, weight: 1, shadow: false }
  return {
    startedAt: START,
    group: { share: 1000, bake: 2 * MINUTE, minExposure: 50 },
    groups: 1,
    detection: {
      falseAlarms: 0.01,
      staleAfter: 15 * SECOND,
      metrics: [
        { ...metric, name: 'errors', kind: 'error-rate' },
        { ...metric, name: 'latency', kind: 'latency' },
      ],
    },
    baseline: null,
  }
}

describe('a good release is hardly ever stopped', () => {
  test.each(Object.entries(WORLDS))('in a world with %s', (_, world) => {
    let failures = 0
    for (let seed = 1; seed <= ROLLOUTS; seed += 1) {
      const traffic = new FakeTraffic(Math.floor(seeded(seed)() * 1e9), START)
      let state = startWatch(config())
      for (let tick = 0; tick < 240; tick += 1) {
        state = observe(state, traffic.poll('errors', 'latency'), traffic.at)
        traffic.run(TICK, world((tick * TICK) / SECOND, seed))
      }
      failures += state.fired === null ? 0 : 1
    }
    expect(failures).toBeLessThanOrEqual(FAILURES_MAX)
  })
})
