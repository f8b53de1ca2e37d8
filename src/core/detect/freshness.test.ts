import { describe, expect, test } from 'vitest'
import { FakeTraffic } from '../../../test/support/fake-traffic.ts'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import { judge } from './judge.ts'
import type { Absence, Reading } from './reading.ts'
import { observe, startWatch } from './watch.ts'
import type { WatchState } from './watch-state.ts'

/** 2026-11-23T09:00:00Z */
const START = 1_795_424_400_000
const FINE = { rps: 50, errors: 0 }

interface Answer {
  readonly readings: readonly Reading[]
  readonly absences?: readonly Absence[]
}

/** Watches a good release for a while, with whatever the source makes of its readings. */
function watchFor(seconds: number, source: (readings: readonly Reading[], at: number) => Answer) {
  const traffic = new FakeTraffic(3, START)
  let state: WatchState = startWatch({
    startedAt: START,
    group: { share: 5_000, bake: 10 * MINUTE, minExposure: 50 },
    groups: 1,
    detection: {
      falseAlarms: 0.01,
      staleAfter: 15 * SECOND,
      metrics: [
        {
          name: 'errors',
          source: 'prom',
          kind: 'error-rate',
          tolerance: 1,
          weight: 1,
          shadow: false,
        },
      ],
    },
    baseline: null,
  })
  for (let second = 0; second < seconds; second += 1) {
    traffic.run(SECOND, { candidate: FINE, control: FINE })
    const { readings } = traffic.poll('errors')
    state = observe(state, { source: 'prom', ...source(readings, traffic.at) }, traffic.at)
  }
  return { state, verdict: judge(state, traffic.at), at: traffic.at }
}

const judgedOf = ({ state }: { readonly state: WatchState }) =>
  state.metrics[0]?.arms.candidate.judged.requests ?? 0

describe('a source that falls silent', () => {
  test('is named, with the moment since which it has shown nothing new', () => {
    const { verdict } = watchFor(60, (readings, at) => ({
      readings: at > START + 30 * SECOND ? [] : readings,
    }))
    expect(verdict.kind).toBe('no-data')
    expect(verdict.because).toBe(
      "errors: no fresh data of the candidate for more than 15s; the source 'prom' has shown nothing new since 2026-11-23T09:00:30.000Z",
    )
  })

  test('says why, where it knows', () => {
    const because = 'errors: prom: the scrape of shop/a:1 fails (up == 0)'
    const absences = [{ metric: 'errors', arm: 'candidate', because }] as const
    const { verdict } = watchFor(60, (readings, at) =>
      at > START + 30 * SECOND ? { readings: [], absences } : { readings },
    )
    expect(verdict.because).toContain(`(${because})`)
  })

  test('about an arm that it never measured is said too', () => {
    const { verdict } = watchFor(60, (readings) => ({
      readings: readings.filter(({ arm }) => arm === 'control'),
    }))
    expect(verdict.because).toContain("the source 'prom' has never shown any")
  })

  test('but goes on answering with the same samples looks no more alive for it', () => {
    let last: readonly Reading[] = []
    const { verdict } = watchFor(60, (readings, at) => {
      if (at <= START + 30 * SECOND) last = readings
      return { readings: last }
    })
    expect(verdict.kind).toBe('no-data')
  })
})

describe('a source whose clock', () => {
  const shifted = (by: number) => (readings: readonly Reading[]) => ({
    readings: readings.map((reading) => ({ ...reading, at: reading.at + by })),
  })

  test('runs ahead and keeps running is believed', () => {
    expect(watchFor(60, shifted(5 * MINUTE)).verdict.kind).toBe('pass')
  })

  test('runs behind is stale, and said to lag', () => {
    const { verdict } = watchFor(200, shifted(-2 * MINUTE))
    expect(verdict.kind).toBe('no-data')
    expect(verdict.because).toContain('it lags, or its clock is slow')
  })

  test('stands still is stale', () => {
    const { verdict } = watchFor(60, (readings) => ({
      readings: readings.map((reading) => ({
        ...reading,
        at: Math.min(reading.at, START + 30 * SECOND),
      })),
    }))
    expect(verdict.kind).toBe('no-data')
  })

  test('ran ahead and was put right is counted on from there, and nothing twice', () => {
    const right = watchFor(60, (readings) => ({ readings }))
    const put = watchFor(60, (readings, at) =>
      at < START + 30 * SECOND ? shifted(60 * MINUTE)(readings) : { readings },
    )
    expect(put.verdict.kind).toBe('pass')
    expect(judgedOf(put)).toBe(judgedOf(right))
  })

  test('ran ahead and fell silent is said to have run ahead', () => {
    const { verdict } = watchFor(60, (readings, at) =>
      at < START + 30 * SECOND ? shifted(60 * MINUTE)(readings) : { readings: [] },
    )
    expect(verdict.because).toMatch(/the clock of the source 'prom' is 59m \d+s ahead/)
  })
})

test('counters that another keeper counts begin elsewhere, which is no traffic', () => {
  const kept = (keeper: string, more: number) => (readings: readonly Reading[]) => ({
    readings: readings.map((reading) => ({
      ...reading,
      keeper,
      requests: reading.requests + more,
      errors: reading.errors + more,
    })),
  })
  const { verdict } = watchFor(60, (readings, at) =>
    (at < START + 30 * SECOND ? kept('a', 0) : kept('b', 5_000))(readings),
  )
  expect(verdict.kind).toBe('pass')
})
