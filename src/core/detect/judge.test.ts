import { describe, expect, test } from 'vitest'
import { type Behaviour, FakeTraffic, lognormal } from '../../../test/support/fake-traffic.ts'
import { MINUTE } from '../kernel/instant.ts'
import type { Metric } from '../strategy/schema.ts'
import type { Verdict } from '../words/verdict.ts'
import { NOTHING } from './counter.ts'
import { judge } from './judge.ts'
import {
  baselineOf,
  observe,
  sourceFailed,
  startWatch,
  type WatchConfig,
  worstRoutes,
} from './watch.ts'
import type { WatchState } from './watch-state.ts'

const START = 1_800_000_000_000
const TICK = 500
const ERRORS: Metric = {
  name: 'errors',
  source: 'router',
  kind: 'error-rate',
  tolerance: 1,
  weight: 1,
  shadow: false,
}
const LATENCY: Metric = { ...ERRORS, name: 'latency', kind: 'latency', tolerance: 1.1 }
const FINE: Behaviour = { rps: 50, errors: 0.001 }

function config(share: number, metrics: readonly Metric[] = [ERRORS]): WatchConfig {
  return {
    startedAt: START,
    group: { share, bake: 10 * MINUTE, minExposure: 50 },
    groups: 3,
    detection: { falseAlarms: 0.01, staleAfter: 15_000, metrics: [...metrics] },
    baseline: null,
  }
}

interface Run {
  readonly state: WatchState
  readonly verdict: Verdict
  readonly ticks: number
  readonly traffic: FakeTraffic
}

function runUntil(
  watch: WatchConfig,
  behaviour: { readonly candidate: Behaviour; readonly control: Behaviour },
  ends: (verdict: Verdict, ticks: number) => boolean,
  seed = 1,
): Run {
  const traffic = new FakeTraffic(seed, START)
  const names = watch.detection.metrics.map(({ name }) => name)
  let state = observe(startWatch(watch), traffic.poll(...names), START)
  for (let ticks = 1; ticks <= 10_000; ticks += 1) {
    traffic.run(TICK, behaviour)
    state = observe(state, traffic.poll(...names), traffic.at)
    const verdict = judge(state, traffic.at)
    if (ends(verdict, ticks)) return { state, verdict, ticks, traffic }
  }
  throw new Error('the run did not end within 10,000 ticks')
}

function meanOf(evidence: Verdict['evidence']): number {
  return Math.log(evidence.reduce((sum, { logE }) => sum + Math.exp(logE) / evidence.length, 0))
}

const failed = (verdict: Verdict) => verdict.kind === 'fail'

describe('a candidate that fails', () => {
  test('every request, at 5 % share, is caught within five failed requests', () => {
    const slow = { candidate: { rps: 2, errors: 1 }, control: { rps: 38, errors: 0.001 } }
    const { verdict } = runUntil(config(500), slow, failed)
    expect(verdict.evidence[0]?.candidate.events).toBeLessThanOrEqual(5)
    expect(verdict.because).toMatch(
      /^errors: candidate \d of \d \(100 %\) against control .*; a fair candidate would look this bad less than once in .* rollouts$/,
    )
  })

  test.each([
    ['half', 5000, 50, 50],
    ['three quarters', 7500, 75, 25],
  ])('every request, at %s of the traffic, is caught on the first tick', (_, share, one, other) => {
    const behaviour = { candidate: { rps: one, errors: 1 }, control: { rps: other, errors: 0.001 } }
    expect(runUntil(config(share), behaviour, failed).ticks).toBe(1)
  })

  test('one request in twenty is caught within seconds', () => {
    const behaviour = { candidate: { rps: 10, errors: 0.05 }, control: { rps: 190, errors: 0.001 } }
    expect(runUntil(config(500), behaviour, failed).ticks).toBeLessThan(60)
  })

  test('by being slow is caught, and the sentence says where', () => {
    const behaviour = {
      candidate: { rps: 20, errors: 0, latencyMs: lognormal(160, 0.5) },
      control: { rps: 80, errors: 0, latencyMs: lognormal(80, 0.5) },
    }
    const { verdict, ticks } = runUntil(config(2000, [LATENCY]), behaviour, failed)
    // 30 s are forgiven for warming up, less and less; twice as slow stands out after half of them.
    expect(ticks).toBeLessThan(60)
    expect(verdict.because).toMatch(/^latency: slower than \d+ms were candidate/)
  })

  test('fails at the moment the evidence reaches what was promised, and not before', () => {
    const bad = { candidate: { rps: 50, errors: 0.04 }, control: { rps: 50, errors: 0.01 } }
    let before = 0
    const { verdict } = runUntil(config(5000), bad, ({ kind, evidence: [errors] }) => {
      if (kind !== 'fail') before = errors?.logE ?? 0
      return kind === 'fail'
    })
    const promised = Math.log(3 / 0.01)
    expect(verdict.evidence[0]?.logEToFire).toBeCloseTo(promised, 10)
    expect(before).toBeLessThan(promised)
    expect(before).toBeGreaterThan(promised - 2)
    expect(verdict.evidence[0]?.logE).toBeGreaterThanOrEqual(promised)
  })

  test('fails by the weighted mean of its metrics, and names the guilty one', () => {
    const bad = { candidate: { rps: 50, errors: 0.04 }, control: { rps: 50, errors: 0.01 } }
    let before = 0
    const { verdict } = runUntil(config(5000, [ERRORS, LATENCY]), bad, ({ kind, evidence }) => {
      if (kind !== 'fail') before = meanOf(evidence)
      return kind === 'fail'
    })
    const promised = Math.log(3 / 0.01)
    expect(before).toBeLessThan(promised)
    expect(before).toBeGreaterThan(promised - 2)
    expect(meanOf(verdict.evidence)).toBeGreaterThanOrEqual(promised)
    expect(verdict.evidence.map(({ verdict: kind }) => kind)).toEqual(['fail', 'inconclusive'])
  })

  test('is caught as well when the control is read seldom', () => {
    const bad = { candidate: { rps: 20, errors: 0.3 }, control: { rps: 20, errors: 0.02 } }
    expect(readingControlSeldom(bad).kind).toBe('fail')
  })

  test('is not failed for one request and its retry', () => {
    const traffic = new FakeTraffic(1, START)
    const lull = { candidate: { rps: 0, errors: 0 }, control: { rps: 2000, errors: 0 } }
    let state = observe(startWatch(config(10)), traffic.poll('errors'), START)
    traffic.run(TICK, lull)
    const failing = { ...traffic.reading('errors', 'candidate'), requests: 2, errors: 2 }
    const readings = [failing, traffic.reading('errors', 'control')]
    state = observe(state, { source: 'router', readings }, traffic.at)
    expect(judge(state, traffic.at).kind).toBe('inconclusive')
    expect(state.metrics[0]?.logE).toBeGreaterThan(state.logFire)
  })

  test('stays failed though it calms down', () => {
    const bad = { candidate: { rps: 50, errors: 1 }, control: FINE }
    const { state, traffic } = runUntil(config(5000), bad, failed)
    traffic.run(60_000, { candidate: FINE, control: FINE })
    const later = observe(state, traffic.poll('errors'), traffic.at)
    expect(judge(later, traffic.at).kind).toBe('fail')
  })

  test('names the route that fails', () => {
    const { state } = runUntil(
      config(500),
      { candidate: { rps: 10, errors: 1 }, control: { rps: 190, errors: 0.001 } },
      failed,
    )
    expect(worstRoutes(state).map(({ route }) => route)).toEqual(['/'])
  })
})

describe('when no control runs beside the candidate', () => {
  const nobody: Behaviour = { rps: 0, errors: 0 }

  function learnt(seed: number) {
    const before = {
      candidate: nobody,
      control: { rps: 100, errors: 0.001, latencyMs: lognormal(80, 0.5) },
    }
    const { state } = runUntil(
      config(500, [ERRORS, LATENCY]),
      before,
      (_, ticks) => ticks > 240,
      seed,
    )
    return baselineOf(state)
  }

  test('what the control did for a few seconds, while the candidate was being started, is known', () => {
    const before = { candidate: nobody, control: { rps: 100, errors: 0.1 } }
    const { state } = runUntil(config(500), before, (_, ticks) => ticks >= 10)
    const { requests, errors } = baselineOf(state).metrics['errors']?.counts ?? NOTHING
    expect(requests).toBeGreaterThan(300)
    expect(errors).toBeGreaterThan(10)
  })

  test.each([
    ['with a baseline', true],
    ['without one', false],
  ])(
    'five failures in a hundred are caught, and look fine for a moment in two of a hundred runs at most, %s',
    (_, known) => {
      let waved = 0
      for (let seed = 1; seed <= 100; seed += 1) {
        const short = { share: 10_000, bake: 2000, minExposure: 50 }
        const baseline = known ? learnt(seed) : null
        const watch = { ...config(10_000), group: short, baseline }
        let passed = false
        const { ticks } = runUntil(
          watch,
          { candidate: { rps: 50, errors: 0.05 }, control: nobody },
          (verdict) => {
            passed ||= verdict.kind === 'pass'
            return verdict.kind === 'fail'
          },
          seed,
        )
        waved += passed ? 1 : 0
        expect(ticks).toBeLessThan(120)
      }
      expect(waved).toBeLessThanOrEqual(2)
    },
  )

  test('every request failing is caught on the first tick', () => {
    const watch = { ...config(10_000), baseline: learnt(1) }
    const behaviour = { candidate: { rps: 50, errors: 1 }, control: nobody }
    expect(runUntil(watch, behaviour, failed).ticks).toBe(1)
  })

  test('twice the latency is caught', () => {
    const watch = { ...config(10_000, [ERRORS, LATENCY]), baseline: learnt(1) }
    const behaviour = {
      candidate: { rps: 50, errors: 0, latencyMs: lognormal(160, 0.5) },
      control: nobody,
    }
    expect(runUntil(watch, behaviour, failed).ticks).toBeLessThan(60)
  })

  test('a candidate like the control before it passes', () => {
    const watch = { ...config(10_000, [ERRORS, LATENCY]), baseline: learnt(1) }
    const behaviour = {
      candidate: { rps: 50, errors: 0.001, latencyMs: lognormal(80, 0.5) },
      control: nobody,
    }
    const { verdict } = runUntil(watch, behaviour, (_, ticks) => ticks >= 600)
    expect(verdict.kind).toBe('pass')
  })

  test('a latency that was never known cannot pass', () => {
    const behaviour = { candidate: FINE, control: nobody }
    const { verdict } = runUntil(config(10_000, [LATENCY]), behaviour, (_, ticks) => ticks >= 200)
    expect(verdict.kind).toBe('inconclusive')
  })
})

describe('a candidate that is fine', () => {
  const fine = { candidate: { rps: 10, errors: 0.001 }, control: { rps: 190, errors: 0.001 } }

  test('passes once it has served enough', () => {
    const { verdict, ticks } = runUntil(config(500), fine, ({ kind }) => kind === 'pass')
    expect(verdict.exposed).toBeGreaterThanOrEqual(50)
    expect(ticks).toBeLessThan(62)
  })

  test('is inconclusive before the minimum exposure', () => {
    const { verdict } = runUntil(config(500), fine, (_, ticks) => ticks === 4)
    expect(verdict.kind).toBe('inconclusive')
    expect(verdict.because).toContain('of the 50 requests that this group needs')
  })

  test('is not blamed for an outage that both arms share', () => {
    const outage = { candidate: { rps: 10, errors: 0.5 }, control: { rps: 190, errors: 0.5 } }
    const { verdict } = runUntil(config(500), outage, (_, ticks) => ticks >= 400)
    expect(verdict.kind).not.toBe('fail')
  })

  test('is not blamed for it either when the control is read seldom', () => {
    const outage = { rps: 20, errors: 0.3 }
    expect(readingControlSeldom({ candidate: outage, control: outage }).kind).not.toBe('fail')
  })
})

/** 20 s in which only every sixteenth poll answers for the control. */
function readingControlSeldom(behaviour: {
  readonly candidate: Behaviour
  readonly control: Behaviour
}): Verdict {
  const traffic = new FakeTraffic(1, START)
  let state = observe(startWatch(config(5000)), traffic.poll('errors'), START)
  for (let tick = 1; tick <= 40; tick += 1) {
    traffic.run(TICK, behaviour)
    const arms = tick % 16 === 0 ? (['candidate', 'control'] as const) : (['candidate'] as const)
    const readings = arms.map((arm) => traffic.reading('errors', arm))
    state = observe(state, { source: 'router', readings }, traffic.at)
  }
  return judge(state, traffic.at)
}

describe('what is not measured is not healthy', () => {
  const fine = { candidate: FINE, control: FINE }

  test('data that stops coming is no data', () => {
    const { state, traffic } = runUntil(config(5000), fine, ({ kind }) => kind === 'pass')
    expect(judge(state, traffic.at + 15_001).kind).toBe('no-data')
  })

  test('a source whose clock runs ahead is stale all the same', () => {
    const traffic = new FakeTraffic(1, START + 3_600_000)
    let state = startWatch(config(5000))
    for (let i = 0; i < 10; i += 1) {
      traffic.run(TICK, fine)
      state = observe(state, traffic.poll('errors'), START + i * TICK)
    }
    expect(judge(state, START + 20_001).kind).toBe('no-data')
  })

  test('a source that errs is an error, until it answers again', () => {
    const { state, traffic } = runUntil(config(5000), fine, ({ kind }) => kind === 'pass')
    const down = sourceFailed(state, 'router', 'HAProxy did not answer within 2 s')
    expect(judge(down, traffic.at)).toMatchObject({
      kind: 'error',
      because: 'errors: router: HAProxy did not answer within 2 s',
    })
    traffic.run(TICK, fine)
    expect(judge(observe(down, traffic.poll('errors'), traffic.at), traffic.at).kind).toBe('pass')
  })

  test('a control that should be there and is not, is no data', () => {
    const traffic = new FakeTraffic(1, START)
    let state = startWatch(config(5000))
    for (let i = 0; i < 60; i += 1) {
      traffic.run(TICK, fine)
      const readings = [traffic.reading('errors', 'candidate')]
      state = observe(state, { source: 'router', readings }, traffic.at)
    }
    expect(judge(state, traffic.at)).toMatchObject({ kind: 'no-data' })
    expect(judge(state, traffic.at).because).toContain('control')
  })

  test('a shadow metric is shown and never heard', () => {
    const shadow = { ...ERRORS, name: 'shadow', shadow: true }
    const bad = { candidate: { rps: 50, errors: 1 }, control: FINE }
    const { verdict } = runUntil(config(5000, [shadow]), bad, (_, ticks) => ticks >= 10)
    expect(verdict.kind).toBe('inconclusive')
    expect(verdict.evidence[0]?.verdict).toBe('fail')
  })

  test('the state is JSON', () => {
    const { state } = runUntil(config(5000, [ERRORS, LATENCY]), fine, (_, ticks) => ticks >= 20)
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
  })
})
