import { DAY, HOUR, type Instant, type Millis } from '../kernel/instant.ts'
import type { Fault, FleetNode, Placement } from './fault.ts'

/** Nodes of one fleet; beyond it the index of placements no longer fits beside 64 rollouts. */
const NODES_MAX = 20_000
/** Rollouts weighed at once: each costs its share of every fault. */
const ROLLOUTS_MAX = 64
/** Of one signature on one node, the earliest fault of each such stretch of time is kept: a storm takes no room. */
const KEPT_PER: Millis = 6 * HOUR
/** Kinds of trouble; more would be names that hold an id, and each costs ln of their number. */
const SIGNATURES_MAX = 2_000
/** Faults remembered: about 5 MB, and half a second to weigh all of them anew. */
const FAULTS_MAX = 50_000
/** A rollout is weighed for this long after its last placement: the slowest leaks show within days. */
const WEIGHED_FOR: Millis = 72 * HOUR
/** A rollout that placed nothing for a day makes room when there is no other. */
const MAY_LEAVE_AFTER: Millis = DAY
/** Faults are remembered for a week: the longest rollout and the history that says which nodes are flaky. */
export const REMEMBERED: Millis = 7 * DAY

/** What is known of one rollout. */
export interface RolloutFacts {
  readonly id: string
  /** node → when its release began to run there. */
  readonly placements: ReadonlyMap<string, Instant>
  readonly firstAt: Instant
  readonly lastAt: Instant
  /** Its restarts were counted among the healthy ones (`restart-blips.ts`). */
  readonly learned: boolean
}

/** What came in and did not fit, by kind. It delays; it never falsifies. */
export interface LeftOut {
  readonly nodes: number
  readonly rollouts: number
  readonly faults: number
}

/** One signature's faults: stretch of six hours → node → the earliest of them. */
export type SignatureFaults = ReadonlyMap<number, ReadonlyMap<string, Fault>>

/** The facts that attribution rests on: a set, so that neither the order nor a repetition of reports matters. */
export interface Ledger {
  /** node → cluster. */
  readonly nodes: ReadonlyMap<string, string>
  readonly rollouts: ReadonlyMap<string, RolloutFacts>
  readonly faults: ReadonlyMap<string, SignatureFaults>
  /** node → faults that were forgotten since; what makes a flaky node known as one. */
  readonly past: ReadonlyMap<string, number>
  /** Faults remembered, of all signatures. */
  readonly faultCount: number
  readonly leftOut: LeftOut
}

/** What somebody reports in one go. Any part may be empty. */
export interface Report {
  readonly nodes: readonly FleetNode[]
  readonly placements: readonly Placement[]
  readonly faults: readonly Fault[]
}

export const EMPTY_LEDGER: Ledger = {
  nodes: new Map(),
  rollouts: new Map(),
  faults: new Map(),
  past: new Map(),
  faultCount: 0,
  leftOut: { nodes: 0, rollouts: 0, faults: 0 },
}

/** What a report told that was not known. */
export interface News {
  readonly isFleet: boolean
  /** The earliest instant at which some rollout stood otherwise than was known; infinity when none did. */
  readonly placedFrom: Instant
  /** signature → faults that were not known. */
  readonly faults: ReadonlyMap<string, readonly Fault[]>
}

/** The ledger with a report taken in. What does not fit is left out and counted, never guessed. */
export function record(
  ledger: Ledger,
  report: Report,
): { readonly ledger: Ledger; readonly news: News } {
  const settled = settle(ledger, report)
  const placed = placeAll(settled, report.placements)
  const noted = noteAll(placed.ledger, report.faults)
  const isFleet = settled.nodes !== ledger.nodes
  return { ledger: noted.ledger, news: { isFleet, placedFrom: placed.from, faults: noted.fresh } }
}

function settle(ledger: Ledger, { nodes, placements, faults }: Report): Ledger {
  const known = new Map(ledger.nodes)
  let leftOut = 0
  for (const { node, cluster } of [...nodes, ...placements, ...faults]) {
    if (cluster === undefined || known.has(node)) continue
    if (known.size < NODES_MAX) known.set(node, cluster)
    else leftOut += 1
  }
  if (known.size === ledger.nodes.size && leftOut === 0) return ledger
  const isSame = known.size === ledger.nodes.size
  return {
    ...ledger,
    nodes: isSame ? ledger.nodes : known,
    leftOut: plus(ledger.leftOut, 'nodes', leftOut),
  }
}

interface Placed {
  readonly ledger: Ledger
  readonly from: Instant
}

function placeAll(ledger: Ledger, placements: readonly Placement[]): Placed {
  let next: Placed = { ledger, from: Number.POSITIVE_INFINITY }
  for (const [id, own] of Map.groupBy(placements, ({ rollout }) => rollout)) {
    const placed = place(next.ledger, id, own)
    next = { ledger: placed.ledger, from: Math.min(next.from, placed.from) }
  }
  return next
}

/** The rollout's placements with these among them: the earliest of a node counts. */
function place(ledger: Ledger, id: string, placements: readonly Placement[]): Placed {
  const before = ledger.rollouts.get(id)
  const fresh = placements.filter(
    ({ node, at }) =>
      ledger.nodes.has(node) && at < (before?.placements.get(node) ?? Number.POSITIVE_INFINITY),
  )
  const from = Math.min(...fresh.map(({ at }) => at))
  if (fresh.length === 0) return { ledger, from }
  const roomy = makeRoom(ledger, id, from)
  if (roomy === null) {
    const leftOut = plus(ledger.leftOut, 'rollouts', 1)
    return { ledger: { ...ledger, leftOut }, from: Number.POSITIVE_INFINITY }
  }
  const merged = new Map(before?.placements)
  for (const { node, at } of fresh) merged.set(node, Math.min(at, merged.get(node) ?? at))
  const facts = factsOf(id, merged, before?.learned ?? false)
  return { ledger: { ...roomy, rollouts: new Map(roomy.rollouts).set(id, facts) }, from }
}

/** A rollout's facts from where it was placed when. */
export function factsOf(
  id: string,
  placements: ReadonlyMap<string, Instant>,
  learned: boolean,
): RolloutFacts {
  let firstAt = Number.POSITIVE_INFINITY
  let lastAt = 0
  for (const at of placements.values()) {
    firstAt = Math.min(firstAt, at)
    lastAt = Math.max(lastAt, at)
  }
  return { id, placements, firstAt, lastAt, learned }
}

/** Room for one more rollout; the one that has been still for longest leaves, if it was still for a day. */
function makeRoom(ledger: Ledger, id: string, at: Instant): Ledger | null {
  if (ledger.rollouts.has(id) || ledger.rollouts.size < ROLLOUTS_MAX) return ledger
  const [stillest] = [...ledger.rollouts.values()].toSorted((a, b) => a.lastAt - b.lastAt)
  if (stillest === undefined || stillest.lastAt > at - MAY_LEAVE_AFTER) return null
  const rollouts = new Map(ledger.rollouts)
  rollouts.delete(stillest.id)
  return { ...ledger, rollouts }
}

function noteAll(
  ledger: Ledger,
  faults: readonly Fault[],
): { readonly ledger: Ledger; readonly fresh: News['faults'] } {
  const all = new Map(ledger.faults)
  const fresh = new Map<string, readonly Fault[]>()
  let room = FAULTS_MAX - ledger.faultCount
  let leftOut = 0
  for (const [signature, reported] of Map.groupBy(faults, (fault) => fault.signature)) {
    const hasRoom = all.has(signature) || all.size < SIGNATURES_MAX
    const own = all.get(signature) ?? new Map<number, ReadonlyMap<string, Fault>>()
    const noted = hasRoom ? note(own, reported, { nodes: ledger.nodes, room }) : null
    leftOut += noted?.leftOut ?? reported.length
    room -= noted?.added ?? 0
    if (noted === null || noted.fresh.length === 0) continue
    all.set(signature, noted.own)
    fresh.set(signature, noted.fresh)
  }
  if (fresh.size === 0 && leftOut === 0) return { ledger, fresh }
  return {
    ledger: {
      ...ledger,
      faults: fresh.size === 0 ? ledger.faults : all,
      faultCount: FAULTS_MAX - room,
      leftOut: plus(ledger.leftOut, 'faults', leftOut),
    },
    fresh,
  }
}

function note(
  before: SignatureFaults,
  reported: readonly Fault[],
  { nodes, room }: { readonly nodes: ReadonlyMap<string, string>; readonly room: number },
) {
  const own = new Map(before)
  const fresh: Fault[] = []
  let added = 0
  let leftOut = 0
  for (const [stretch, faults] of Map.groupBy(reported, ({ at }) => Math.floor(at / KEPT_PER))) {
    const kept = new Map(own.get(stretch))
    for (const fault of faults) {
      const earlier = kept.get(fault.node)
      if (earlier !== undefined && earlier.at <= fault.at) continue
      if (!nodes.has(fault.node) || (earlier === undefined && added >= room)) {
        leftOut += 1
        continue
      }
      if (earlier === undefined) added += 1
      kept.set(fault.node, fault)
      fresh.push(fault)
    }
    if (kept.size > 0) own.set(stretch, kept)
  }
  return { own, fresh, added, leftOut }
}

/** One signature's faults, one after the other, in no order. */
export function* faultsOf(own: SignatureFaults | undefined): Generator<Fault> {
  for (const kept of own?.values() ?? []) yield* kept.values()
}

function plus(leftOut: LeftOut, kind: keyof LeftOut, count: number): LeftOut {
  return count === 0 ? leftOut : { ...leftOut, [kind]: leftOut[kind] + count }
}

/** Lets go of what is too old to matter. What a node suffered stays known as a number. */
export function forget(ledger: Ledger, now: Instant): Ledger {
  const rollouts = [...ledger.rollouts].filter(([, { lastAt }]) => lastAt > now - WEIGHED_FOR)
  const kept = rollouts.length === ledger.rollouts.size ? ledger.rollouts : new Map(rollouts)
  return forgetFaults({ ...ledger, rollouts: kept }, Math.floor((now - REMEMBERED) / KEPT_PER))
}

function forgetFaults(ledger: Ledger, before: number): Ledger {
  const past = new Map(ledger.past)
  const faults = new Map<string, SignatureFaults>()
  let gone = 0
  for (const [signature, own] of ledger.faults) {
    const old = [...own].filter(([stretch]) => stretch < before)
    for (const [, kept] of old) {
      gone += kept.size
      for (const node of kept.keys()) past.set(node, (past.get(node) ?? 0) + 1)
    }
    if (old.length === 0) faults.set(signature, own)
    else if (old.length < own.size)
      faults.set(signature, new Map([...own].filter(([stretch]) => stretch >= before)))
  }
  if (gone === 0) return ledger
  return { ...ledger, faults, past, faultCount: ledger.faultCount - gone }
}
