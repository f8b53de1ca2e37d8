import { describe, expect, test } from 'vitest'
import {
  allSeen,
  captured,
  type Flight,
  fly,
  says,
  verdictOf,
} from '../../../test/support/flight.ts'
import { sampleStrategy } from '../../../test/support/strategies.ts'
import { factsOf } from '../decide/facts-of.ts'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import type { Strategy } from '../strategy/schema.ts'
import type { EntityHealth, HealthState } from '../words/health.ts'
import type { VerdictKind } from '../words/verdict.ts'

const CHECKOUT = { name: 'checkout', dependsOn: [{ name: 'web' }] }

function withFlow(onUnhealthy: 'halt' | 'record'): Strategy {
  const tree = [{ name: 'ask', choose: 'hold', because: 'a person knows' }] as const
  return sampleStrategy({ tree, health: { flows: [{ ...CHECKOUT, onUnhealthy }] } })
}

/** What one look says of the flow, which the group feels; the sentence is the same whatever the state. */
function entities(state: HealthState): readonly EntityHealth[] {
  const because = 'errors: 3 % of 400 requests bad in the last period'
  const flow = { kind: 'flow', name: 'checkout', state, because } as const
  return [flow, { kind: 'group', name: 'canary', state, because }]
}

function looks(flight: Flight, second: number, state: HealthState, kind: VerdictKind = 'pass') {
  const now = START + second * SECOND
  const { watch } = flight
  const verdict = verdictOf(kind)
  flight.tell({ type: 'judge', watch, verdict, routes: [], health: entities(state), now })
}

const START = fly(withFlow('record'), captured(), allSeen).now

function bakes(strategy = withFlow('record')): Flight {
  return fly(strategy, captured(), allSeen)
}

function storyOf(flight: Flight, from: number): readonly string[] {
  return flight.events
    .slice(from)
    .map(({ type }) => type)
    .filter((type) => /^(health|group|rollout)\./.test(type))
}

describe('health at the gate', () => {
  test('a group that was degraded for a moment has to be well for the whole bake again', () => {
    const flight = bakes()
    const from = flight.events.length
    for (const second of [0, 20, 40]) looks(flight, second, 'healthy')
    looks(flight, 50, 'degraded')
    for (const second of [55, 80, 110]) looks(flight, second, 'healthy')
    expect(storyOf(flight, from)).toEqual(['health.changed', 'health.changed', 'health.changed'])
    looks(flight, 115, 'healthy')
    expect(storyOf(flight, from).at(-1)).toBe('group.passed')
  })

  test('a group of which something is not known does not pass, and after a while a person is asked why', () => {
    const flight = bakes()
    for (let second = 0; second <= 660; second += 10) looks(flight, second, 'unknown')
    const { rollout } = flight.state
    expect(rollout?.stage).toMatchObject({ at: 'baking', verdict: { kind: 'pass' } })
    expect(rollout?.paused?.because).toContain('its health is unknown: errors: 3 %')
  })

  test('an unhealthy flow halts the rollout where the strategy says so, and the conditions see it', () => {
    const flight = bakes(withFlow('halt'))
    looks(flight, 0, 'healthy')
    looks(flight, 10, 'unhealthy')
    const { rollout, failing } = flight.state
    expect(failing).toMatchObject({
      kind: 'health',
      group: 'canary',
      because: expect.stringContaining("flow 'checkout' is unhealthy: errors: 3 %"),
    })
    expect(rollout?.stage).toMatchObject({ at: 'halted', index: 0 })
    const facts = rollout === null || failing === null ? null : factsOf(rollout, failing, []).health
    expect(facts).toEqual({
      group: 'unhealthy',
      flows: 'unhealthy',
      unhealthy: ['checkout'],
      degraded: [],
      unknown: [],
    })
  })

  test('an unhealthy flow that is only recorded halts nothing and passes nothing', () => {
    const flight = bakes()
    for (let second = 0; second <= 120; second += 10) looks(flight, second, 'unhealthy')
    expect(flight.state.rollout?.stage.at).toBe('baking')
  })

  test('is told when it changes and only then, for the better and the worse', () => {
    const flight = bakes()
    const from = flight.events.length
    const states: readonly HealthState[] = [
      'unknown',
      'healthy',
      'healthy',
      'degraded',
      'degraded',
      'unhealthy',
      'healthy',
      'unknown',
    ]
    for (const [second, state] of states.entries()) looks(flight, second, state)
    const changes = flight.events
      .slice(from)
      .flatMap((event) => (event.type === 'health.changed' ? event.data.changes : []))
      .filter(({ kind }) => kind === 'flow')
    expect(changes.map(({ was, state }) => `${was} → ${state}`)).toEqual([
      'null → healthy',
      'healthy → degraded',
      'degraded → unhealthy',
      'unhealthy → healthy',
      'healthy → unknown',
    ])
  })

  test('not even a person promotes a group that is known to be ill', () => {
    const flight = bakes()
    looks(flight, 0, 'degraded')
    flight.tell({ type: 'promote', by: 'bob', now: flight.now })
    expect(flight.refusals).toContain('promote: not-measured')
  })

  test('what is resumed is looked at anew: old illness is not held against it', () => {
    const flight = bakes(withFlow('halt'))
    looks(flight, 0, 'unhealthy')
    says('resume', 'bob')(flight)
    const from = flight.events.length
    for (const second of [1, 30, 62]) looks(flight, second, 'healthy')
    expect(storyOf(flight, from)).toContain('group.passed')
    expect(flight.now).toBeLessThan(START + MINUTE)
  })
})
