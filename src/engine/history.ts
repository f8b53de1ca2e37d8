import type { EventStore, StoredEvent } from '../ports/event-store.ts'
import { incidentStream, postmortemStream, rolloutStream } from './streams.ts'

/** All facts of a rollout, its incident and its postmortem, oldest first. */
export async function historyOf(store: EventStore, id: string): Promise<readonly StoredEvent[]> {
  const streams = [rolloutStream(id), incidentStream(id), postmortemStream(id)]
  const events = await Promise.all(streams.map((stream) => store.read(stream)))
  // Within a stream the order is that of its versions; between streams it is that of the clock.
  return events
    .flat()
    .toSorted(
      (a, b) =>
        a.recordedAt - b.recordedAt ||
        streams.indexOf(a.stream) - streams.indexOf(b.stream) ||
        a.version - b.version,
    )
}
