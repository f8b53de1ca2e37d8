import { healthNews, healthOf } from '../health/news.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Group } from '../strategy/schema.ts'
import { type EntityHealth, type HealthState, healthKey, isIll } from '../words/health.ts'
import type { RolloutEvent } from './events.ts'
import type { Failing } from './failing.ts'
import type { Look } from './gate.ts'
import { groupAt, type Rollout } from './state.ts'

/** How the group was last told to be. */
export function groupHealth(rollout: Rollout, index: number): HealthState {
  return healthOf(rollout.health, { kind: 'group', name: groupAt(rollout, index).name })
}

/** The news of one look as one fact, so that a fault that many feel is told once. */
export function healthChanged(
  rollout: Rollout,
  group: Group,
  { health = [] }: Look,
  now: Instant,
): readonly RolloutEvent[] {
  const changes = [...healthNews(rollout.health, health)]
  if (changes.length === 0) return []
  return [{ type: 'health.changed', data: { group: group.name, changes, at: now } }]
}

/** How the group is by this look; null when health was not looked at. */
export function healthAfter(group: Group, { health }: Look): EntityHealth | null {
  const key = healthKey({ kind: 'group', name: group.name })
  return health?.find((one) => healthKey(one) === key) ?? null
}

/** The halt that an unhealthy flow leads to, where the strategy says so. */
export function haltedByFlow(
  rollout: Rollout,
  group: Group,
  { health = [], verdict, routes }: Look,
  now: Instant,
): readonly RolloutEvent[] {
  const flows = rollout.strategy.health?.flows ?? []
  const halting = new Set(
    flows.filter(({ onUnhealthy }) => onUnhealthy === 'halt').map(({ name }) => name),
  )
  const ill = health.find(
    ({ kind, name, state }) => kind === 'flow' && state === 'unhealthy' && halting.has(name),
  )
  if (ill === undefined) return []
  const because = `group '${group.name}': flow '${ill.name}' is unhealthy: ${ill.because}`
  const why = { kind: 'health', group: group.name, because } as const
  const failing: Failing = { ...why, metrics: [], routes: [...routes], verdict }
  return [{ type: 'rollout.halted', data: { failing, at: now } }]
}

/** Why not even a person promotes this group by hand: it is known to be ill. Null when nothing speaks against it. */
export function illGroup(rollout: Rollout, index: number): string | null {
  const { name } = groupAt(rollout, index)
  const known = rollout.health.entities[healthKey({ kind: 'group', name })]
  return known !== undefined && isIll(known.state) ? `it is ${known.state}: ${known.because}` : null
}
