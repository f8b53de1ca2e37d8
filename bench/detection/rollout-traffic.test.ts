import { describe, expect, test } from 'vitest'
import { ERROR_WORLDS } from './failing-worlds.ts'
import { pastRollouts } from './past.ts'
import { RolloutTraffic } from './rollout-traffic.ts'
import { TICK_MS } from './world.ts'
import { worldNamed } from './worlds.ts'

function after(world: string, looks: number, seed = 1) {
  const traffic = new RolloutTraffic(worldNamed(world), seed)
  return Array.from({ length: looks }, () => traffic.next(TICK_MS))
}

function rate(counts: readonly { readonly requests: number; readonly errors: number }[]): number {
  const sum = (of: 'requests' | 'errors') => counts.reduce((all, count) => all + count[of], 0)
  return sum('errors') / sum('requests')
}

describe('the traffic of a rollout', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(after('clean 1 %', 3)).toStrictEqual(after('clean 1 %', 3))
    expect(after('clean 1 %', 3, 2)).not.toStrictEqual(after('clean 1 %', 3))
  })

  test('adds up: what is cumulative is the sum of what was fresh', () => {
    const looks = after('mix shift', 30)
    const last = looks.at(-1)
    const sum = (of: (look: (typeof looks)[number]) => number) =>
      looks.reduce((all, look) => all + of(look), 0)
    expect(last?.arms.candidate.requests).toBe(sum(({ fresh }) => fresh.candidate.requests))
    expect(last?.arms.control.errors).toBe(
      sum(({ fresh }) => fresh.baseline.errors + fresh.fleet.errors),
    )
    const buckets = last?.arms.control.latency.reduce((all, count) => all + count, 0)
    expect(buckets).toBe(last?.arms.control.requests)
    const routes = Object.values(last?.arms.candidate.routes ?? {})
    expect(routes.reduce((all, { requests }) => all + requests, 0)).toBe(
      last?.arms.candidate.requests,
    )
  })

  test('is worse on the candidate from the onset on, and only there', () => {
    const [late] = ERROR_WORLDS.filter(({ name }) => name === '.1→50')
    expect(late?.fault?.errors).toBe(0.5)
    const looks = after('.1→5 @40m', 720)
    const split = 480
    const [before, since] = [looks.slice(0, split), looks.slice(split)]
    expect(rate(before.map(({ fresh }) => fresh.candidate))).toBeLessThan(0.005)
    expect(rate(since.map(({ fresh }) => fresh.candidate))).toBeCloseTo(0.05, 1)
    expect(rate(since.map(({ fresh }) => fresh.fleet))).toBeLessThan(0.002)
  })

  test('shares an outage between the arms', () => {
    const during = after('shared outage', 240).slice(180)
    expect(rate(during.map(({ fresh }) => fresh.fleet))).toBeCloseTo(0.02, 2)
  })

  test('forgives a cold start in fresh processes only', () => {
    const looks = after('cold start', 24)
    const [warming, warm] = [looks.slice(0, 12), looks.slice(12)]
    expect(rate(warming.map(({ fresh }) => fresh.candidate))).toBeGreaterThan(0.015)
    expect(rate(warm.map(({ fresh }) => fresh.candidate))).toBeLessThan(0.02)
    expect(rate(warming.map(({ fresh }) => fresh.fleet))).toBeCloseTo(0.01, 2)
  })

  test('lets counters restart where the world says so', () => {
    const shrank = (world: string) => {
      const looks = after(world, 720)
      return looks.filter(({ arms }, k) =>
        (['candidate', 'control'] as const).some(
          (arm) => arms[arm].requests < (looks[k - 1]?.arms[arm].requests ?? 0),
        ),
      ).length
    }
    expect(shrank('counter resets')).toBeGreaterThan(5)
    expect(shrank('clean 1 %')).toBe(0)
  })
})

describe('the past of a workload', () => {
  const past = (world: string, looks: number) =>
    pastRollouts(worldNamed(world), 1).map((traffic) =>
      Array.from({ length: looks }, () => traffic.next(TICK_MS)),
    )

  test('is of good releases on ordinary days, each with fresh hosts', () => {
    const good = past('.1→50', 12).flat()
    expect(rate(good.map(({ fresh }) => fresh.candidate))).toBeLessThan(0.005)
    const ordinary = past('shared outage', 240).map((looks) => looks.slice(180))
    expect(rate(ordinary.flat().map(({ fresh }) => fresh.fleet))).toBeLessThan(0.002)
    const rates = past('host effects', 720).map((looks) =>
      rate(looks.map((l) => l.fresh.candidate)),
    )
    expect(Math.max(...rates) / Math.min(...rates)).toBeGreaterThan(1.3)
  })

  test('shows starts as they will be', () => {
    const starts = past('cold start', 24)
    const candidates = (from: number, to: number) =>
      starts.flatMap((looks) => looks.slice(from, to).map(({ fresh }) => fresh.candidate))
    expect(rate(candidates(0, 12))).toBeCloseTo(0.03, 2)
    expect(rate(candidates(12, 24))).toBeCloseTo(0.01, 2)
  })
})
