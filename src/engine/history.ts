import type { EventStore, StoredEvent } from '../ports/event-store.ts'
import { incidentStream, postmortemStream, rolloutStream, workloadStream } from './streams.ts'

/** All facts of a rollout, its incident and its postmortem, and what its workload took from it, oldest first. */
export async function historyOf(store: EventStore, id: string): Promise<readonly StoredEvent[]> {
  const streams = [rolloutStream(id), incidentStream(id), postmortemStream(id)]
  const events = await Promise.all(streams.map((stream) => store.read(stream)))
  const taken = await workloadFacts(store, id, events[0]?.[0])
  // Within a stream the order is that of its versions; between streams it is that of the clock.
  return [...events.flat(), ...taken].toSorted(
    (a, b) =>
      a.recordedAt - b.recordedAt ||
      streams.indexOf(a.stream) - streams.indexOf(b.stream) ||
      a.version - b.version,
  )
}

/** The facts of the workload that name this rollout: what was sealed, what went into quarantine. */
async function workloadFacts(
  store: EventStore,
  id: string,
  started: StoredEvent | undefined,
): Promise<readonly StoredEvent[]> {
  const workload: unknown = Object(started?.data).workload
  if (typeof workload !== 'string') return []
  const facts = await store.read(workloadStream(workload))
  return facts.filter(({ data }) => Object(data).rollout === id)
}
