import type { Fault, FleetNode, Placement } from '../../src/core/attribute/fault.ts'
import { DAY, HOUR, type Instant, MINUTE } from '../../src/core/kernel/instant.ts'
import { type Chance, chanceFrom } from '../../test/simulation/random.ts'

/** What a world is made of. Everything else is drawn from the seed. */
export interface WorldShape {
  readonly rollouts: number
  readonly incidents: number
  /** Times the usual rate of faults that nobody causes. */
  readonly background: number
  /** Whether all rollouts reach the clusters in one order, as a company's rings do, or each in its own. */
  readonly rings: 'own' | 'shared'
  /** Whether restarts bring faults by themselves: as healthy rollouts before showed, as nobody has seen before, or not at all. */
  readonly blips: 'known' | 'unseen' | 'none'
  /** Whether bad rollouts add .01 to .6 faults per node-hour evenly, or as often little as much (evenly in the logarithm). */
  readonly rates: 'even' | 'faint'
  readonly badShare: number
}

/** The world of the published comparison. */
export const USUAL: WorldShape = {
  rollouts: 30,
  incidents: 12,
  background: 1,
  rings: 'own',
  blips: 'known',
  rates: 'even',
  badShare: 0.2,
}

export type BadKind = 'immediate' | 'steady' | 'latent' | 'one-sku'

/** What is so, and what a detector has to find out. */
export interface BadRollout {
  readonly rollout: string
  readonly kind: BadKind
  readonly signature: string
  /** Faults per node-hour that it adds. */
  readonly rate: number
  /** Its first fault; null when it caused none within the world. */
  readonly firstFaultAt: Instant | null
}

export interface World {
  readonly seed: number
  readonly nodes: readonly FleetNode[]
  /** By time. */
  readonly placements: readonly Placement[]
  /** By time. */
  readonly faults: readonly Fault[]
  readonly bad: readonly BadRollout[]
  readonly from: Instant
  readonly to: Instant
  /** History ends and the scored 72 hours begin here. */
  readonly scoredFrom: Instant
}

const CLUSTERS = 20
const NODES_PER_CLUSTER = 100
const SKUS = 4
const SIGNATURES = 120
const BLIP_SIGNATURES = 6
const HISTORY = 96 * HOUR
const SCORED = 72 * HOUR
/** Rollouts begin in the first two thirds, so that the last of them can still show what it is. */
const BEGIN_WITHIN = 48 * HOUR
const HEALTHY_BEFORE = 20
/** A rollout's rings, in clusters; before them 30 % of the first cluster. */
const RINGS = [1, 2, 5, 12] as const
const FIRST_SHARE = 0.3
/** Midnight of a day long after the epoch, so that no instant is negative. */
const SCORED_FROM = 20_000 * DAY
/** Faults per node-hour that a bad rollout adds. */
const RATE_MIN = 0.01
const RATE_MAX = 0.6
const BAD_KINDS = ['immediate', 'steady', 'latent', 'one-sku'] as const

interface Building {
  readonly chance: Chance
  readonly shape: WorldShape
  readonly nodes: readonly FleetNode[]
  readonly flakiness: readonly number[]
  readonly rates: readonly number[]
  readonly faults: Fault[]
}

/** A fleet with 96 hours of history and 72 hours of many rollouts at once, of which a fifth are bad. */
export function makeWorld(seed: number, shape: WorldShape): World {
  const root = chanceFrom(Math.imul(seed + 1, 2_654_435_761))
  const nodes = Array.from({ length: CLUSTERS * NODES_PER_CLUSTER }, (_, i) => ({
    node: `node-${i}`,
    cluster: `cluster-${Math.floor(i / NODES_PER_CLUSTER)}`,
  }))
  const fleet = root.fork('fleet')
  const building: Building = {
    chance: root.fork('faults'),
    shape,
    nodes,
    flakiness: nodes.map(() => gammaHalf(fleet)),
    rates: Array.from({ length: SIGNATURES }, () => 0.3 * Math.exp(1.2 * normal(fleet))),
    faults: [],
  }
  const plans = root.fork('plans')
  const order = shuffled(indices(CLUSTERS), plans)
  const ordered = () => (shape.rings === 'shared' ? order : shuffled(indices(CLUSTERS), plans))
  const before = Array.from({ length: HEALTHY_BEFORE }, (_, k) => {
    // The last of them is over a day before the scored hours begin.
    const begin = SCORED_FROM - HISTORY + plans.next() * (HISTORY - 46 * HOUR)
    return placementsOf(`before-${k}`, begin, ordered(), plans)
  })
  const scored = Array.from({ length: shape.rollouts }, (_, k) =>
    placementsOf(`rollout-${k}`, SCORED_FROM + plans.next() * BEGIN_WITHIN, ordered(), plans),
  )
  addBackground(building)
  addIncidents(building)
  if (shape.blips !== 'none') {
    if (shape.blips === 'known') addBlips(building, before)
    addBlips(building, scored)
  }
  const bad = addBad(building, scored, root.fork('bad'))
  return {
    seed,
    nodes,
    placements: [...before, ...scored].flat().toSorted((a, b) => a.at - b.at),
    faults: building.faults
      .filter(({ at }) => at < SCORED_FROM + SCORED)
      .toSorted((a, b) => a.at - b.at),
    bad,
    from: SCORED_FROM - HISTORY,
    to: SCORED_FROM + SCORED,
    scoredFrom: SCORED_FROM,
  }
}

/** Group by group, with bakes of three to five hours; a group's nodes one after another within the hour. */
function placementsOf(
  rollout: string,
  begin: Instant,
  order: readonly number[],
  chance: Chance,
): readonly Placement[] {
  const [first = 0, ...others] = order
  const firstNodes = shuffled(indices(NODES_PER_CLUSTER), chance).map(
    (i) => first * NODES_PER_CLUSTER + i,
  )
  const cut = Math.round(FIRST_SHARE * NODES_PER_CLUSTER)
  const groups = [firstNodes.slice(0, cut), firstNodes.slice(cut)]
  let done = 0
  for (const size of RINGS.slice(1)) {
    const clusters = others.slice(done, done + size)
    groups.push(
      clusters.flatMap((cluster) =>
        indices(NODES_PER_CLUSTER).map((i) => cluster * NODES_PER_CLUSTER + i),
      ),
    )
    done += size
  }
  let at = begin
  return groups.flatMap((group) => {
    const opened = at
    const spread = 20 * MINUTE + chance.next() * 40 * MINUTE
    at += spread + (3 + 2 * chance.next()) * HOUR
    return group.map((node) => ({
      rollout,
      node: `node-${node}`,
      cluster: `cluster-${Math.floor(node / NODES_PER_CLUSTER)}`,
      at: Math.round(opened + chance.next() * spread),
    }))
  })
}

/** What happens anyway: every signature at its own rate, more by day than by night, and mostly on the same few nodes. */
function addBackground({ chance, shape, nodes, flakiness, rates, faults }: Building): void {
  const pick = picker(flakiness)
  for (const [signature, rate] of rates.entries()) {
    const peak = rate * shape.background * 1.4
    let at = SCORED_FROM - HISTORY
    for (;;) {
      at += (-Math.log(1 - chance.next()) / peak) * HOUR
      if (at >= SCORED_FROM + SCORED) break
      const byHour = 1 + 0.4 * Math.sin((2 * Math.PI * at) / DAY)
      if (chance.happens(byHour / 1.4)) push(faults, signature, nodes[pick(chance)], at)
    }
  }
}

/** Troubles that no rollout causes: a cluster or the whole fleet, 8 to 68 faults of one kind within an hour or so. */
function addIncidents({ chance, shape, nodes, faults }: Building): void {
  for (let k = 0; k < shape.incidents; k += 1) {
    const begin = SCORED_FROM + chance.next() * SCORED
    const lasts = (20 + 70 * chance.next()) * MINUTE
    const signature = chance.between(0, SIGNATURES - 1)
    const cluster = chance.happens(0.7) ? chance.between(0, CLUSTERS - 1) : null
    const count = chance.between(8, 68)
    for (let i = 0; i < count; i += 1) {
      const node =
        cluster === null
          ? chance.between(0, nodes.length - 1)
          : cluster * NODES_PER_CLUSTER + chance.between(0, NODES_PER_CLUSTER - 1)
      push(faults, signature, nodes[node], begin + chance.next() * lasts)
    }
  }
}

/** Faults that any restart brings, in its first quarter of an hour. */
function addBlips(
  { chance, nodes, faults }: Building,
  rollouts: readonly (readonly Placement[])[],
): void {
  const blips = indices(BLIP_SIGNATURES).map((k) => ({
    // The first signatures; which they are does not matter, all are alike.
    signature: k,
    share: 0.005 + 0.005 * k,
  }))
  const byName = new Map(nodes.map((node) => [node.node, node]))
  for (const { node, at } of rollouts.flat())
    for (const { signature, share } of blips)
      if (chance.happens(share))
        push(faults, signature, byName.get(node), at + chance.next() * 15 * MINUTE)
}

function addBad(
  { shape, nodes, faults }: Building,
  scored: readonly (readonly Placement[])[],
  chance: Chance,
): readonly BadRollout[] {
  const chosen = shuffled(indices(shape.rollouts), chance).slice(
    0,
    Math.round(shape.badShare * shape.rollouts),
  )
  const byName = new Map(nodes.map((node, number) => [node.node, { node, number }]))
  return chosen.map((k) => {
    const kind = chance.pick(BAD_KINDS)
    const signature = chance.between(0, SIGNATURES - 1)
    const drawn = chance.next()
    const rate =
      shape.rates === 'even'
        ? RATE_MIN + drawn * (RATE_MAX - RATE_MIN)
        : RATE_MIN * (RATE_MAX / RATE_MIN) ** drawn
    const sku = chance.between(0, SKUS - 1)
    let first: Instant | null = null
    for (const { node: name, at: placedAt } of scored[k] ?? []) {
      const known = byName.get(name)
      if (known === undefined || (kind === 'one-sku' && known.number % SKUS !== sku)) continue
      const from = placedAt + (kind === 'latent' ? 4 * HOUR : 0)
      const until = kind === 'immediate' ? placedAt + 1.5 * HOUR : SCORED_FROM + SCORED
      let at = from
      for (;;) {
        at += (-Math.log(1 - chance.next()) / rate) * HOUR
        if (at >= Math.min(until, SCORED_FROM + SCORED)) break
        first = Math.min(first ?? at, at)
        push(faults, signature, known.node, at)
      }
    }
    return {
      rollout: `rollout-${k}`,
      kind,
      signature: `signature-${signature}`,
      rate,
      firstFaultAt: first === null ? null : Math.round(first),
    }
  })
}

function push(faults: Fault[], signature: number, home: FleetNode | undefined, at: number): void {
  if (home === undefined) return
  faults.push({ signature: `signature-${signature}`, ...home, at: Math.round(at) })
}

function indices(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i)
}

function shuffled(values: readonly number[], chance: Chance): readonly number[] {
  return values
    .map((value) => ({ value, key: chance.next() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value)
}

/** A number drawn with these weights. */
function picker(weights: readonly number[]): (chance: Chance) => number {
  let total = 0
  const running = weights.map((weight) => (total += weight))
  return (chance) => {
    const aim = chance.next() * total
    let low = 0
    let high = running.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((running[middle] ?? 0) > aim) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Box–Muller. */
function normal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance.next())) * Math.cos(2 * Math.PI * chance.next())
}

/** A gamma law of shape ½ and mean 1 is the square of a normal. */
function gammaHalf(chance: Chance): number {
  return normal(chance) ** 2
}
