import { describe, expect, test } from 'vitest'
import { merged } from './merged.ts'
import { nearestPeer } from './nearest-peer.ts'
import type { Outcome } from './play.ts'
import { besideOracle, geometricMean, scoreOf } from './score.ts'
import { worldNamed } from './worlds.ts'

function outcomes(...firedAt: readonly (number | null)[]): readonly Outcome[] {
  return firedAt.map((at) => ({ firedAt: at, extraFailures: 2 }))
}

describe('the score of a detector', () => {
  test('counts every stop in a healthy world as a false alarm, and no delay', () => {
    const score = scoreOf(worldNamed('clean 1 %'), { name: 'any' }, outcomes(null, 60, null, null))
    expect(score).toMatchObject({ rollouts: 4, falseAlarms: 1, falseAlarmPct: 25 })
    expect(score.falseAlarmUpperPct).toBeCloseTo(75.14, 1)
    expect([score.meanSeconds, score.detectedPct, score.overLimit]).toStrictEqual([
      null,
      null,
      null,
    ])
  })

  test('counts a rollout that was never stopped with all the time there was', () => {
    const score = scoreOf(worldNamed('.1→1'), { name: 'any' }, outcomes(100, null))
    expect(score).toMatchObject({ falseAlarms: 0, detectedPct: 50, meanSeconds: 1850 })
    expect(score).toMatchObject({ p95Seconds: 3600, extraFailures: 2 })
    expect(score.overLimit).toBeCloseTo(1850 / 37.5, 0)
  })

  test('takes a stop before the onset for a false alarm and not for a detection', () => {
    const score = scoreOf(worldNamed('.1→1 @20m'), { name: 'any' }, outcomes(1200, 1260, null))
    expect(score).toMatchObject({ falseAlarms: 1, detectedPct: 50, meanSeconds: (60 + 2400) / 2 })
  })

  test('stands beside the oracle of the same world', () => {
    const world = worldNamed('.1→1')
    const scores = [
      scoreOf(world, { name: 'oracle' }, outcomes(40)),
      scoreOf(world, { name: 'any' }, outcomes(60)),
      scoreOf(worldNamed('1→2'), { name: 'any' }, outcomes(60)),
    ]
    expect(besideOracle(scores, 'oracle').map(({ overSprt }) => overSprt)).toStrictEqual([
      1,
      1.5,
      null,
    ])
  })

  test('has no mean over nothing', () => {
    expect(geometricMean([])).toBeNaN()
    expect(geometricMean([1, 4])).toBeCloseTo(2, 12)
  })
})

describe('the nearest peer', () => {
  const healthy = ['clean 1 %', 'host effects']
  const failing = ['.1→1', '1→2']
  const calmScores = (detector: string) =>
    healthy.map((world) => scoreOf(worldNamed(world), { name: detector }, outcomes(...many(null))))
  const delays = (detector: string, seconds: number) =>
    failing.map((world) => scoreOf(worldNamed(world), { name: detector }, outcomes(seconds)))
  const many = (at: number | null) => Array.from({ length: 100 }, () => at)

  test('is the fastest of those that hold the promise everywhere', () => {
    const scores = [
      ...delays('default', 50),
      ...calmScores('Kayenta, 10 min'),
      ...delays('Kayenta, 10 min', 600),
      ...calmScores('Lindon–Malek'),
      ...delays('Lindon–Malek', 100),
    ]
    const found = nearestPeer(scores, 'default', healthy, failing)
    expect(found.name).toBe('Lindon–Malek')
    expect(found.slowerBy).toBeCloseTo(2, 9)
  })

  test('is not one that stops healthy rollouts, nor one that was not measured', () => {
    const alarms = healthy.map((world) =>
      scoreOf(worldNamed(world), { name: 'Lindon–Malek' }, outcomes(...many(60))),
    )
    const scores = [
      ...delays('default', 50),
      ...calmScores('Kayenta, 10 min'),
      ...delays('Kayenta, 10 min', 600),
      ...alarms,
      ...delays('Lindon–Malek', 100),
      ...delays('Argo, 1 min, ≥ 99 %', 70),
    ]
    const found = nearestPeer(scores, 'default', healthy, failing)
    expect(found.name).toBe('Kayenta, 10 min')
    expect(found.slowerBy).toBeCloseTo(12, 9)
  })
})

test('runs in parts become one: the larger measurement counts, beside the oracle of any part', () => {
  const world = worldNamed('.1→1')
  const small = scoreOf(world, { name: 'default' }, outcomes(50))
  const large = scoreOf(world, { name: 'default' }, outcomes(60, 60))
  const oracle = scoreOf(world, { name: 'oracle SPRT' }, outcomes(40))
  const both = merged([[small], [large, oracle], [small]])
  expect(
    both.map(({ detector, rollouts, overSprt }) => [detector, rollouts, overSprt]),
  ).toStrictEqual([
    ['default', 2, 1.5],
    ['oracle SPRT', 1, 1],
  ])
})
