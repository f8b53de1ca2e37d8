import type { RawEvent } from '../kernel/events.ts'
import type { Instant } from '../kernel/instant.ts'
import { readHistory } from './history.ts'
import { postmortemMarkdown } from './postmortem-text.ts'

/** Writes the draft of a postmortem from stored facts, in the order in which they are given. */
export function draftPostmortem(
  stored: readonly (RawEvent & { readonly recordedAt: Instant })[],
): string {
  return postmortemMarkdown(readHistory(stored))
}
