import { describe, expect, test } from 'vitest'
import { FakeTraffic } from '../../../test/support/fake-traffic.ts'
import { sampleStrategy } from '../../../test/support/strategies.ts'
import { HOUR, MINUTE, SECOND } from '../kernel/instant.ts'
import { foresee } from './foresight.ts'
import { judge } from './judge.ts'
import { sayForesight, sayTraffic } from './say-foresight.ts'
import { observe, startWatch } from './watch.ts'

const START = 1_800_000_000_000
const METRIC = { name: 'errors', source: 'router', kind: 'error-rate', tolerance: 1 } as const
const GROUP = { share: 500, bake: HOUR, minExposure: 50 }
const LOG_FIRE = Math.log(100)

function foreseen(perSecond: number, errorRate: number, group: Partial<typeof GROUP> = {}) {
  const of = { group: { ...GROUP, ...group }, metric: METRIC, logEToFire: LOG_FIRE }
  return foresee(of, { perSecond, errorRate })
}

/** The first second at which a group of this kind passes, or fails. */
function seconds(kind: 'pass' | 'fail', times: number, seed: number): number {
  const traffic = new FakeTraffic(seed, START)
  let state = startWatch({
    startedAt: START,
    group: GROUP,
    groups: 1,
    detection: {
      falseAlarms: 0.01,
      staleAfter: 15 * SECOND,
      metrics: [{ ...METRIC, weight: 1, shadow: false }],
    },
    baseline: null,
  })
  state = observe(state, traffic.poll('errors'), START)
  for (let second = 1; second <= 3_600; second += 1) {
    traffic.run(SECOND, {
      candidate: { rps: 10, errors: 0.01 * times },
      control: { rps: 190, errors: 0.01 },
    })
    state = observe(state, traffic.poll('errors'), traffic.at)
    if (judge(state, traffic.at).kind === kind) return second
  }
  return Number.POSITIVE_INFINITY
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

describe('what a group can tell', () => {
  test('is found in the time that was foreseen, within a factor of two', () => {
    const after = (foreseen(200, 0.01).noticedAfter(3) ?? Number.NaN) / SECOND
    const real = median(Array.from({ length: 9 }, (_, seed) => seconds('fail', 3, seed)))
    expect(real).toBeGreaterThan(after / 2)
    expect(real).toBeLessThan(after * 2)
  })

  test('and a good one passes when it was foreseen to, within a factor of two', () => {
    const after = (foreseen(200, 0.01).canPassAfter ?? Number.NaN) / SECOND
    const real = median(Array.from({ length: 9 }, (_, seed) => seconds('pass', 1, seed)))
    expect(real).toBeGreaterThan(after / 2)
    expect(real).toBeLessThan(after * 2)
  })

  test('grows with traffic and with time, and what is larger is noticed sooner', () => {
    const [thin, thick] = [foreseen(20, 0.01), foreseen(2_000, 0.01)]
    expect(thick.noticedInBake).toBeLessThan(thin.noticedInBake ?? 0)
    expect(thick.noticedAfter(2)).toBeLessThan(thin.noticedAfter(2) ?? 0)
    expect(thin.noticedAfter(5)).toBeLessThan(thin.noticedAfter(2) ?? 0)
    expect(foreseen(20, 0.01, { bake: 10 * MINUTE }).noticedInBake).toBeGreaterThan(
      thin.noticedInBake ?? 0,
    )
  })

  test('is nothing without traffic', () => {
    const nothing = foreseen(0, 0.01)
    expect(nothing.canPassAfter).toBeNull()
    expect(nothing.noticedInBake).toBeNull()
    expect(nothing.noticedAfter(2)).toBeNull()
  })
})

describe('in words', () => {
  const strategy = sampleStrategy()

  test('each group says what it can tell at this traffic', () => {
    const [canary, half, everyone] = sayForesight(strategy, { perSecond: 200, errorRate: 0.01 })
    expect(canary).toMatch(/^canary: it can pass after its bake of 1m; twice the errors take about/)
    expect(half).toMatch(/^half: it can pass/)
    expect(everyone).toMatch(/not noticed without a control beside the candidate; in its bake/)
  })

  test('a group that cannot pass in its bake says how long it needs', () => {
    const [canary] = sayForesight(strategy, { perSecond: 1, errorRate: 0.01 })
    expect(canary).toMatch(/it needs about .* to pass, longer than its bake of 1m/)
    expect(sayForesight(strategy, { perSecond: 0, errorRate: 0.01 })[0]).toMatch(/cannot pass/)
  })

  test('a strategy that counts no errors, and a group that exposes nobody, say nothing', () => {
    const groups = [{ name: 'nobody', share: '0%', bake: '1m' }]
    const dark = sampleStrategy({ groups })
    expect(sayForesight(dark, { perSecond: 9, errorRate: 0 })).toEqual([])
    const detection = { metrics: ['latency' as const] }
    const slow = sampleStrategy({ detection })
    expect(sayForesight(slow, { perSecond: 9, errorRate: 0 })).toEqual([])
  })

  test('and the traffic is said', () => {
    const said = sayTraffic({ perSecond: 0.123, errorRate: 0.005 })
    expect(said).toBe('at 0.12 requests/s, of which 0.50 % fail')
  })
})
