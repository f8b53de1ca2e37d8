import { type DriverFailure } from '../core/kernel/failure.ts'
import { type Result, yes } from '../core/kernel/result.ts'
import { flagName } from '../core/mitigate/plans.ts'
import type { Strategy } from '../core/strategy/schema.ts'
import { BUCKETS } from '../core/words/exposure-share.ts'
import type { WorkloadState } from '../core/words/workload-state.ts'
import type { Drivers } from '../ports/drivers.ts'

export interface Captured {
  readonly state: WorkloadState
  /** The stack that serves users, with its release; null when nothing serves. */
  readonly serving: { readonly stack: string; readonly release: string } | null
}

/**
 * Looks at every plane of a workload: what runs where, who is sent where, flags, configuration.
 * With `keep`, the content of the configuration is kept as well, so that it can be put back.
 */
export async function captureState(
  strategy: Strategy,
  drivers: Drivers,
  { keep, signal }: { readonly keep: boolean; readonly signal: AbortSignal },
): Promise<Result<Captured, DriverFailure>> {
  const stacks = await stacksOf(strategy, drivers, signal)
  if (!stacks.ok) return stacks
  const routing = await routingOf(strategy, drivers, signal)
  if (!routing.ok) return routing
  const flags = await flagsOf(strategy, drivers, signal)
  if (!flags.ok) return flags
  const configuration = await configurationOf(strategy, drivers, keep, signal)
  if (!configuration.ok) return configuration
  const state = {
    stacks: stacks.value,
    routing: routing.value,
    flags: flags.value,
    configuration: configuration.value,
  }
  return yes({ state, serving: servingOf(strategy, state) })
}

/** The stack with most of the traffic, if something runs there; else the only one that runs anything. */
function servingOf(strategy: Strategy, state: WorkloadState): Captured['serving'] {
  const component = strategy.workload.components[0]?.name ?? ''
  const alive = strategy.workload.stacks.flatMap((stack) => {
    const running = state.stacks[stack]?.[component]
    return running?.release == null || running.replicas === 0
      ? []
      : [{ stack, release: running.release, share: state.routing[stack] ?? 0 }]
  })
  const [best] = alive.toSorted((a, b) => b.share - a.share)
  return best === undefined ? null : { stack: best.stack, release: best.release }
}

async function stacksOf(
  strategy: Strategy,
  drivers: Drivers,
  signal: AbortSignal,
): Promise<Result<WorkloadState['stacks'], DriverFailure>> {
  const stacks: WorkloadState['stacks'] = {}
  for (const stack of strategy.workload.stacks) {
    const running: WorkloadState['stacks'][string] = {}
    for (const { name: component } of strategy.workload.components) {
      const platform = await drivers.platform(strategy, component)
      if (!platform.ok) return platform
      const seen = await platform.value.observe(
        { workload: strategy.workload.name, component, stack },
        signal,
      )
      if (!seen.ok) return seen
      running[component] = { release: seen.value.release, replicas: seen.value.replicas }
    }
    stacks[stack] = running
  }
  return yes(stacks)
}

async function routingOf(
  strategy: Strategy,
  drivers: Drivers,
  signal: AbortSignal,
): Promise<Result<WorkloadState['routing'], DriverFailure>> {
  const router = await drivers.router(strategy)
  if (!router.ok) return router
  const seen = await router.value.observe(signal)
  if (!seen.ok) return seen
  const routing = Object.fromEntries(
    strategy.workload.stacks.map((stack) => [stack, seen.value.buckets[stack] ?? 0]),
  )
  return yes(routing)
}

async function flagsOf(
  strategy: Strategy,
  drivers: Drivers,
  signal: AbortSignal,
): Promise<Result<WorkloadState['flags'], DriverFailure>> {
  const found: WorkloadState['flags'] = {}
  for (const { flag } of strategy.mitigations.bypasses) {
    const flags = await drivers.flags(flag.file)
    if (!flags.ok) return flags
    const seen = await flags.value.observe(flag.key, signal)
    if (!seen.ok) return seen
    found[flagName(flag.file, flag.key)] = seen.value.variant
  }
  return yes(found)
}

async function configurationOf(
  strategy: Strategy,
  drivers: Drivers,
  keep: boolean,
  signal: AbortSignal,
): Promise<Result<WorkloadState['configuration'], DriverFailure>> {
  const found: WorkloadState['configuration'] = {}
  for (const path of strategy.workload.configuration) {
    const seen = keep
      ? await drivers.configuration.keep(path, { effectId: `keep ${path}`, signal })
      : await drivers.configuration.observe(path, signal)
    if (!seen.ok) return seen
    found[path] = seen.value.digest
  }
  return yes(found)
}

/** Where the traffic goes when one stack serves everybody. */
export function allTrafficTo(serving: string, stacks: readonly string[]): WorkloadState['routing'] {
  return Object.fromEntries(stacks.map((stack) => [stack, stack === serving ? BUCKETS : 0]))
}
