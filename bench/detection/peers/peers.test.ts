import { describe, expect, test } from 'vitest'
import { NOTHING } from '../../../src/core/detect/counter.ts'
import { KINDS } from '../kinds.ts'
import type { Look } from '../look.ts'
import { STARTED_AT } from '../rollout-traffic.ts'
import { TICK_MS } from '../world.ts'
import { worldNamed } from '../worlds.ts'
import { dkwRadius } from './dkw-bands.ts'
import { latencyQuantile } from './latency-quantile.ts'
import { multinomialLogE } from './lindon-malek.ts'
import { logGamma } from './log-gamma.ts'
import { normalQuantile } from './normal-quantile.ts'
import { lowestThreshold } from './oracle-threshold.ts'

/** When a rule stops a candidate that fails `failing` of 50 requests per look from `from` on, in seconds. */
function stopsAt(name: string, failing: number, from = 0, silent = false): number | null {
  const kind = KINDS.find((one) => one.name === name)
  const detector = kind?.open({
    world: worldNamed('clean 1 %'),
    workload: 1,
  })
  for (let seconds = 5; seconds <= 3600; seconds += TICK_MS / 1000) {
    const candidate = {
      ...NOTHING,
      requests: silent ? 0 : 50,
      errors: seconds > from ? failing : 0,
    }
    const healthy = { ...NOTHING, requests: 50, errors: 0 }
    const look: Look = {
      at: STARTED_AT + seconds * 1000,
      seconds,
      arms: {
        candidate: { ...candidate, epoch: '0', routes: {} },
        control: { ...healthy, epoch: '0', routes: {} },
      },
      fresh: { candidate, baseline: healthy, fleet: healthy },
    }
    if (detector?.look(look) === true) return seconds
  }
  return null
}

describe("the peers' rules", () => {
  test.each([
    ['Argo, 1 min, ≥ 99 %', 5, 180],
    ['Argo, 5 min, ≥ 95 %', 5, 1200],
    ['Argo, 5 min, ≥ 95 %', 2, null],
    ['Flagger, ≥ 99 %', 5, 360],
    ['Flagger, ≥ 99 %', 0, null],
    ['Kayenta, ≥ 5 points', 5, 300],
    ['Kayenta, 10 min', 5, 600],
    ['Kayenta, 10 min', 0, null],
    ['SRE burn rate', 5, 60],
    ['SRE burn rate', 0, null],
    ['z-test, at the end', 5, 3600],
  ])('%s stops a candidate that fails %d of 50 after %s s', (name, failing, seconds) => {
    expect(stopsAt(name, failing)).toBe(seconds)
  })

  test('a failure count that is cumulative is not forgiven in between', () => {
    expect(stopsAt('Argo, 1 min, ≥ 99 %', 5, 600)).toBe(780)
  })

  test('no data is an error for Argo after five intervals and a failed check for Flagger', () => {
    expect(stopsAt('Argo, 1 min, ≥ 99 %', 0, 0, true)).toBe(300)
    expect(stopsAt('Flagger, ≥ 99 %', 0, 0, true)).toBe(360)
    expect(stopsAt('Kayenta, ≥ 5 points', 0, 0, true)).toBeNull()
  })
})

describe('the numbers they are made of', () => {
  test.each([
    [0.01, -2.3263479],
    [0.99, 2.3263479],
    [0.5, 0],
    [0.975, 1.959964],
    [1e-9, -5.997807],
  ])('Φ⁻¹(%d)', (p, z) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 5)
  })

  test.each([
    [0.5, 0.5723649429],
    [1, 0],
    [5, 3.1780538303],
    [123.4, 469.3360974],
  ])('ln Γ(%d)', (x, value) => {
    expect(logGamma(x)).toBeCloseTo(value, 6)
  })

  test('the evidence of counts in the expected split is small, and of a surplus large', () => {
    expect(multinomialLogE([5, 95], [0.05, 0.95])).toBeLessThan(0)
    expect(multinomialLogE([25, 75], [0.05, 0.95])).toBeGreaterThan(Math.log(100))
    expect(multinomialLogE([0, 0], [0.05, 0.95])).toBeCloseTo(0, 12)
  })

  test('the expectation of that evidence is one, whatever came before', () => {
    for (const [x1, x0] of [
      [0, 0],
      [3, 10],
    ] as const) {
      const now = Math.exp(multinomialLogE([x1, x0], [0.05, 0.95]))
      const next =
        0.05 * Math.exp(multinomialLogE([x1 + 1, x0], [0.05, 0.95])) +
        0.95 * Math.exp(multinomialLogE([x1, x0 + 1], [0.05, 0.95]))
      expect(next).toBeCloseTo(now, 9)
    }
  })

  test('a band narrows as observations come', () => {
    expect(dkwRadius(100, 0.005)).toBeGreaterThan(dkwRadius(1000, 0.005))
    expect(dkwRadius(1e6, 0.005)).toBeLessThan(0.01)
  })

  test('the oracle’s threshold is the lowest with a false alarm in a hundred bakes', () => {
    const below = (c: number, mean: number) => {
      let [term, sum] = [Math.exp(-mean), 0]
      for (let k = 0; k < c; k += 1) {
        sum += term
        term *= mean / (k + 1)
      }
      return sum
    }
    for (const mean of [0.6, 6, 30]) {
      const c = lowestThreshold(mean)
      expect(1 - below(c, mean) ** 60).toBeLessThanOrEqual(0.01)
      expect(1 - below(c - 1, mean) ** 60).toBeGreaterThan(0.01)
    }
  })

  test('a quantile is interpolated within its bucket', () => {
    const histogram = Array.from({ length: 66 }, (_, k) => (k === 4 ? 10 : 0))
    expect(latencyQuantile(histogram, 0.5)).toBeCloseTo((2 ** 0.75 + 2) / 2, 9)
    expect(latencyQuantile([], 0.5)).toBeNaN()
  })
})
