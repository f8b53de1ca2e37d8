import { describe, expect, test } from 'vitest'
import { poisson, seeded } from '../../../test/support/fake-traffic.ts'
import { HOUR, SECOND } from '../kernel/instant.ts'
import { Detection } from '../strategy/detection.ts'
import { errorLogE, growErrorEvidence, newErrorEvidence } from './error-evidence.ts'
import { type Habits, USUAL_HABITS } from './habits.ts'
import { type LogMoments, NO_LATENCY_EVIDENCE } from './latency-evidence.ts'
import { habitsFrom, type Learnt, type Lessons, learn } from './lessons.ts'
import { learnFrom, startWatch } from './watch.ts'

const TICK = 5 * SECOND
const FIRE = Math.log(100)

/** A healthy workload: its error rate, how much its hosts differ, and how many times the errors its starts have, for a minute. */
interface Healthy {
  readonly rate: number
  readonly hosts: number
  readonly coldStart: number
}

/** One good group of half an hour: how its errors looked, and whether it would have been halted. */
function goodGroup({ rate, hosts, coldStart }: Healthy, habits: Habits, seed: number) {
  const random = seeded(seed)
  const host = Math.exp(hosts * normal(random))
  let evidence = newErrorEvidence(1, HOUR, habits)
  let halted = false
  for (let age = 0; age < HOUR / 2; age += TICK) {
    const cold = age < 60 * SECOND ? coldStart : 1
    const candidate = { requests: 500, errors: poisson(500 * rate * cold * host, random) }
    const control = { requests: 4500, errors: poisson(4500 * rate, random) }
    evidence = growErrorEvidence(evidence, {
      candidate: { ...candidate, latency: [] },
      control: { ...control, latency: [] },
      past: { requests: 100_000, errors: 100_000 * rate, latency: [] },
      company: 'beside',
      tolerance: 1,
      age,
      elapsed: TICK,
      bake: HOUR,
      habits,
      allow: 0,
      budget: null,
      margin: 0.04,
      edgesMs: [],
    })
    halted ||= errorLogE(evidence, habits) >= FIRE
  }
  return { evidence, halted }
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function habitsAfter(groups: number, healthy: Healthy): Habits {
  let lessons: Lessons | undefined
  for (let seed = 1; seed <= groups; seed += 1) {
    lessons = learn(lessons, goodGroup(healthy, habitsFrom(lessons), seed).evidence)
  }
  return habitsFrom(lessons)
}

function haltsOf40(healthy: Healthy, habits: Habits): number {
  return Array.from({ length: 40 }, (_, i) => goodGroup(healthy, habits, 1000 + i)).filter(
    ({ halted }) => halted,
  ).length
}

const CALM: Healthy = { rate: 0.01, hosts: 0, coldStart: 1 }

describe('what good rollouts teach about errors', () => {
  test('is nothing before the third', () => {
    expect(habitsAfter(0, CALM)).toEqual(USUAL_HABITS)
    expect(habitsAfter(2, CALM)).toEqual(USUAL_HABITS)
    expect(habitsAfter(3, CALM)).not.toEqual(USUAL_HABITS)
  })

  test('takes the allowance for a cold start away where starts are warm', () => {
    const { warming } = habitsAfter(8, CALM)
    expect(Math.max(...(warming ?? [3]))).toBeLessThan(1.25)
  })

  test('forgives the start that this workload has, for as long as it lasts', () => {
    const [first = 0, second = 0, third = 0, last = 0] =
      habitsAfter(8, { ...CALM, coldStart: 6 }).warming ?? []
    for (const factor of [first, second, third]) expect(factor).toBeGreaterThan(4)
    expect(last).toBe(1)
  })

  test('keeps a workload from being halted for a start that is worse than usual', () => {
    const cold = { ...CALM, coldStart: 6 }
    expect(haltsOf40(cold, USUAL_HABITS)).toBeGreaterThan(20)
    expect(haltsOf40(cold, habitsAfter(8, cold))).toBeLessThanOrEqual(2)
  })

  test('keeps a workload from being halted for hosts that differ more than usual', () => {
    const uneven = { ...CALM, hosts: 0.4 }
    expect(haltsOf40(uneven, USUAL_HABITS)).toBeGreaterThan(4)
    expect(haltsOf40(uneven, habitsAfter(10, uneven))).toBeLessThanOrEqual(2)
  })
})

describe('what good rollouts teach about latency', () => {
  /** Requests around a median, with the spread that latencies have. */
  const alike = (n: number, median: number): LogMoments => {
    const mean = Math.log(median)
    return { n, sum: n * mean, squares: n * (mean ** 2 + 0.25) }
  }

  const taught = (...slower: readonly number[]) =>
    slower.reduce<Lessons | undefined>((lessons, times) => {
      const stretches = NO_LATENCY_EVIDENCE.stretches.map(() => ({
        candidate: alike(1000, 80 * times),
        control: alike(9000, 80),
      }))
      return learn(lessons, { ...NO_LATENCY_EVIDENCE, stretches })
    }, undefined)

  test('is nothing before the third', () => {
    expect(habitsFrom(taught(1, 1))).toMatchObject({ slower: 1 })
    expect(habitsFrom(taught(1, 1)).warming?.[0]).toBeGreaterThan(1.5)
  })

  test('takes every allowance away where healthy releases are alike', () => {
    // A thousand requests place their median to within 1.6 %: so much is chance.
    expect(habitsFrom(taught(1, 1.016, 0.984, 1))).toMatchObject({
      slower: 1,
      warming: [1, 1, 1, 1],
    })
  })

  test('forgives a start that is always slow', () => {
    expect(habitsFrom(taught(1.49, 1.5, 1.51)).warming?.[0]).toBeCloseTo(1.5, 1)
  })

  test('allows what healthy releases do, and twice their spread', () => {
    const { slower } = habitsFrom(taught(1.1, 0.9, 1.1, 0.9, 1.1, 0.9))
    expect(slower).toBeGreaterThan(1.15)
    expect(slower).toBeLessThan(1.3)
  })
})

test('a false alarm that somebody overruled teaches like any good group', () => {
  const cold = { ...CALM, coldStart: 12 }
  const { evidence, halted } = goodGroup(cold, USUAL_HABITS, 1)
  expect(halted).toBe(true)
  const state = startWatch({
    startedAt: 0,
    group: { share: 1000, bake: HOUR, minExposure: 50 },
    groups: 1,
    detection: Detection.parse({ metrics: ['errors'] }),
    baseline: null,
  })
  const metrics = state.metrics.map((metric) => ({ ...metric, evidence }))
  const fired = { kind: 'fail' as const, because: 'errors', exposed: 500, evidence: [] }
  const learnt = [1, 2, 3].reduce<Learnt>(
    (before) => learnFrom(before, { ...state, metrics, fired }),
    {},
  )
  expect(habitsFrom(learnt['errors']).warming?.[0]).toBeGreaterThan(6)
})
