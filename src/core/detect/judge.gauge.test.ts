import { describe, expect, test } from 'vitest'
import { seeded } from '../../../test/support/fake-traffic.ts'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import type { Metric } from '../strategy/schema.ts'
import type { Verdict } from '../words/verdict.ts'
import { judge } from './judge.ts'
import type { Arm, Reading } from './reading.ts'
import { type Baseline, baselineOf, observe, startWatch } from './watch.ts'
import type { WatchState } from './watch-state.ts'

const START = 1_800_000_000_000
const TICK = 5 * SECOND
const QUEUE: Metric = {
  name: 'queue',
  source: 'prom',
  kind: 'gauge',
  tolerance: 1,
  weight: 1,
  shadow: false,
}
const ERRORS: Metric = { ...QUEUE, name: 'errors', kind: 'error-rate' }

type Means = Readonly<Record<Arm, number>>

interface World {
  readonly means: (tick: number) => Means
  readonly spread?: number
  /** How much a value takes from the one before. */
  readonly memory?: number
  readonly arms?: readonly Arm[]
  readonly share?: number
  readonly baseline?: Baseline
  readonly queue?: Partial<Metric>
  readonly counting?: boolean
}

function reading(arm: Arm, metric: string, at: number, more: Partial<Reading>): Reading {
  return { metric, arm, at, epoch: 'e', requests: 0, errors: 0, edgesMs: [], latency: [], ...more }
}

function watchOf(world: World): WatchState {
  const queue = { ...QUEUE, ...world.queue }
  return startWatch({
    startedAt: START,
    group: { share: world.share ?? 1000, bake: 10 * MINUTE, minExposure: 50 },
    groups: 1,
    detection: {
      falseAlarms: 0.01,
      staleAfter: 15 * SECOND,
      metrics: world.counting === false ? [queue] : [queue, ERRORS],
    },
    baseline: world.baseline ?? null,
  })
}

function run(world: World, ticks: number, seed = 1): { state: WatchState; verdict: Verdict } {
  const random = seeded(seed)
  const noise = { candidate: 0, control: 0 }
  let state = watchOf(world)
  let now = START
  for (let tick = 0; tick <= ticks && state.fired === null; tick += 1) {
    now = START + tick * TICK
    const means = world.means(tick)
    const readings = (world.arms ?? (['candidate', 'control'] as const)).flatMap((arm) => {
      const memory = world.memory ?? 0
      const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
      noise[arm] = memory * noise[arm] + Math.sqrt(1 - memory ** 2) * normal
      const mean = means[arm] + (world.spread ?? 10) * noise[arm]
      return [
        reading(arm, 'queue', now, { gauge: { mean } }),
        reading(arm, 'errors', now, { requests: 500 * tick, errors: 0 }),
      ]
    })
    state = observe(state, { source: 'prom', readings }, now)
  }
  return { state, verdict: judge(state, now) }
}

const same = (mean: number) => () => ({ candidate: mean, control: mean })
const apart = (candidate: number, control: number) => () => ({ candidate, control })
const queueOf = ({ evidence }: Verdict) => evidence.find(({ metric }) => metric === 'queue')

describe('a gauge', () => {
  test('that doubles is a failure within a few minutes, and the sentence says the means', () => {
    const { verdict } = run({ means: apart(200, 100) }, 120)
    expect(verdict.kind).toBe('fail')
    expect(verdict.because).toMatch(
      /^queue: candidate \d+ \(mean of \d+\) against control \d+ .*less than once in/,
    )
    const mean = queueOf(verdict)?.candidate.mean ?? 0
    expect(mean).toBeGreaterThan(190)
    expect(queueOf(verdict)?.ratio).toBeCloseTo(2, 0)
  })

  test.each([
    ['increase', apart(50, 100), 'pass'],
    ['decrease', apart(50, 100), 'fail'],
    ['decrease', apart(200, 100), 'pass'],
    ['either', apart(200, 100), 'fail'],
    ['either', apart(50, 100), 'fail'],
    ['either', same(100), 'pass'],
  ] as const)('of which a change is bad by "%s" is judged by it', (direction, means, kind) => {
    expect(run({ means, queue: { direction } }, 120).verdict.kind).toBe(kind)
  })

  test('passes when it is alike, and only after twenty pairs of samples', () => {
    const { verdict } = run({ means: same(100) }, 19)
    expect(verdict.kind).toBe('inconclusive')
    expect(verdict.because).toMatch(/of the 20 samples/)
    expect(run({ means: same(100) }, 30).verdict.kind).toBe('pass')
  })

  test('may be higher by its tolerance, below zero too', () => {
    expect(run({ means: apart(180, 100), queue: { tolerance: 2 } }, 120).verdict.kind).toBe('pass')
    expect(run({ means: apart(-90, -100), queue: { tolerance: 1.5 } }, 120).verdict.kind).toBe(
      'pass',
    )
    expect(run({ means: apart(-20, -100), queue: { tolerance: 1.5 } }, 120).verdict.kind).toBe(
      'fail',
    )
  })

  test('does not pass while it looks worse than tolerated, proven or not', () => {
    const { verdict } = run({ means: apart(170, 100), spread: 150 }, 30)
    expect(verdict.kind).toBe('inconclusive')
    expect(verdict.because).toMatch(/worse than tolerated, but not proven/)
  })

  test('that never varies is a failure when it is three times as high, and passes when it is alike', () => {
    expect(run({ means: apart(9, 3), spread: 0 }, 60).verdict.kind).toBe('fail')
    expect(run({ means: same(3), spread: 0 }, 60).verdict.kind).toBe('pass')
  })

  test('of which one arm is not measured is no data', () => {
    const { verdict } = run({ means: same(100), arms: ['candidate'] }, 60)
    expect(verdict.kind).toBe('no-data')
  })

  test('that is not a number is not measured', () => {
    const nothing = run({ means: () => ({ candidate: Number.NaN, control: 1 }) }, 60)
    expect(nothing.verdict.kind).toBe('no-data')
  })

  test('alone is never enough to pass, because it counts no requests', () => {
    const { verdict } = run({ means: same(100), counting: false }, 60)
    expect(verdict.kind).toBe('inconclusive')
    expect(verdict.exposed).toBe(0)
    expect(verdict.because).toMatch(/no metric counts requests/)
  })
})

describe('a gauge without a control beside the candidate', () => {
  const alone = { share: 10_000, arms: ['candidate'] } as const
  const before = (mean: number) => {
    const means = same(mean)
    return baselineOf(run({ means, arms: ['control'] }, 60).state)
  }

  test('is inconclusive when nobody knows what it was before', () => {
    const { verdict } = run({ ...alone, means: same(100) }, 60)
    expect(queueOf(verdict)?.verdict).toBe('inconclusive')
    expect(verdict.because).toMatch(/of the control before it that a comparison needs/)
  })

  test('passes when it is as it was', () => {
    const { verdict } = run({ ...alone, means: same(100), baseline: before(100) }, 60)
    expect(queueOf(verdict)?.verdict).toBe('pass')
  })

  test('never halts, however much it changed, and never passes then', () => {
    const { verdict } = run({ ...alone, means: same(1000), baseline: before(100) }, 200)
    expect(queueOf(verdict)?.verdict).toBe('inconclusive')
  })
})

describe('a good release is hardly ever stopped by a gauge', () => {
  test.each([
    ['values that are independent', 0, same(100)],
    ['values that resemble the ones before', 0.9, same(100)],
    ['a host that is higher by all that is tolerated', 0.9, apart(135, 100)],
    [
      'a cold start of half as much again',
      0.3,
      (tick: number) => ({ candidate: tick < 6 ? 150 : 100, control: 100 }),
    ],
    ['a wave that both arms ride', 0.3, (tick: number) => same(100 + 50 * Math.sin(tick / 10))()],
  ] as const)('in a world with %s', (_, memory, means) => {
    let failures = 0
    for (let seed = 1; seed <= 100; seed += 1) {
      failures += run({ means, memory, spread: 30 }, 120, seed).verdict.kind === 'fail' ? 1 : 0
    }
    // 100 rollouts at 1 % are 1; five or more would be a chance of one in three hundred.
    expect(failures).toBeLessThanOrEqual(4)
  })
})
