import { HOUR, type Instant, MINUTE, type Millis } from '../kernel/instant.ts'
import type { Ledger, RolloutFacts } from './ledger.ts'

/** The ages at which kernels begin or end: what must be known of a stretch of nodes is how many are older than each. */
const AGES = [0, 1.5 * HOUR, 4 * HOUR] as const

/** A node younger than this under any rollout has just been restarted. */
export const YOUNG: Millis = 15 * MINUTE

/** What each node weighs, by its number; a flaky node weighs more (`node-weights.ts`). */
export type Weights = Float64Array

/** Nodes of a rollout in the order in which it reached them. */
interface Reached {
  readonly nodes: readonly number[]
  readonly at: readonly Instant[]
}

/** One rollout as faults are weighed against it. */
export interface RolloutExposure {
  readonly id: string
  readonly firstAt: Instant
  /** By the node's number: when the rollout reached it; infinity when it has not. */
  readonly placedAt: Float64Array
  readonly fleet: Reached
  readonly byCluster: ReadonlyMap<number, Reached>
}

/** The fleet by numbers, and where each rollout stood at any moment. */
export interface Exposure {
  readonly numberOf: ReadonlyMap<string, number>
  /** By the node's number: its cluster's number. */
  readonly clusterOf: readonly number[]
  readonly nodesIn: readonly (readonly number[])[]
  readonly rollouts: readonly RolloutExposure[]
  /** The ledger's own parts that this was made of, to know what is still good. */
  readonly madeOf: Pick<Ledger, 'nodes' | 'rollouts'>
}

/** Reads the ledger into numbers; what did not change is taken over from the `previous` reading. */
export function exposureOf(ledger: Ledger, previous: Exposure | null): Exposure {
  const { nodes, rollouts } = ledger
  const isSameFleet = previous?.madeOf.nodes === nodes
  const fleet = isSameFleet ? previous : numbered(nodes)
  const kept = new Map(
    isSameFleet ? previous.rollouts.map((rollout) => [rollout.id, rollout] as const) : [],
  )
  return {
    numberOf: fleet.numberOf,
    clusterOf: fleet.clusterOf,
    nodesIn: fleet.nodesIn,
    rollouts: [...rollouts.values()]
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((facts) => {
        const known = kept.get(facts.id)
        const isSame = previous?.madeOf.rollouts.get(facts.id)?.placements === facts.placements
        return known !== undefined && isSame ? known : exposureOfRollout(facts, fleet)
      }),
    madeOf: { nodes, rollouts },
  }
}

type Fleet = Pick<Exposure, 'numberOf' | 'clusterOf' | 'nodesIn'>

function numbered(nodes: ReadonlyMap<string, string>): Fleet {
  const numberOf = new Map<string, number>()
  const clusterNumbers = new Map<string, number>()
  const clusterOf: number[] = []
  const nodesIn: number[][] = []
  // In the order of names, so that sums come out the same whatever was reported first.
  for (const [node, cluster] of [...nodes].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const number = numberOf.size
    numberOf.set(node, number)
    const home = clusterNumbers.get(cluster) ?? clusterNumbers.size
    clusterNumbers.set(cluster, home)
    clusterOf.push(home)
    const neighbours = (nodesIn[home] ??= [])
    neighbours.push(number)
  }
  return { numberOf, clusterOf, nodesIn }
}

function exposureOfRollout({ id, firstAt, placements }: RolloutFacts, fleet: Fleet) {
  const placedAt = new Float64Array(fleet.clusterOf.length).fill(Number.POSITIVE_INFINITY)
  const all: { readonly node: number; readonly at: Instant }[] = []
  for (const [name, at] of placements) {
    const node = fleet.numberOf.get(name)
    if (node === undefined) continue
    placedAt[node] = at
    all.push({ node, at })
  }
  all.sort((a, b) => a.at - b.at || a.node - b.node)
  const byCluster = new Map<number, Reached>()
  for (const [cluster, own] of Map.groupBy(all, ({ node }) => fleet.clusterOf[node] ?? -1))
    byCluster.set(cluster, reached(own))
  return { id, firstAt, placedAt, fleet: reached(all), byCluster }
}

function reached(all: readonly { readonly node: number; readonly at: Instant }[]): Reached {
  return { nodes: all.map(({ node }) => node), at: all.map(({ at }) => at) }
}

/** How much of a set of nodes each kernel holds at one moment, in the order of `KERNELS`. */
export type Touched = readonly [ever: number, lately: number, long: number]

/** Answers how much weight a rollout has touched, in a cluster or in the fleet. Made anew whenever weights change. */
export interface Scales {
  readonly weights: Weights
  /** The weight of a cluster; of the fleet for null. */
  readonly total: (cluster: number | null) => number
  readonly touched: (rollout: RolloutExposure, cluster: number | null, at: Instant) => Touched
}

export const NOTHING: Touched = [0, 0, 0]

/**
 * Weighs with running sums, so that one question costs three binary searches however many nodes a
 * rollout has reached.
 */
export function scalesOf({ nodesIn }: Pick<Exposure, 'nodesIn'>, weights: Weights): Scales {
  const totals = nodesIn.map((nodes) => sumOf(nodes, weights))
  const fleetTotal = totals.reduce((sum, total) => sum + total, 0)
  const sums = new WeakMap<Reached, Float64Array>()
  return {
    weights,
    total: (cluster) => (cluster === null ? fleetTotal : (totals[cluster] ?? 0)),
    touched(rollout, cluster, at) {
      const nodes = cluster === null ? rollout.fleet : rollout.byCluster.get(cluster)
      if (nodes === undefined || at < rollout.firstAt) return NOTHING
      let running = sums.get(nodes)
      if (running === undefined) {
        running = runningSums(nodes.nodes, weights)
        sums.set(nodes, running)
      }
      const older = AGES.map((age) => running[countUpTo(nodes.at, at - age)] ?? 0)
      const [ever = 0, settled = 0, long = 0] = older
      // `lately` is [0, 1.5 h): what was reached exactly 1.5 h ago has left it.
      return [ever, ever - settled, long]
    },
  }
}

/** The nodes that some rollout has just restarted, in a cluster or in the fleet. */
export function youngNodes(
  { rollouts }: Pick<Exposure, 'rollouts'>,
  cluster: number | null,
  at: Instant,
): ReadonlySet<number> {
  const young = new Set<number>()
  for (const rollout of rollouts) {
    const own = cluster === null ? rollout.fleet : rollout.byCluster.get(cluster)
    if (own === undefined || at < rollout.firstAt) continue
    const end = countUpTo(own.at, at)
    for (let k = countUpTo(own.at, at - YOUNG); k < end; k += 1) young.add(own.nodes[k] ?? -1)
  }
  return young
}

function sumOf(nodes: readonly number[], weights: Weights): number {
  let sum = 0
  for (const node of nodes) sum += weights[node] ?? 0
  return sum
}

/** Element k is the weight of the first k nodes. */
function runningSums(nodes: readonly number[], weights: Weights): Float64Array {
  const sums = new Float64Array(nodes.length + 1)
  for (const [place, node] of nodes.entries())
    sums[place + 1] = (sums[place] ?? 0) + (weights[node] ?? 0)
  return sums
}

/** How many of these ascending instants are at or before `at`. */
function countUpTo(instants: readonly Instant[], at: Instant): number {
  let low = 0
  let high = instants.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((instants[middle] ?? 0) <= at) low = middle + 1
    else high = middle
  }
  return low
}
