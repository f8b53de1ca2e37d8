import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Arm, Reading } from '../detect/reading.ts'
import { chanceFrom, draw } from './chance.ts'
import { inject, slowed } from './inject.ts'
import { newRecording, type Recording, type Stream, streamsOf } from './recording.ts'
import { newsOf } from './reshape.ts'
import { splitArms } from './split-arms.ts'

function reading(
  arm: Arm,
  at: number,
  requests: number,
  errors: number,
  metric = 'errors',
): Reading {
  return { metric, arm, at, epoch: 'e', requests, errors, edgesMs: [], latency: [] }
}

function recordingOf(...readings: readonly Reading[]): Recording {
  return newRecording(
    'r',
    readings.map((one) => ({ seenAt: one.at, source: 'router', reading: one })),
  )
}

function sum(stream: Stream | undefined) {
  const news = stream === undefined ? [] : newsOf(stream)
  return {
    requests: news.reduce((all, { fresh }) => all + fresh.requests, 0),
    errors: news.reduce((all, { fresh }) => all + fresh.errors, 0),
  }
}

const armOf = (recording: Recording, arm: Arm) =>
  streamsOf(recording).find((one) => one.arm === arm)

describe('a split at random', () => {
  test('gives every request and every failure of the control to exactly one arm', () => {
    const growth = fc.array(fc.tuple(fc.nat(50), fc.nat(10)), { minLength: 2, maxLength: 20 })
    fc.assert(
      fc.property(growth, fc.integer({ min: 1, max: 1_000 }), (steps, seed) => {
        let [requests, errors] = [0, 0]
        const readings = steps.map(([good, bad], i) => {
          requests += good + bad
          errors += bad
          return reading('control', i * 1_000, requests, errors)
        })
        const original = recordingOf(...readings)
        const halves = splitArms(original, { share: 0.3, seed })
        const [one, other] = [sum(armOf(halves, 'candidate')), sum(armOf(halves, 'control'))]
        const whole = sum(armOf(original, 'control'))
        expect({
          requests: one.requests + other.requests,
          errors: one.errors + other.errors,
        }).toEqual(whole)
        expect(one.errors).toBeLessThanOrEqual(one.requests)
        expect(other.errors).toBeLessThanOrEqual(other.requests)
      }),
    )
  })

  test('gives the candidate its share, and leaves the recorded candidate out', () => {
    const recording = recordingOf(
      reading('control', 0, 0, 0),
      reading('candidate', 0, 0, 0),
      reading('control', 1_000, 100_000, 1_000),
      reading('candidate', 1_000, 999_999, 999_999),
    )
    const { requests, errors } = sum(
      armOf(splitArms(recording, { share: 0.1, seed: 7 }), 'candidate'),
    )
    expect(requests / 100_000).toBeCloseTo(0.1, 2)
    expect(errors / 1_000).toBeCloseTo(0.1, 1)
  })
})

describe('a fault that is put in', () => {
  const recording = recordingOf(
    ...[0, 1, 2, 3].flatMap((i) => [
      reading('candidate', i * 1_000, i * 10_000, i * 100),
      reading('control', i * 1_000, i * 10_000, i * 100),
    ]),
  )
  const injection = { metric: 'errors', kind: 'errors', amount: 0.05, after: 0 } as const

  test('makes that share of the good requests of the candidate fail from its moment on, and nothing else', () => {
    const bad = inject(recording, injection, { from: 1_000, seed: 1 })
    const [first, second, third] = newsOf(armOf(bad, 'candidate') ?? never()).map(
      ({ fresh }) => fresh.errors,
    )
    expect(first).toBe(100)
    for (const errors of [second, third]) expect(errors).toBeCloseTo(100 + 0.05 * 9_900, -2)
    expect(armOf(bad, 'control')).toEqual(armOf(recording, 'control'))
  })

  test('is the same each time, and another with another seed', () => {
    const again = (seed: number) => inject(recording, injection, { from: 0, seed })
    expect(again(3)).toEqual(again(3))
    expect(again(3)).not.toEqual(again(4))
  })

  test('of latency tears each bucket at the edges that it moves over, and loses no request', () => {
    const chance = chanceFrom(1)
    // Twice as slow: from 1..2 s to 2..4 s; evenly on a logarithmic scale, half of 2..8 reaches 8..16.
    expect(slowed([0, 1_000, 0, 0], [1_000, 2_000, 4_000], 2, chance)).toEqual([0, 0, 1_000, 0])
    const [, , low = 0, high = 0] = slowed(
      [0, 10_000, 0, 0],
      [2_000, 8_000, 8_000 * Math.SQRT2],
      2,
      chance,
    )
    expect(low + high).toBeGreaterThan(4_700)
    fc.assert(
      fc.property(
        fc.array(fc.nat(500), { minLength: 4, maxLength: 4 }),
        fc.double({ min: 1.001, max: 50, noNaN: true }),
        (latency, factor) => {
          const moved = slowed(latency, [10, 100, 1_000], factor, chance)
          const all = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0)
          expect(all(moved)).toBe(all(latency))
          for (let k = 1; k < 4; k += 1)
            expect(all(moved.slice(k))).toBeGreaterThanOrEqual(all(latency.slice(k)))
        },
      ),
    )
  })
})

test('a draw has the mean and the spread of the binomial distribution', () => {
  for (const [n, p] of [
    [20, 0.05],
    [1_000, 0.3],
    [500, 0.9],
  ] as const) {
    const chance = chanceFrom(n)
    const draws = Array.from({ length: 4_000 }, () => draw(n, p, chance))
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length
    const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length
    expect(Math.abs(mean - n * p)).toBeLessThan(4 * Math.sqrt((n * p * (1 - p)) / draws.length))
    expect(variance / (n * p * (1 - p))).toBeCloseTo(1, 0)
    expect(Math.max(...draws)).toBeLessThanOrEqual(n)
  }
})

function never(): never {
  throw new Error('the arm is missing')
}
