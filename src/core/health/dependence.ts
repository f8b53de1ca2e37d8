import type { DependencyCriticality } from '../strategy/health.ts'
import type { HealthState } from '../words/health.ts'

const FELT: Readonly<Record<DependencyCriticality, Readonly<Record<HealthState, HealthState>>>> = {
  required: {
    healthy: 'healthy',
    degraded: 'degraded',
    unhealthy: 'unhealthy',
    unknown: 'unknown',
  },
  important: {
    healthy: 'healthy',
    degraded: 'degraded',
    unhealthy: 'degraded',
    unknown: 'unknown',
  },
  optional: { healthy: 'healthy', degraded: 'healthy', unhealthy: 'degraded', unknown: 'unknown' },
}

/**
 * What is felt of a dependency's state, by how much it matters. The less it matters the less of its
 * illness arrives; that nothing is known of it arrives always.
 */
export function feltOf(state: HealthState, criticality: DependencyCriticality): HealthState {
  return FELT[criticality][state]
}
