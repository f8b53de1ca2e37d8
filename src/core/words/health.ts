import { z } from 'zod'

/**
 * How well something is. `unknown` is a state of its own: what is not measured is neither well nor
 * ill, and is never shown as either.
 */
export const HealthState = z.enum(['healthy', 'unknown', 'degraded', 'unhealthy'])
export type HealthState = z.output<typeof HealthState>

/** What can be well or ill: a part of the workload, what users do with it, or a step of exposure. */
export const HealthKind = z.enum(['component', 'flow', 'group'])

/** How one entity is now, with the sentence that says why. */
export const EntityHealth = z.object({
  kind: HealthKind,
  name: z.string(),
  state: HealthState,
  because: z.string(),
})
export type EntityHealth = z.output<typeof EntityHealth>

/** One change of one entity, for the better or the worse; `was` is null for what was never looked at. */
export const HealthChange = EntityHealth.extend({ was: HealthState.nullable() })
export type HealthChange = z.output<typeof HealthChange>

/** From best to worst: what is known to be ill outweighs what is not known. */
const RANK: Readonly<Record<HealthState, number>> = {
  healthy: 0,
  unknown: 1,
  degraded: 2,
  unhealthy: 3,
}

/** The worst of several states; of none at all, nothing is known to be wrong, which is `healthy`. */
export function worstHealth(states: readonly HealthState[]): HealthState {
  return states.reduce<HealthState>(
    (worst, state) => (isWorse(state, worst) ? state : worst),
    'healthy',
  )
}

export function isWorse(one: HealthState, other: HealthState): boolean {
  return RANK[one] > RANK[other]
}

/** Whether it is known to be ill. */
export function isIll(state: HealthState): state is 'degraded' | 'unhealthy' {
  return state === 'degraded' || state === 'unhealthy'
}

/** An entity's name among all kinds: a flow and a component may be called alike. */
export function healthKey({ kind, name }: Pick<EntityHealth, 'kind' | 'name'>): string {
  return `${kind}/${name}`
}
