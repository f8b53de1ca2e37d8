import { MINUTE, type Millis, SECOND } from '../kernel/instant.ts'
import type { DependencyCriticality, HealthSignal } from '../strategy/health.ts'
import type { Strategy } from '../strategy/schema.ts'
import { type EntityHealth, healthKey } from '../words/health.ts'

/** How one entity is judged; `felt` names what it depends on by key. */
export interface HealthEntity {
  readonly kind: EntityHealth['kind']
  readonly name: string
  readonly signals: readonly HealthSignal[]
  /** Judged by the verdict of the exposed group. */
  readonly byVerdict: boolean
  readonly felt: readonly { readonly key: string; readonly criticality: DependencyCriticality }[]
  readonly of: { readonly n: number; readonly m: number }
  /** Null: it may be degraded for ever. */
  readonly degradedFor: Millis | null
}

/** Everything whose health is told while a group is exposed, dependencies before what depends on them. */
export interface HealthModel {
  readonly every: Millis
  readonly entities: readonly HealthEntity[]
}

type Declared = Pick<Strategy, 'workload'> & {
  readonly exposure: Pick<Strategy['exposure'], 'groups'>
  /** Absent in what was reviewed before health could be declared. */
  readonly health?: Strategy['health'] | undefined
}

/** As the strategy's own defaults, for strategies from before there were any. */
const UNDECLARED: Strategy['health'] = {
  every: 10 * SECOND,
  of: { n: 2, m: 3 },
  degradedFor: 15 * MINUTE,
  components: [],
  flows: [],
}

/**
 * The model that a strategy declares for one group. What is not declared follows from what is: a
 * component without signals is judged by the group's verdict, without flows one flow named after
 * the workload requires every component, and the group needs its verdict and whatever nothing
 * else depends on.
 */
export function healthModelOf(strategy: Declared, group: string): HealthModel {
  const health = strategy.health ?? UNDECLARED
  const components = componentsOf(strategy, health)
  const flows = flowsOf(strategy, health, components)
  const parts = inOrder([...components, ...flows])
  const needed = new Set(parts.flatMap(({ felt }) => felt.map(({ key }) => key)))
  const roots = parts.map(healthKey).filter((key) => !needed.has(key))
  const whole: HealthEntity = {
    kind: 'group',
    name: group,
    signals: [],
    byVerdict: true,
    felt: roots.map((key) => ({ key, criticality: 'required' })),
    of: health.of,
    degradedFor: null,
  }
  return { every: health.every, entities: [...parts, whole] }
}

type Entry = Strategy['health']['components'][number]

function componentsOf({ workload }: Declared, health: Strategy['health']): readonly HealthEntity[] {
  const own = workload.components.map(({ name }) => name)
  const outside = health.components.map(({ name }) => name).filter((name) => !own.includes(name))
  return [...own, ...outside].map((name) => {
    const declared = health.components.find((one) => one.name === name)
    const measured = declared !== undefined && declared.signals.length > 0
    return entityOf('component', name, declared, !measured && own.includes(name), health)
  })
}

function flowsOf(
  { workload }: Declared,
  health: Strategy['health'],
  components: readonly HealthEntity[],
): readonly HealthEntity[] {
  if (health.flows.length > 0) {
    return health.flows.map((flow) => entityOf('flow', flow.name, flow, false, health))
  }
  const own = new Set(workload.components.map(({ name }) => name))
  const needed = new Set(components.flatMap(({ felt }) => felt.map(({ key }) => key)))
  const felt = components
    .filter((one) => own.has(one.name) || !needed.has(healthKey(one)))
    .map((one) => ({ key: healthKey(one), criticality: 'required' as const }))
  const { of, degradedFor } = health
  const name = workload.name
  return [{ kind: 'flow', name, signals: [], byVerdict: false, felt, of, degradedFor }]
}

function entityOf(
  kind: 'component' | 'flow',
  name: string,
  declared: Entry | undefined,
  byVerdict: boolean,
  health: Strategy['health'],
): HealthEntity {
  const felt = (declared?.dependsOn ?? []).map((one) => ({
    key: healthKey({ kind: isFlow(one.name, health) ? 'flow' : 'component', name: one.name }),
    criticality: one.criticality,
  }))
  return {
    kind,
    name,
    signals: declared?.signals ?? [],
    byVerdict,
    felt,
    of: declared?.of ?? health.of,
    degradedFor: declared?.degradedFor ?? health.degradedFor,
  }
}

function isFlow(name: string, { flows }: Strategy['health']): boolean {
  return flows.some((flow) => flow.name === name)
}

/** Dependencies first. The strategy's checks refuse circles; one that came all the same is cut where it closes. */
function inOrder(entities: readonly HealthEntity[]): readonly HealthEntity[] {
  const byKey = new Map(entities.map((entity) => [healthKey(entity), entity]))
  const ordered = new Map<string, HealthEntity>()
  const entered = new Set<string>()
  function visit(key: string): void {
    const entity = byKey.get(key)
    if (entity === undefined || entered.has(key)) return
    entered.add(key)
    for (const { key: below } of entity.felt) visit(below)
    ordered.set(key, entity)
  }
  for (const key of byKey.keys()) visit(key)
  return [...ordered.values()]
}
