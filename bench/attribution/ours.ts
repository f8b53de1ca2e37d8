import {
  type Attribution,
  NOTHING_KNOWN,
  openAttribution,
  take,
} from '../../src/core/attribute/attribution.ts'
import type { RestartBlips } from '../../src/core/attribute/restart-blips.ts'
import { MINUTE } from '../../src/core/kernel/instant.ts'
import type { Accusation } from './score.ts'
import type { World } from './world.ts'

/** What happened is reported this often, as a collector would. */
const REPORT_EVERY = 5 * MINUTE

/** Restarts beyond doubt that brought nothing: with these known, no signature is put down to a restart. */
const NO_MASK: RestartBlips = { restarts: Number.MAX_SAFE_INTEGER, bySignature: new Map() }

/**
 * Feeds a world to attribution as it would come in, and answers whom it blamed and when. Without the
 * `mask`, faults that restarts bring by themselves are held against rollouts like any other.
 */
export function ours(
  world: World,
  { mask }: { readonly mask: boolean } = { mask: true },
): readonly Accusation[] {
  const first = new Map<string, Accusation>()
  let attribution: Attribution = openAttribution(
    mask ? NOTHING_KNOWN : { ...NOTHING_KNOWN, blips: NO_MASK },
  )
  let placed = 0
  let failed = 0
  for (let now = world.from; now <= world.to; now += REPORT_EVERY) {
    const placements = world.placements.slice(
      placed,
      (placed = upTo(world.placements, placed, now)),
    )
    const faults = world.faults.slice(failed, (failed = upTo(world.faults, failed, now)))
    const nodes = now === world.from ? world.nodes : []
    const taken = take(attribution, { nodes, placements, faults }, now)
    attribution = mask ? taken : { ...taken, blips: NO_MASK }
    for (const { rollout, at } of attribution.blames)
      if (!first.has(rollout)) first.set(rollout, { rollout, at })
  }
  return [...first.values()]
}

function upTo(sorted: readonly { readonly at: number }[], from: number, now: number): number {
  let place = from
  while (place < sorted.length && (sorted[place]?.at ?? 0) <= now) place += 1
  return place
}
