import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEPENDENCY_CRITICALITIES } from '../strategy/health.ts'
import { type EntityHealth, healthKey, isWorse } from '../words/health.ts'
import type { Verdict } from '../words/verdict.ts'
import type { HealthEntity, HealthModel } from './model.ts'
import { EMPTY_HEALTH_BOOK, healthNews, noteHealth } from './news.ts'
import type { HealthSeen } from './seen.ts'
import { type HealthWatch, lookAtHealth, NEW_HEALTH_WATCH } from './watch-health.ts'

const EVERY = 10_000
const REQUESTS = 100

/** What one period brought: each is at least as bad in `worse` as in `better`. */
interface Moment {
  readonly bad: number
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'no-data' | 'error'
  readonly smoke: 'passed' | 'failed' | 'error' | null
  readonly firing: boolean | null
  readonly afterMs: number
}

const moment = fc.record<Moment>({
  bad: fc.integer({ min: 0, max: REQUESTS }),
  verdict: fc.constantFrom('pass', 'fail', 'inconclusive', 'no-data', 'error'),
  smoke: fc.constantFrom('passed', 'failed', 'error', null),
  firing: fc.constantFrom(true, false, null),
  afterMs: fc.integer({ min: EVERY, max: 20 * EVERY }),
})

/** A moment made worse: what is well becomes ill or unknown, what is ill becomes worse. */
const worsening = fc.record({
  bad: fc.integer({ min: 0, max: REQUESTS }),
  verdict: fc.constantFrom<Moment['verdict'] | 'same'>('same', 'fail', 'inconclusive', 'no-data'),
  smoke: fc.constantFrom<Moment['smoke'] | 'same'>('same', 'failed', 'error', null),
  firing: fc.constantFrom<Moment['firing'] | 'same'>('same', true, null),
})

const model: fc.Arbitrary<HealthModel> = fc
  .array(
    fc.record({
      signals: fc.subarray(['metric', 'smoke', 'alert'] as const),
      byVerdict: fc.boolean(),
      felt: fc.array(fc.tuple(fc.nat({ max: 4 }), fc.constantFrom(...DEPENDENCY_CRITICALITIES)), {
        maxLength: 3,
      }),
      m: fc.integer({ min: 1, max: 4 }),
      n: fc.integer({ min: 1, max: 4 }),
      degradedFor: fc.constantFrom(null, 3 * EVERY, 30 * EVERY),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((drawn) => ({
    every: EVERY,
    entities: drawn.map(
      (one, index): HealthEntity => ({
        kind: 'component',
        name: `c${index}`,
        byVerdict: one.byVerdict,
        signals: one.signals.map((kind) => {
          if (kind === 'smoke') return { smoke: 'home', means: 'unhealthy' }
          if (kind === 'alert') return { alert: 'Down', means: 'degraded' }
          return { metric: 'errors', degradedAbove: 500, unhealthyAbove: 2_000, means: 'unhealthy' }
        }),
        felt: one.felt
          .filter(([below]) => below < index)
          .map(([below, criticality]) => ({ key: `component/c${below}`, criticality })),
        of: { n: Math.min(one.n, one.m), m: one.m },
        degradedFor: one.degradedFor,
      }),
    ),
  }))

describe('laws of health', () => {
  test('worse input never gives a better state, then or later', () => {
    fc.assert(
      fc.property(
        model,
        fc.array(fc.tuple(moment, worsening), { minLength: 1, maxLength: 12 }),
        (of, pairs) => {
          const better = told(
            of,
            pairs.map(([one]) => one),
          )
          const worse = told(
            of,
            pairs.map(([one, by]) => worsened(one, by)),
          )
          for (const [place, entities] of better.entries()) {
            for (const [index, { state }] of entities.entries()) {
              const other = worse[place]?.[index]?.state ?? 'healthy'
              expect(isWorse(state, other), `${state} became ${other}`).toBe(false)
            }
          }
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('what is not known, of itself or of a dependency, is never healthy', () => {
    fc.assert(
      fc.property(model, fc.array(moment, { minLength: 1, maxLength: 8 }), (of, moments) => {
        const history = told(of, moments)
        for (const [place, entities] of history.entries()) {
          const states = new Map(entities.map((one) => [healthKey(one), one.state]))
          const at = moments[place]
          for (const one of of.entities) {
            const state = states.get(healthKey(one))
            const isBlind =
              (one.byVerdict && at?.verdict !== 'pass') ||
              one.signals.some(({ smoke }) => smoke !== undefined && at?.smoke !== 'passed') ||
              one.signals.some(({ alert }) => alert !== undefined && at?.firing !== false) ||
              one.felt.some(({ key }) => states.get(key) === 'unknown') ||
              (one.signals.length === 0 && one.felt.length === 0 && !one.byVerdict)
            expect(isBlind && state === 'healthy').toBe(false)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  test('an optional dependency alone, however long it is ill, never makes anything unhealthy', () => {
    const of: HealthModel = {
      every: EVERY,
      entities: [
        entity('c0', { signals: [{ alert: 'Down', means: 'degraded' }], degradedFor: EVERY }),
        entity('c1', {
          byVerdict: true,
          felt: [{ key: 'component/c0', criticality: 'optional' }],
          degradedFor: EVERY,
        }),
      ],
    }
    fc.assert(
      fc.property(fc.array(moment, { minLength: 1, maxLength: 20 }), (moments) => {
        const calm = moments.map((one): Moment => ({ ...one, verdict: 'pass' }))
        for (const [, upper] of told(of, calm)) expect(upper?.state).not.toBe('unhealthy')
      }),
    )
  })

  test('no alert without a change: each is told once, names what it was, and both directions are told', () => {
    fc.assert(
      fc.property(model, fc.array(moment, { minLength: 1, maxLength: 12 }), (of, moments) => {
        let book = EMPTY_HEALTH_BOOK
        for (const [place, entities] of told(of, moments).entries()) {
          const before = book
          const news = healthNews(book, entities)
          book = noteHealth(book, news, place)
          for (const { was, state, kind, name } of news) {
            expect(was).not.toBe(state)
            expect(was).toBe(before.entities[healthKey({ kind, name })]?.state ?? null)
          }
          expect(healthNews(book, entities)).toEqual([])
          for (const one of entities) {
            expect(book.entities[healthKey(one)]?.state ?? 'unknown').toBe(one.state)
          }
          expect(book.recent.length).toBeLessThanOrEqual(20)
        }
      }),
    )
  })

  test('the watch is JSON: what is read back goes on as if nothing had happened', () => {
    fc.assert(
      fc.property(model, fc.array(moment, { minLength: 1, maxLength: 6 }), (of, moments) => {
        const kept = told(of, moments)
        const read = told(of, moments, (watch) => JSON.parse(JSON.stringify(watch)))
        expect(read).toEqual(kept)
      }),
    )
  })
})

function told(
  of: HealthModel,
  moments: readonly Moment[],
  between: (watch: HealthWatch) => HealthWatch = (watch) => watch,
): readonly (readonly EntityHealth[])[] {
  let watch = lookAtHealth(of, NEW_HEALTH_WATCH, seenOf(0, 0, moments[0]), 0).watch
  let now = 0
  let events = 0
  return moments.map((one, place) => {
    now += one.afterMs
    events += one.bad
    const look = lookAtHealth(of, between(watch), seenOf((place + 1) * REQUESTS, events, one), now)
    watch = look.watch
    return look.entities
  })
}

function seenOf(n: number, events: number, at: Moment | undefined): HealthSeen {
  const kind = at?.verdict ?? 'inconclusive'
  const verdict: Verdict = {
    kind,
    because: kind,
    exposed: n,
    evidence: [
      {
        metric: 'errors',
        verdict: kind,
        because: kind,
        candidate: { n, events },
        control: { n: 0, events: 0 },
        ratio: null,
        logE: 0,
        logEToFire: 4.6,
      },
    ],
  }
  const firing = at?.firing == null ? null : at.firing ? ['Down'] : []
  return { verdict, smokes: at?.smoke == null ? {} : { home: at.smoke }, firing, budgets: {} }
}

function worsened(
  one: Moment,
  by: typeof worsening extends fc.Arbitrary<infer Drawn> ? Drawn : never,
): Moment {
  const { verdict, smoke, firing } = by
  return {
    afterMs: one.afterMs,
    bad: Math.max(one.bad, by.bad),
    verdict: verdict === 'same' || one.verdict !== 'pass' ? one.verdict : verdict,
    smoke: smoke === 'same' || one.smoke !== 'passed' ? one.smoke : smoke,
    firing: firing === 'same' || one.firing !== false ? one.firing : firing,
  }
}

function entity(name: string, more: Partial<HealthEntity>): HealthEntity {
  return {
    kind: 'component',
    name,
    signals: [],
    byVerdict: false,
    felt: [],
    of: { n: 1, m: 1 },
    degradedFor: null,
    ...more,
  }
}
