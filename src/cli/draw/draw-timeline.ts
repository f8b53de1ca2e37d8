import type { TimelineEntry } from '../../contract/timeline-view.ts'
import type { Ink } from './ink.ts'
import { sayTimeOfDay } from './numbers.ts'

/** What happened, one sentence per line, each with its time of day in UTC. */
export function drawTimeline(entries: readonly TimelineEntry[], ink: Ink): readonly string[] {
  return entries.map(({ at, says }) => `${ink.dim(sayTimeOfDay(at))}  ${says}`)
}
