import { describe, expect, test } from 'vitest'
import { poisson, seeded } from '../../../test/support/fake-traffic.ts'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import { errorLogE, growErrorEvidence, newErrorEvidence } from './error-evidence.ts'
import { USUAL_HABITS } from './habits.ts'
import type { Slice } from './slice.ts'

const BAKE = 20 * MINUTE
const HABITS = USUAL_HABITS
const FIRE = Math.log(100)

/** In how many of 40 rollouts the evidence fires, when the candidate's rate is `times(second)` that of the control. */
function failures(times: (seconds: number) => number, scale = 1): number {
  let count = 0
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = seeded(seed)
    let evidence = newErrorEvidence(1, BAKE, HABITS)
    let fired = false
    for (let seconds = 10; seconds <= 1200 && !fired; seconds += 10) {
      evidence = growErrorEvidence(evidence, slice(seconds, times(seconds), scale, random))
      fired = errorLogE(evidence, HABITS) >= FIRE
    }
    count += fired ? 1 : 0
  }
  return count
}

function slice(seconds: number, times: number, scale: number, random: () => number): Slice {
  const [x1, x0] = [poisson(20 * times * scale, random), poisson(180 * scale, random)]
  const candidate = { requests: 1000 * scale, errors: x1, latency: [] }
  const control = { requests: 9000 * scale, errors: x0, latency: [] }
  return {
    candidate,
    control,
    past: { requests: 100_000, errors: 2000, latency: [] },
    company: 'beside',
    allow: 0,
    budget: null,
    tolerance: 1,
    age: seconds * SECOND,
    elapsed: 10 * SECOND,
    bake: BAKE,
    habits: HABITS,
    margin: 0.04,
    edgesMs: [],
  }
}

describe('errors beside a control', () => {
  test('forgive a host that always fails a fifth more', () => {
    expect(failures(() => 1.2)).toBeLessThanOrEqual(2)
    expect(failures(() => 1.2, 3)).toBeLessThanOrEqual(2)
  })

  test('forgive a candidate that was better and becomes as good as the control', () => {
    expect(failures((seconds) => (seconds < 600 ? 0.6 : 1))).toBeLessThanOrEqual(2)
  })

  test('find a candidate that was better and becomes twice as bad', () => {
    expect(failures((seconds) => (seconds < 600 ? 0.6 : 2))).toBe(40)
  })

  test('find twice the errors at the end of a long bake', () => {
    expect(failures((seconds) => (seconds < 900 ? 1 : 2))).toBe(40)
  })
})

describe('errors against an objective, with nothing running beside', () => {
  const BUDGET = 0.001

  /** How many of 200 rollouts fire within 20 minutes, at this many times the budget. */
  function fires(burn: number, budget: number | null): number {
    let count = 0
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = seeded(seed)
      let evidence = newErrorEvidence(1, BAKE, HABITS)
      let fired = false
      for (let seconds = 10; seconds <= 1200 && !fired; seconds += 10) {
        const errors = poisson(500 * BUDGET * burn, random)
        const alone = {
          ...slice(seconds, 1, 1, random),
          candidate: { requests: 500, errors, latency: [] },
          control: { requests: 0, errors: 0, latency: [] },
          past: { requests: 0, errors: 0, latency: [] },
          company: 'alone',
          budget,
        } as const
        evidence = growErrorEvidence(evidence, alone)
        fired = errorLogE(evidence, HABITS) >= FIRE
      }
      count += fired ? 1 : 0
    }
    return count
  }

  test('a candidate that burns what is tolerated is halted in at most one rollout of a hundred', () => {
    expect(fires(2, BUDGET)).toBeLessThanOrEqual(5)
  })

  test('a candidate that burns five times the budget is found, which nothing else would see', () => {
    expect(fires(5, BUDGET)).toBe(200)
    expect(fires(5, null)).toBe(0)
  })
})
