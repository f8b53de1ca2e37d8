import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../test/support/fake-clock.ts'
import { yes } from '../core/kernel/result.ts'
import type { Readings, TelemetrySource, Watch } from '../ports/telemetry.ts'
import { batchTelemetry } from './telemetry-batch.ts'

function watch(key: string): Watch {
  const labels = { workload: 'w', stack: 's', release: 'r', rollout: 'o', group: 'g' }
  return { key, metric: 'errors', kind: 'error-rate', query: {}, labels }
}

const NONE = { requests: 0, errors: 0, edgesMs: [], latency: [] }

function answered(watches: readonly Watch[]): Readings {
  return { readings: watches.map(({ key }) => ({ key, at: 1, ...NONE })), unread: [] }
}

describe('looks of many rollouts', () => {
  it('that come together are one call, and each gets its own part of the answer', async () => {
    const clock = fakeClock()
    const calls: number[] = []
    const source: TelemetrySource = {
      async read(watches) {
        calls.push(watches.length)
        return yes(answered(watches))
      },
      close: async () => undefined,
    }
    const batch = batchTelemetry(clock)
    const asked = ['a', 'b', 'c'].map((key) => batch.read(source, [watch(key)], 500))
    await clock.advance(25)
    const answers = await Promise.all(asked)
    expect(calls).toEqual([3])
    expect(answers.map((answer) => answer.ok && answer.value.readings[0]?.key)).toEqual([
      'a',
      'b',
      'c',
    ])
  })

  it('that come rarely gather for longer, by a twentieth of their interval', async () => {
    const clock = fakeClock()
    const calls: number[] = []
    const source: TelemetrySource = {
      async read(watches) {
        calls.push(watches.length)
        return yes(answered(watches))
      },
      close: async () => undefined,
    }
    const batch = batchTelemetry(clock)
    const first = batch.read(source, [watch('a')], 10_000)
    await clock.advance(400)
    const second = batch.read(source, [watch('b')], 10_000)
    await clock.advance(100)
    await Promise.all([first, second])
    expect(calls).toEqual([2])
  })

  it('wait for a slow answer together instead of asking beside it', async () => {
    const clock = fakeClock()
    const calls: number[] = []
    const slow = Promise.withResolvers<void>()
    const source: TelemetrySource = {
      async read(watches) {
        calls.push(watches.length)
        if (calls.length === 1) await slow.promise
        return yes(answered(watches))
      },
      close: async () => undefined,
    }
    const batch = batchTelemetry(clock)
    const first = batch.read(source, [watch('a')], 500)
    await clock.advance(30)
    const later = ['b', 'c'].map((key) => batch.read(source, [watch(key)], 500))
    await clock.advance(1_000)
    expect(calls).toEqual([1])
    slow.resolve()
    await Promise.all([first, ...later])
    expect(calls).toEqual([1, 2])
  })
})

it('a source that never answers, or throws, is a failure in time', async () => {
  const clock = fakeClock()
  const batch = batchTelemetry(clock)
  const dead: TelemetrySource = {
    read: () => new Promise(() => undefined),
    close: async () => undefined,
  }
  const waiting = batch.read(dead, [watch('a')], 500)
  await clock.advance(11_000)
  expect(await waiting).toMatchObject({
    ok: false,
    problem: { reason: 'timed-out', retry: 'safe' },
  })

  const broken: TelemetrySource = {
    read: () => Promise.reject(new Error('no such thing')),
    close: async () => undefined,
  }
  const failing = batch.read(broken, [watch('a')], 500)
  await clock.advance(25)
  const answer = await failing
  expect(answer.ok ? '' : answer.problem.detail).toContain('no such thing')
})
