import { describe, expect, test } from 'vitest'
import { type Behaviour, FakeTraffic, lognormal } from '../../../test/support/fake-traffic.ts'
import { MINUTE } from '../kernel/instant.ts'
import type { Metric } from '../strategy/schema.ts'
import type { MetricEvidence } from '../words/verdict.ts'
import { judge, verdictKind } from './judge.ts'
import { sayEffect, saySeen } from './say-effect.ts'
import { observe, startWatch } from './watch.ts'

const START = 1_800_000_000_000
const TICK = 1_000
const ERRORS: Metric = {
  name: 'errors',
  source: 'router',
  kind: 'error-rate',
  tolerance: 1,
  weight: 1,
  shadow: false,
}
const LATENCY: Metric = { ...ERRORS, name: 'latency', kind: 'latency' }

interface World {
  readonly candidate: Behaviour
  readonly control: Behaviour
}

function run(metric: Metric, world: World, ticks: number, seed = 1) {
  const traffic = new FakeTraffic(seed, START)
  let state = startWatch({
    startedAt: START,
    group: { share: 1000, bake: 10 * MINUTE, minExposure: 50 },
    groups: 1,
    detection: { falseAlarms: 0.01, staleAfter: 15_000, metrics: [metric] },
    baseline: null,
  })
  state = observe(state, traffic.poll(metric.name), START)
  for (let tick = 1; tick <= ticks; tick += 1) {
    traffic.run(TICK, world)
    state = observe(state, traffic.poll(metric.name), traffic.at)
    expect(verdictKind(state, traffic.at)).toBe(judge(state, traffic.at).kind)
  }
  const verdict = judge({ ...state, fired: null }, traffic.at)
  const [evidence] = verdict.evidence
  if (evidence === undefined) throw new Error('there is one metric')
  return { verdict, evidence, hasFired: state.fired !== null, fired: state.fired }
}

function errors(candidate: number, control: number): World {
  return { candidate: { rps: 20, errors: candidate }, control: { rps: 180, errors: control } }
}

function times(candidate: number, control: number): World {
  return {
    candidate: { rps: 20, errors: 0, latencyMs: lognormal(candidate, 0.5) },
    control: { rps: 180, errors: 0, latencyMs: lognormal(control, 0.5) },
  }
}

function holds({ effect }: MetricEvidence, truth: number): boolean {
  if (effect == null) throw new Error('an effect was expected')
  return effect.low <= truth && truth <= (effect.high ?? Number.POSITIVE_INFINITY)
}

describe('the effect in a verdict', () => {
  test('says how many times as many fail, with an interval and odds', () => {
    const { evidence, fired } = run(ERRORS, errors(0.05, 0.001), 60)
    expect(holds(evidence, 50)).toBe(true)
    expect(evidence.effect?.low).toBeGreaterThan(5)
    expect(fired?.because).toMatch(
      /^errors: candidate .* against control .* times as many; a fair candidate would look this bad less than once in/,
    )
  })

  test('says how many times as slow a quantile is', () => {
    const { evidence } = run(LATENCY, times(160, 80), 120)
    expect(evidence.effect).toMatchObject({ measure: 'times-as-slow', confidence: 0.95 })
    expect(holds(evidence, 2)).toBe(true)
    expect(evidence.effect?.low).toBeGreaterThan(1.3)
  })

  test('holds the truth in nearly all of forty good rollouts', () => {
    let missed = 0
    for (let seed = 1; seed <= 20; seed += 1) {
      missed += holds(run(ERRORS, errors(0.01, 0.01), 60, seed).evidence, 1) ? 0 : 1
      missed += holds(run(LATENCY, times(80, 80), 60, seed).evidence, 1) ? 0 : 1
    }
    // 5 % of 40 are 2; 7 or more would be a chance of one in two hundred.
    expect(missed).toBeLessThanOrEqual(6)
  })
})

describe('what would have been noticed', () => {
  test('is said by every pass, and shrinks with every request', () => {
    const early = run(ERRORS, errors(0.01, 0.01), 60)
    const late = run(ERRORS, errors(0.01, 0.01), 300)
    expect(late.verdict.kind).toBe('pass')
    expect(late.verdict.because).toMatch(/; [\d.]+ times as many would have been noticed$/)
    expect(late.evidence.detectable).toBeLessThan(early.evidence.detectable ?? 0)
    expect(late.evidence.detectable).toBeGreaterThan(1.2)
  })

  // What is promised is "about every second case"; a formula twice off would find nearly none or all.
  test.each([
    ['errors', ERRORS, (times_: number) => errors(0.01 * times_, 0.01)],
    ['latency', LATENCY, (times_: number) => times(80 * times_, 80)],
  ] as const)('is noticed in about every second rollout: %s', (_, metric, worse) => {
    const ticks = 200
    const detectable = run(metric, worse(1), ticks).evidence.detectable ?? Number.NaN
    expect(detectable).toBeGreaterThan(1.05)
    let noticed = 0
    for (let seed = 1; seed <= 24; seed += 1) {
      noticed += run(metric, worse(detectable), ticks, seed).hasFired ? 1 : 0
    }
    expect(noticed).toBeGreaterThanOrEqual(7)
  })
})

describe('words for an effect', () => {
  const effect = { estimate: 2, confidence: 0.95 }
  test.each([
    [{ measure: 'times-as-many', low: 12, high: 160 }, '12 to 160 times as many'],
    [{ measure: 'times-as-many', low: 0, high: 3.14 }, 'at most 3.1 times as many'],
    [{ measure: 'times-as-many', low: 2, high: null }, 'at least 2 times as many'],
    [{ measure: 'times-as-many', low: 0, high: null }, 'any number of times as many'],
    [
      { measure: 'times-as-slow', quantile: 0.999, low: 1.84, high: 2.61 },
      'p99.9 1.8 to 2.6 times as slow',
    ],
    [{ measure: 'more-by', low: -3, high: 12 }, 'between 3 less and 12 more'],
    [{ measure: 'more-by', low: 120, high: 180 }, '120 to 180 more'],
    [{ measure: 'more-by', low: -180, high: -120 }, '120 to 180 less'],
  ] as const)('%j', (one, words) => {
    expect(sayEffect({ ...effect, ...one })).toBe(words)
  })

  test('and for having seen too little', () => {
    expect(saySeen('times-as-many', null)).toMatch(/^too little was seen/)
    expect(saySeen('more-by', 12.34)).toBe('a difference of 12.3 would have been noticed')
  })
})
