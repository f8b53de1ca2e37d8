import {
  type Attribution,
  NOTHING_KNOWN,
  openAttribution,
  take,
} from '../../core/attribute/attribution.ts'
import { type Instant, MINUTE, type Millis } from '../../core/kernel/instant.ts'
import type { Facts } from './read-facts.ts'

/** As often as a collector reports; a blame is spoken at the end of such a stretch. */
const REPORT_EVERY: Millis = 5 * MINUTE

/** Lets the facts come in as they would have, oldest first, so that every blame has its moment. */
export function replayFacts({ nodes, placements, faults }: Facts): {
  readonly known: Attribution
  /** The end of the last stretch that brought something. */
  readonly at: Instant
} {
  const stretchOf = ({ at }: { readonly at: number }) => Math.floor(at / REPORT_EVERY)
  const placed = Map.groupBy(placements, stretchOf)
  const failed = Map.groupBy(faults, stretchOf)
  const stretches = [...new Set([...placed.keys(), ...failed.keys()])].toSorted((a, b) => a - b)
  const begin = (stretches[0] ?? 0) * REPORT_EVERY
  // All nodes are known from the start, also those that are only named later on.
  const fleet = [...nodes, ...placements.map(({ node, cluster }) => ({ node, cluster }))]
  let known = take(
    openAttribution(NOTHING_KNOWN),
    { nodes: fleet, placements: [], faults: [] },
    begin,
  )
  for (const stretch of stretches) {
    const report = {
      nodes: [],
      placements: placed.get(stretch) ?? [],
      faults: failed.get(stretch) ?? [],
    }
    known = take(known, report, (stretch + 1) * REPORT_EVERY)
  }
  return { known, at: ((stretches.at(-1) ?? 0) + 1) * REPORT_EVERY }
}
