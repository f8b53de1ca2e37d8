import { readSelector, type Selection } from '../../core/strategy/series-selector.ts'
import type { Watch } from '../../ports/telemetry.ts'

/** A strategy has few selectors; a server that has seen this many different ones forgets them all once. */
const KNOWN_MAX = 10_000

const known = new Map<string, readonly Selection[]>()

/** The selections of one selector, read once. The strategy was checked: a text that is none selects nothing. */
export function selectionsOf(text: string | undefined): readonly Selection[] {
  if (text === undefined) return []
  const before = known.get(text)
  if (before !== undefined) return before
  const read = readSelector(text)
  if (known.size >= KNOWN_MAX) known.clear()
  const selections = read.ok ? read.value : []
  known.set(text, selections)
  return selections
}

/** Every selection that a watch needs. */
export function selectorsOfWatch({ query }: Watch): readonly Selection[] {
  const { requests, errors, buckets, value } = query
  return [requests, errors, buckets, value].flatMap(selectionsOf)
}
