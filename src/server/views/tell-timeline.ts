import type { TimelineEntry } from '../../contract/timeline-view.ts'
import { readHistory } from '../../core/learn/history.ts'
import { timelineOf } from '../../core/learn/timeline.ts'
import type { StoredEvent } from '../../ports/event-store.ts'

/** What happened, told in sentences, from the facts as the store gives them back. */
export function tellTimeline(history: readonly StoredEvent[]): TimelineEntry[] {
  return [...timelineOf(readHistory(history))]
}
