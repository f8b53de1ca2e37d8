import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FakeTraffic, lognormal } from '../../../test/support/fake-traffic.ts'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import type { Metric } from '../strategy/schema.ts'
import type { VerdictKind } from '../words/verdict.ts'
import { judge, verdictKind } from './judge.ts'
import type { Arm, Reading } from './reading.ts'
import { observe, sourceFailed, startWatch } from './watch.ts'
import type { WatchState } from './watch-state.ts'

const START = 1_800_000_000_000
const BAKE = 2 * MINUTE
const STALE = 15 * SECOND
const LOOKS = 100
const BASE = { source: 'router', tolerance: 1, weight: 1, shadow: false }
const METRICS = {
  errors: { ...BASE, name: 'errors', kind: 'error-rate' },
  latency: { ...BASE, name: 'latency', kind: 'latency' },
  queue: { ...BASE, name: 'queue', kind: 'gauge', source: 'prom' },
} as const satisfies Readonly<Record<string, Metric>>
type Name = keyof typeof METRICS
const NAMES = ['errors', 'latency', 'queue'] as const

/** What is missing in an otherwise perfect bake of a release with nothing wrong. */
type Hole =
  | { readonly what: 'arm'; readonly metric: Name; readonly arm: Arm }
  | { readonly what: 'ends-early'; readonly metric: Name; readonly arm: Arm; readonly by: number }
  | { readonly what: 'source-fails'; readonly metric: Name }
  | { readonly what: 'too-short'; readonly looks: number }
  | { readonly what: 'too-few'; readonly minExposure: number }
  | { readonly what: 'split' }
  | { readonly what: 'nothing-acts' }
  | { readonly what: 'no-numbers'; readonly metric: Name }

const metric = fc.constantFrom(...NAMES)
const arm = fc.constantFrom<Arm>('candidate', 'control')
const Hole: fc.Arbitrary<Hole> = fc.oneof(
  fc.record({ what: fc.constant('arm' as const), metric, arm }),
  // More than what counts as stale after, up to the whole bake.
  fc.record({
    what: fc.constant('ends-early' as const),
    metric,
    arm,
    by: fc.integer({ min: 17, max: LOOKS }),
  }),
  fc.record({ what: fc.constant('source-fails' as const), metric }),
  fc.record({
    what: fc.constant('too-short' as const),
    looks: fc.integer({ min: 0, max: 0.25 * (BAKE / SECOND) - 1 }),
  }),
  fc.record({
    what: fc.constant('too-few' as const),
    minExposure: fc.integer({ min: 25 * LOOKS, max: 1e6 }),
  }),
  fc.constant({ what: 'split' as const }),
  fc.constant({ what: 'nothing-acts' as const }),
  fc.record({ what: fc.constant('no-numbers' as const), metric }),
)

function bake(hole: Hole | null, seed: number): { state: WatchState; now: number } {
  const traffic = new FakeTraffic(seed, START)
  const shadow = hole?.what === 'nothing-acts'
  let state = startWatch({
    startedAt: START,
    group: {
      share: 1000,
      bake: BAKE,
      minExposure: hole?.what === 'too-few' ? hole.minExposure : 50,
    },
    groups: 1,
    detection: {
      falseAlarms: 0.01,
      staleAfter: STALE,
      metrics: NAMES.map((name) => ({ ...METRICS[name], shadow })),
    },
    baseline: null,
    split: { share: hole?.what === 'split' ? 0.5 : 0.1, worth: 1 },
  })
  const looks = hole?.what === 'too-short' ? hole.looks : LOOKS
  for (let look = 0; look <= looks; look += 1) {
    for (const source of ['router', 'prom'] as const) {
      const readings = NAMES.filter((name) => METRICS[name].source === source).flatMap((name) =>
        (['candidate', 'control'] as const)
          .filter((side) => isRead(hole, name, side, look))
          .map((side) => readingOf(traffic, name, side, hole, look)),
      )
      state = observe(state, { source, readings }, traffic.at)
    }
    if (look < looks) traffic.run(SECOND, BEHAVIOUR)
  }
  return {
    state: hole?.what === 'source-fails' ? failing(state, METRICS[hole.metric].source) : state,
    now: traffic.at,
  }
}

const FINE = { errors: 0.001, latencyMs: lognormal(80, 0.5) }
const BEHAVIOUR = { candidate: { rps: 20, ...FINE }, control: { rps: 180, ...FINE } }

function failing(state: WatchState, source: string): WatchState {
  return sourceFailed(state, source, 'it did not answer')
}

function isRead(hole: Hole | null, name: Name, side: Arm, look: number): boolean {
  if (hole === null || !('arm' in hole)) return true
  if (hole.metric !== name || hole.arm !== side) return true
  return hole.what === 'ends-early' && look <= LOOKS - hole.by
}

function readingOf(
  traffic: FakeTraffic,
  name: Name,
  side: Arm,
  hole: Hole | null,
  look: number,
): Reading {
  const isBlank = hole?.what === 'no-numbers' && hole.metric === name
  const counted = traffic.reading(name, side)
  if (name === 'queue') {
    // Two values in turns, so that both arms vary and are alike.
    const mean = isBlank ? Number.NaN : 100 + (look % 2)
    return { ...counted, requests: 0, errors: 0, edgesMs: [], latency: [], gauge: { mean } }
  }
  if (!isBlank) return counted
  return name === 'latency'
    ? { ...counted, edgesMs: [], latency: [] }
    : { ...counted, requests: Number.NaN }
}

describe('nothing that was not measured passes', () => {
  test.each([1, 2, 3])(
    'a bake without a hole passes, so that a hole is what stops it (%i)',
    (seed) => {
      const { state, now } = bake(null, seed)
      expect(judge(state, now)).toMatchObject({ kind: 'pass' })
    },
  )

  test('whatever single thing is missing', () => {
    fc.assert(
      fc.property(Hole, fc.integer({ min: 1, max: 1e6 }), (hole, seed) => {
        const { state, now } = bake(hole, seed)
        const { kind, because } = judge(state, now)
        expect(kind).not.toBe('pass')
        expect(because).not.toBe('')
        expect(verdictKind(state, now)).toBe(kind)
      }),
      { numRuns: 60 },
    )
  })

  test('and data that is a moment too old is no data', () => {
    const { state, now } = bake(null, 1)
    expect(judge(state, now + STALE).kind).toBe('pass')
    expect(judge(state, now + STALE + 1).kind).toBe('no-data')
  })
})

describe('the worst of the acting metrics decides', () => {
  const ORDER: readonly VerdictKind[] = ['fail', 'error', 'no-data', 'inconclusive', 'pass']

  test('in one order, whatever the metrics say, and shadows never do', () => {
    fc.assert(
      fc.property(
        fc.option(Hole, { nil: null }),
        fc.subarray([...NAMES]),
        fc.integer({ min: 0, max: 60 * SECOND }),
        (hole, shadows, later) => {
          const { state, now } = bake(hole, 7)
          const metrics = state.metrics.map((one) => ({
            ...one,
            shadow: shadows.some((name) => name === one.name),
          }))
          const verdict = judge({ ...state, metrics, split: null }, now + later)
          const said = verdict.evidence
            .filter(({ shadow }) => shadow === undefined)
            .map(({ verdict: kind }) => kind)
          const worst = ORDER.find((kind) => said.includes(kind)) ?? 'inconclusive'
          expect(verdict.kind).toBe(worst)
        },
      ),
      { numRuns: 60 },
    )
  })
})
