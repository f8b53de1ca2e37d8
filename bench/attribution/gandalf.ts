import type { Fault } from '../../src/core/attribute/fault.ts'
import { DAY, HOUR, type Instant } from '../../src/core/kernel/instant.ts'
import type { Accusation } from './score.ts'
import type { World } from './world.ts'

/** A fault of a kind is looked into when its hour is this many standard deviations above the forecast. */
const SIGMAS = 4
/** Deviations below this are rounding, not knowledge: a kind never seen before has none. */
const SIGMA_MIN = 0.5
/** Weight of the newest hour in the forecast and its deviation. */
const SMOOTHING = 0.05
/** Ages within which votes are counted, shortest first, and what each window is worth. */
const WINDOWS = [HOUR, 24 * HOUR, 72 * HOUR, Number.POSITIVE_INFINITY] as const
const WORTH = [0.4, 0.3, 0.2, 0.1] as const
const VETO = 72 * HOUR
/** Of the nodes with the fault, so many must have the deployment. */
const SPATIAL_MIN = 0.5
/** The decay of blame with days since the deployment: (a, b, W), scaled to one on the day itself. */
const DECAY = { least: 0.3, span: 0.7, days: 30 } as const

/** What the votes gave a rollout at one look; whether it is an accusation is a matter of the threshold. */
export interface Vote extends Accusation {
  readonly score: number
}

/**
 * Gandalf (Li et al., NSDI 2020) as its publications describe it: hourly anomalies per fault, votes
 * over nodes in time with a veto, a spatial share, decay, and the deployment with most votes. What
 * was not published (weights, shares, the trained discriminant) is replaced by the constants above
 * and one threshold, tuned for the best F1 on worlds of its own.
 */
export function gandalfVotes(world: World): readonly Vote[] {
  const bySignature = Map.groupBy(world.faults, ({ signature }) => signature)
  const rollouts = [...Map.groupBy(world.placements, ({ rollout }) => rollout)].map(
    ([rollout, own]) => ({
      rollout,
      begin: own[0]?.at ?? 0,
      placedAt: new Map(own.map(({ node, at }) => [node, at])),
    }),
  )
  const votes: Vote[] = []
  for (const faults of bySignature.values()) {
    for (const at of anomalousHours(faults, world)) {
      if (at <= world.scoredFrom) continue
      const lately = faultsByNode(faults, at)
      const candidates = rollouts
        .filter(({ begin }) => begin < at)
        .map((one) => ({ rollout: one.rollout, score: scoreFor(one, lately, at) }))
      const [most] = candidates.toSorted((a, b) => b.score - a.score)
      if (most !== undefined && most.score > 0) votes.push({ ...most, at })
    }
  }
  return votes.toSorted((a, b) => a.at - b.at)
}

/** Whom these votes accuse at a threshold, each the first time. */
export function accusedAt(votes: readonly Vote[], threshold: number): readonly Accusation[] {
  const first = new Map<string, Accusation>()
  for (const { rollout, at, score } of votes)
    if (score >= threshold && !first.has(rollout)) first.set(rollout, { rollout, at })
  return [...first.values()]
}

/** The ends of hours that brought far more of a kind than a smoothed forecast of its hourly counts. */
function anomalousHours(faults: readonly Fault[], { from, to }: World): readonly Instant[] {
  const counts = Array.from({ length: Math.ceil((to - from) / HOUR) }, () => 0)
  for (const { at } of faults) {
    const hour = Math.floor((at - from) / HOUR)
    counts[hour] = (counts[hour] ?? 0) + 1
  }
  const ends: Instant[] = []
  let level = counts[0] ?? 0
  let variance = level
  for (const [hour, count] of counts.entries()) {
    const limit = level + SIGMAS * Math.max(SIGMA_MIN, Math.sqrt(variance))
    const isAnomaly = count > limit
    if (isAnomaly) ends.push(from + (hour + 1) * HOUR)
    // An anomaly is not learned as the usual.
    const learned = isAnomaly ? limit : count
    variance = (1 - SMOOTHING) * (variance + SMOOTHING * (learned - level) ** 2)
    level += SMOOTHING * (learned - level)
  }
  return ends
}

function faultsByNode(
  faults: readonly Fault[],
  until: Instant,
): ReadonlyMap<string, readonly Instant[]> {
  const byNode = new Map<string, Instant[]>()
  for (const { node, at } of faults) {
    if (at > until || at < until - 2 * VETO) continue
    const times = byNode.get(node) ?? []
    times.push(at)
    byNode.set(node, times)
  }
  return byNode
}

function scoreFor(
  { begin, placedAt }: { readonly begin: Instant; readonly placedAt: ReadonlyMap<string, Instant> },
  faults: ReadonlyMap<string, readonly Instant[]>,
  now: Instant,
): number {
  const votes = WINDOWS.map(() => 0)
  let vetoes = 0
  let failing = 0
  let deployed = 0
  for (const [node, times] of faults) {
    const recent = times.some((at) => at > now - VETO)
    if (recent) failing += 1
    const placed = placedAt.get(node)
    if (placed === undefined || placed > now) continue
    if (times.some((at) => at <= placed && at > placed - VETO)) vetoes += 1
    const first = times.find((at) => at > placed)
    if (first === undefined) continue
    if (recent) deployed += 1
    for (const [k, window] of WINDOWS.entries())
      if (first - placed <= window) votes[k] = (votes[k] ?? 0) + 1
  }
  if (failing === 0 || deployed / failing < SPATIAL_MIN) return 0
  const temporal = votes.reduce(
    (sum, count, k) =>
      count > vetoes ? sum + (WORTH[k] ?? 0) * Math.log((count - vetoes + 1) / (vetoes + 1)) : sum,
    0,
  )
  return temporal * decay((now - begin) / DAY)
}

function decay(days: number): number {
  const { least, span, days: width } = DECAY
  const end = Math.exp(-width)
  const of = (t: number) => ((Math.exp(-t) - end) / (Math.exp(-1) - end)) * span + least
  return Math.max(0, of(days)) / of(0)
}
