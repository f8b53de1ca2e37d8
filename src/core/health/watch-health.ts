import { type Instant, sayDuration } from '../kernel/instant.ts'
import type { HealthSignal } from '../strategy/health.ts'
import { type EntityHealth, type HealthState, healthKey, isIll, isWorse } from '../words/health.ts'
import { feltOf } from './dependence.ts'
import type { HealthEntity, HealthModel } from './model.ts'
import { countRates, type Rates } from './rates.ts'
import { sayPeriods } from './say-health.ts'
import type { HealthSeen } from './seen.ts'
import { type Settled, settle, UNSETTLED } from './settle.ts'
import { levelOf, type Told, toldAtOnce, toldByAlerts, toldByVerdict } from './signal.ts'

/** Everything that is remembered of the health of one exposed group: JSON, bounded by the model's size. */
export interface HealthWatch {
  readonly rates: Rates
  /** Thresholds by entity and place in its list. */
  readonly settled: Readonly<Record<string, Settled>>
  /** Since when an entity has been degraded or worse without a break. */
  readonly illSince: Readonly<Record<string, Instant>>
}

/** Nothing was looked at yet. Each group begins so: how another group was is no evidence. */
export const NEW_HEALTH_WATCH: HealthWatch = { rates: {}, settled: {}, illSince: {} }

export interface HealthLook {
  readonly watch: HealthWatch
  /** How everything is, dependencies first, the group last. */
  readonly entities: readonly EntityHealth[]
}

/**
 * Looks once at the health of everything in the model.
 *
 * An entity is as ill as the worst of its signals and of what it feels of its dependencies.
 * Degraded for longer than its `degradedFor` is unhealthy; illness of an optional dependency never
 * counts towards that. Where nothing is known to be wrong but something is not known, the
 * state is `unknown`.
 */
export function lookAtHealth(
  model: HealthModel,
  before: HealthWatch,
  seen: HealthSeen,
  now: Instant,
): HealthLook {
  const rates = countRates(before.rates, seen.verdict, model.every, now)
  const settled: Record<string, Settled> = { ...before.settled }
  const illSince: Record<string, Instant> = {}
  const known = new Map<string, Known>()
  for (const entity of model.entities) {
    const key = healthKey(entity)
    const own = [
      ...(entity.byVerdict ? [toldByVerdict(seen.verdict)] : []),
      ...(entity.kind === 'group' ? toldByAlerts(seen) : []),
      ...entity.signals.map((signal, place) => {
        const told = toldAtOnce(signal, seen)
        if (told !== null) return told
        const slot = `${key}#${place}`
        settled[slot] = settledNow(settled[slot] ?? UNSETTLED, signal, entity, rates, seen)
        return toldByThreshold(signal, settled[slot], entity, rates, seen)
      }),
    ]
    const felt = entity.felt.map(({ key: below, criticality }) => ({
      ...feel(known.get(below), below, criticality),
      lasts: criticality !== 'optional',
    }))
    const told = [...own.map((one) => ({ isBlind: false, ...one, lasts: true })), ...felt]
    const sinceWhen = illFrom(told, before.illSince[key], now)
    if (sinceWhen !== null) illSince[key] = sinceWhen
    const { kind, name } = entity
    const isBlind = told.length === 0 || told.some((one) => one.state === 'unknown' || one.isBlind)
    known.set(key, {
      health: { kind, name, ...conclude(told, entity, sinceWhen, now) },
      isBlind,
    })
  }
  const entities = [...known.values()].map(({ health }) => health)
  return { watch: { rates, settled, illSince }, entities }
}

/** An illness may hide that something else is not known; whoever does not feel the illness must still learn that. */
interface Known {
  readonly health: EntityHealth
  readonly isBlind: boolean
}

type Lasting = Told & { readonly lasts: boolean; readonly isBlind: boolean }

function settledNow(
  before: Settled,
  signal: HealthSignal,
  { of }: HealthEntity,
  rates: Rates,
  seen: HealthSeen,
): Settled {
  const rate = rates[signal.metric ?? '']
  const level = levelOf(signal, rate, seen)
  return level === null || rate?.isNew !== true ? before : settle(before, level, of)
}

function toldByThreshold(
  { metric = '' }: HealthSignal,
  { level, periods }: Settled,
  { of }: HealthEntity,
  rates: Rates,
  { verdict }: HealthSeen,
): Told & { readonly isBlind: boolean } {
  const evidence = verdict.evidence.find((one) => one.metric === metric)
  const isBlind =
    evidence === undefined || evidence.verdict === 'error' || evidence.verdict === 'no-data'
  if (isIll(level)) {
    const because = sayPeriods(metric, periods, level, rates[metric], of)
    return { state: level, because, isBlind }
  }
  if (isBlind) {
    const because = evidence?.because ?? `${metric} is not measured`
    return { state: 'unknown', because, isBlind }
  }
  if (periods.length === 0) {
    const because = `${metric} has not been measured for a whole period yet`
    return { state: 'unknown', because, isBlind: true }
  }
  return {
    state: 'healthy',
    because: sayPeriods(metric, periods, level, rates[metric], of),
    isBlind,
  }
}

function feel(
  below: Known | undefined,
  key: string,
  criticality: HealthEntity['felt'][number]['criticality'],
): Told & { readonly isBlind: boolean } {
  if (below === undefined) {
    return { state: 'unknown', because: `nothing is known of ${key}`, isBlind: true }
  }
  const { health, isBlind } = below
  const felt = feltOf(health.state, criticality)
  const because =
    health.state === 'healthy'
      ? health.because
      : `its ${criticality} ${health.kind} '${health.name}' is ${health.state}: ${health.because}`
  return { state: felt === 'healthy' && isBlind ? 'unknown' : felt, because, isBlind }
}

function illFrom(
  told: readonly Lasting[],
  since: Instant | undefined,
  now: Instant,
): Instant | null {
  return told.some(({ state, lasts }) => lasts && isIll(state)) ? (since ?? now) : null
}

function conclude(
  told: readonly Lasting[],
  { degradedFor }: HealthEntity,
  illSince: Instant | null,
  now: Instant,
): { readonly state: HealthState; readonly because: string } {
  const [first, ...others] = told
  if (first === undefined) return { state: 'unknown', because: 'nothing measures it' }
  const worst = others.reduce<Told>(
    (one, other) => (isWorse(other.state, one.state) ? other : one),
    first,
  )
  const { state, because } = worst
  const lasted = illSince === null ? 0 : now - illSince
  if (state === 'degraded' && degradedFor !== null && illSince !== null && lasted > degradedFor) {
    const says = `degraded for ${sayDuration(lasted)}, longer than the ${sayDuration(degradedFor)} it may be: ${because}`
    return { state: 'unhealthy', because: says }
  }
  return { state, because }
}
