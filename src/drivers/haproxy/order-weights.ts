import type { RoutePlan } from '../../ports/router.ts'
import type { BackendStats } from './server-stats.ts'
import { splitWeight, weightsFor } from './weights.ts'

/** One server's new weight. */
export interface WeightOrder {
  readonly server: string
  readonly weight: number
}

/**
 * The changes that a share needs, in an order that is safe after each of them: the control is
 * raised, the candidate's servers lowered and then raised, and at last everybody else is lowered.
 * So there is never nobody, and the candidate never has more than the larger of before and after.
 */
export function orderWeights(
  plan: RoutePlan,
  servers: Readonly<Record<string, readonly string[]>>,
  seen: BackendStats,
): readonly WeightOrder[] {
  const candidates = servers[plan.candidate] ?? []
  const controls = servers[plan.control] ?? []
  const others = Object.entries(servers)
    .filter(([stack]) => stack !== plan.candidate && stack !== plan.control)
    .flatMap(([, names]) => names)
  const weights = weightsFor(plan.buckets, {
    candidate: candidates.length,
    control: controls.length,
  })
  const onCandidate = assign(candidates, weights.candidate)
  const onControl = assign(controls, weights.control)
  const onOthers = others.map((server) => ({ server, weight: 0 }))

  const before = new Map(seen.servers.map(({ name, weight }) => [name, weight]))
  const isRaised = ({ server, weight }: WeightOrder) => weight > (before.get(server) ?? 0)
  const isLowered = ({ server, weight }: WeightOrder) => weight < (before.get(server) ?? 0)
  return [
    ...onControl.filter(isRaised),
    ...onCandidate.filter(isLowered),
    ...onCandidate.filter(isRaised),
    ...[...onOthers, ...onControl].filter(isLowered),
  ]
}

function assign(names: readonly string[], total: number): readonly WeightOrder[] {
  const each = splitWeight(total, names.length)
  return names.map((server, i) => ({ server, weight: each[i] ?? 0 }))
}
