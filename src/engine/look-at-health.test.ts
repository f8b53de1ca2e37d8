import { describe, expect, test } from 'vitest'
import { exposedRollout } from '../../test/support/emergencies.ts'
import { verdictOf } from '../../test/support/flight.ts'
import { sampleStrategy } from '../../test/support/strategies.ts'
import { NEW_HEALTH_WATCH } from '../core/health/watch-health.ts'
import type { Rollout } from '../core/rollout/state.ts'
import { healthNow } from './look-at-health.ts'

function look(rollout: Rollout): readonly string[] {
  const { entities } = healthNow({ health: NEW_HEALTH_WATCH }, rollout, 0, verdictOf('pass'), 0)
  return entities.map(({ name, state, because }) => `${name} ${state}: ${because}`)
}

function measuredBySmoke(smoke: string): Rollout {
  return exposedRollout(
    sampleStrategy({ health: { components: [{ name: 'web', signals: [{ smoke }] }] } }),
  )
}

describe('what health is made of', () => {
  test("the group's own smoke test counts, and one that this group did not run is not known", () => {
    expect(look(measuredBySmoke('answers'))).toContain(
      "web healthy: smoke test 'answers' passed in this group",
    )
    expect(look(measuredBySmoke('elsewhere'))).toContain(
      "web unknown: smoke test 'elsewhere' was not run in this group",
    )
  })

  test('a source of alerts that is silent makes the group unknown, whatever the verdict says', () => {
    const alerts = { heartbeats: [{ source: 'alertmanager', every: '5m' }] }
    const rollout = exposedRollout(sampleStrategy({ detection: { alerts } }))
    const because = 'alertmanager has been silent for 5m'
    const heard = { ...rollout, sources: { alertmanager: { isHeard: true, because: '' } } }
    const silent = { ...rollout, sources: { alertmanager: { isHeard: false, because } } }
    expect(look(heard).at(-1)).toMatch(/^canary healthy/)
    expect(look(silent).at(-1)).toBe(`canary unknown: ${because}`)
  })

  test('an objective of a metric is a budget that can burn', () => {
    const slo = { objective: '99.9%' }
    const metrics = [{ name: 'errors', kind: 'error-rate', slo }] as const
    const components = [{ name: 'web', signals: [{ metric: 'errors' }] }]
    const rollout = exposedRollout(
      sampleStrategy({ detection: { metrics: [...metrics] }, health: { components } }),
    )
    expect(look(rollout)[0]).toBe(
      'web unknown: errors has not been measured for a whole period yet',
    )
  })
})
