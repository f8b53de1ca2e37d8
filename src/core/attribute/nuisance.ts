import type { Instant, Millis } from '../kernel/instant.ts'
import {
  type Exposure,
  NOTHING,
  type RolloutExposure,
  type Touched,
  type Weights,
  YOUNG,
  youngNodes,
} from './exposure.ts'
import { isWithin, KERNELS, type Kernel } from './kernels.ts'

/** What is known to raise a signature's faults besides the rollout that is weighed. */
export interface Nuisance {
  /** Restarts cause this signature by themselves: young nodes neither count nor are counted. */
  readonly isBlip: boolean
  /** Rollouts that were blamed for the signature, with how much likelier it is on their nodes. */
  readonly blamed: readonly {
    readonly rollout: string
    readonly kernel: Kernel
    readonly ratio: number
  }[]
}

/** Whether a node has just been restarted by some rollout. */
export function isYoung({ rollouts }: Exposure, node: number, at: Instant): boolean {
  for (const rollout of rollouts) {
    const age = ageOf(rollout, node, at)
    if (age >= 0 && age < YOUNG) return true
  }
  return false
}

export function ageOf(rollout: RolloutExposure, node: number, at: Instant): Millis {
  return at - (rollout.placedAt[node] ?? Number.POSITIVE_INFINITY)
}

/** The weight of a set of nodes with a nuisance taken into account, and what each rollout touched of it. */
export interface Reckoning {
  readonly total: number
  /** By the place of the rollout in the exposure. */
  readonly touched: readonly Touched[]
}

/** Adds up node by node, which running sums cannot when nodes weigh differently at every moment. */
export function reckon(
  exposure: Exposure,
  weights: Weights,
  nuisance: Nuisance,
  { nodes, at }: { readonly nodes: readonly number[]; readonly at: Instant },
): Reckoning {
  const known = blamedIn(exposure, nuisance)
  const own = new Float64Array(nodes.length)
  let total = 0
  for (let place = 0; place < nodes.length; place += 1) {
    const node = nodes[place] ?? 0
    if (nuisance.isBlip && isYoung(exposure, node, at)) continue
    const weight = (weights[node] ?? 0) * raisedBy(known, node, at)
    own[place] = weight
    total += weight
  }
  const touched = exposure.rollouts.map(({ firstAt, placedAt }): Touched => {
    if (at < firstAt) return NOTHING
    const sums: [number, number, number] = [0, 0, 0]
    for (let place = 0; place < nodes.length; place += 1) {
      const age = at - (placedAt[nodes[place] ?? 0] ?? Number.POSITIVE_INFINITY)
      if (age >= 0) addTouched(sums, age, own[place] ?? 0)
    }
    return sums
  })
  return { total, touched }
}

interface KnownCause {
  readonly rollout: RolloutExposure
  readonly kernel: Kernel
  readonly ratio: number
}

function blamedIn({ rollouts }: Exposure, { blamed }: Nuisance): readonly KnownCause[] {
  return blamed.flatMap(({ rollout: id, kernel, ratio }) =>
    rollouts.filter((one) => one.id === id).map((rollout) => ({ rollout, kernel, ratio })),
  )
}

function raisedBy(known: readonly KnownCause[], node: number, at: Instant): number {
  let raised = 1
  for (const { rollout, kernel, ratio } of known)
    if (isWithin(kernel, ageOf(rollout, node, at))) raised *= ratio
  return raised
}

/** Takes the nodes that were just restarted out of what running sums gave. */
export function withoutYoung(
  exposure: Exposure,
  weights: Weights,
  { total, touched }: Reckoning,
  { cluster, at }: { readonly cluster: number | null; readonly at: Instant },
): Reckoning {
  const young = youngNodes(exposure, cluster, at)
  if (young.size === 0) return { total, touched }
  let rest = total
  const left = touched.map((sums): [number, number, number] => [...sums])
  for (const node of young) {
    const weight = weights[node] ?? 0
    rest -= weight
    for (const [place, rollout] of exposure.rollouts.entries()) {
      const age = ageOf(rollout, node, at)
      const sums = left[place]
      if (age >= 0 && sums !== undefined) addTouched(sums, age, -weight)
    }
  }
  return { total: rest, touched: left }
}

function addTouched(sums: [number, number, number], age: Millis, weight: number): void {
  const [ever, lately, long] = KERNELS
  if (isWithin(ever, age)) sums[0] += weight
  if (isWithin(lately, age)) sums[1] += weight
  if (isWithin(long, age)) sums[2] += weight
}
