import { describe, expect, test } from 'vitest'
import { sampleStrategy } from '../../../test/support/strategies.ts'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import type { EntityHealth } from '../words/health.ts'
import type { VerdictKind } from '../words/verdict.ts'
import { healthModelOf } from './model.ts'
import type { HealthSeen } from './seen.ts'
import { lookAtHealth, NEW_HEALTH_WATCH } from './watch-health.ts'

type Strategy = Parameters<typeof healthModelOf>[0]

/** Looks every ten seconds, at 100 requests each, of which so many are bad. */
function stories(
  strategy: Strategy,
  bad: readonly number[],
  more: Partial<HealthSeen> & { readonly kind?: VerdictKind } = {},
): readonly (readonly EntityHealth[])[] {
  const model = healthModelOf(strategy, 'canary')
  let watch = lookAtHealth(model, NEW_HEALTH_WATCH, seen(0, 0, more), 0).watch
  let events = 0
  return bad.map((one, place) => {
    events += one
    const n = 100 * (place + 1)
    const look = lookAtHealth(model, watch, seen(n, events, more), (place + 1) * 10 * SECOND)
    watch = look.watch
    return look.entities
  })
}

function seen(n: number, events: number, more: Parameters<typeof stories>[2] = {}): HealthSeen {
  const { kind = 'pass', ...rest } = more
  const because = `the evidence says ${kind}`
  const numbers = { ratio: null, logE: 0, logEToFire: 4.6 }
  const counts = { candidate: { n, events }, control: { n: 0, events: 0 } }
  const evidence = [{ metric: 'errors', verdict: kind, because, ...counts, ...numbers }]
  const verdict = { kind, because, exposed: n, evidence }
  return { verdict, smokes: {}, firing: [], budgets: {}, ...rest }
}

function statesOf(looks: readonly (readonly EntityHealth[])[], name: string): readonly string[] {
  return looks.map((entities) => entities.find((one) => one.name === name)?.state ?? 'missing')
}

function measured(signal: object, degradedFor = '15m'): Strategy {
  return sampleStrategy({
    health: {
      degradedFor,
      components: [{ name: 'web', signals: [{ metric: 'errors', ...signal }] }],
    },
  })
}

describe('health without any declaration', () => {
  test.each([
    ['pass', 'healthy'],
    ['fail', 'unhealthy'],
    ['inconclusive', 'unknown'],
    ['no-data', 'unknown'],
    ['error', 'unknown'],
  ] as const)('a verdict of %s makes components, flow and group %s', (kind, state) => {
    const [entities = []] = stories(sampleStrategy(), [0], { kind })
    expect(entities.map((one) => `${one.kind} ${one.name} ${one.state}`)).toEqual([
      `component web ${state}`,
      `flow shop ${state}`,
      `group canary ${state}`,
    ])
  })

  test('is that of a strategy from before health could be declared', () => {
    const { health: _, ...before } = sampleStrategy()
    expect(stories(before, [0])).toEqual(stories(sampleStrategy(), [0]))
  })

  test('an alert that fires about the group degrades it', () => {
    const [entities = []] = stories(sampleStrategy(), [0], { firing: ['QueueGrows'] })
    expect(entities.at(-1)).toMatchObject({
      state: 'degraded',
      because: "alert 'QueueGrows' is firing",
    })
  })
})

describe('health by thresholds', () => {
  test('one bad period is a blip, two of three are a fault, three good ones end it', () => {
    const strategy = measured({ degradedAbove: '2%', unhealthyAbove: '20%' })
    const looks = stories(strategy, [0, 5, 0, 0, 5, 5, 0, 0, 0])
    expect(statesOf(looks, 'web')).toEqual([
      'healthy',
      'healthy',
      'healthy',
      'healthy',
      'healthy',
      'degraded',
      'degraded',
      'degraded',
      'healthy',
    ])
    expect(looks[5]?.[0]?.because).toBe(
      'errors: 5 % of 100 requests bad in the last period, 2 of the last 3 periods bad',
    )
  })

  test('what is degraded for longer than it may be is unhealthy, and says for how long', () => {
    const strategy = measured({ degradedAbove: '2%' }, '1m')
    const looks = stories(
      strategy,
      Array.from({ length: 12 }, () => 5),
    )
    expect(statesOf(looks, 'shop').at(7)).toBe('degraded')
    expect(statesOf(looks, 'shop').at(-1)).toBe('unhealthy')
    expect(looks.at(-1)?.[0]?.because).toMatch(
      /^degraded for 1m \d+s, longer than the 1m it may be/,
    )
  })

  test('a budget that burns: more than tolerated is degraded, at the pace of the pager unhealthy', () => {
    const strategy = measured({})
    const budgets = { errors: 0.01 }
    expect(statesOf(stories(strategy, [1, 1, 1], { budgets }), 'web').at(-1)).toBe('healthy')
    expect(statesOf(stories(strategy, [5, 5, 5], { budgets }), 'web').at(-1)).toBe('degraded')
    expect(statesOf(stories(strategy, [16, 16, 16], { budgets }), 'web').at(-1)).toBe('unhealthy')
  })

  test('too few requests say nothing, so the state is unknown', () => {
    const model = healthModelOf(measured({ degradedAbove: '2%' }), 'canary')
    const first = lookAtHealth(model, NEW_HEALTH_WATCH, seen(0, 0), 0)
    const { entities } = lookAtHealth(model, first.watch, seen(19, 0), MINUTE)
    expect(entities[0]).toMatchObject({
      state: 'unknown',
      because: 'errors has not been measured for a whole period yet',
    })
  })
})

describe('health along dependencies', () => {
  const strategy = sampleStrategy({
    health: {
      components: [
        { name: 'mail', signals: [{ alert: 'MailStuck' }] },
        { name: 'stock', signals: [{ alert: 'StockDown' }] },
      ],
      flows: [
        {
          name: 'checkout',
          dependsOn: [
            { name: 'web' },
            { name: 'stock', criticality: 'important' },
            { name: 'mail', criticality: 'optional' },
          ],
        },
        { name: 'receipts', dependsOn: [{ name: 'mail' }] },
      ],
    },
  })

  test.each([
    ['MailStuck', 'degraded', 'unhealthy'],
    ['StockDown', 'degraded', 'healthy'],
    ['Other', 'healthy', 'healthy'],
  ])('while %s fires, checkout is %s and receipts are %s', (alert, checkout, receipts) => {
    const looks = stories(strategy, [0], { firing: [alert] })
    expect(statesOf(looks, 'checkout')).toEqual([checkout])
    expect(statesOf(looks, 'receipts')).toEqual([receipts])
  })

  test('while no alert can be heard nothing that rests on them is known, and the sentence says why', () => {
    const [entities = []] = stories(strategy, [0], { firing: null })
    expect(entities.filter(({ kind }) => kind !== 'component').map(({ state }) => state)).toEqual([
      'unknown',
      'unknown',
      'unknown',
    ])
    expect(entities.at(-1)?.because).toContain('no source of alerts is heard')
  })
})
