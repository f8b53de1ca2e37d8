import { type IncidentEvent, incidentEvents } from '../communicate/incident.ts'
import { type CourseEvent, courseEvents } from '../course/course.ts'
import type { RawEvent } from '../kernel/events.ts'
import type { Instant } from '../kernel/instant.ts'
import { type WorkloadEvent, workloadEvents } from '../rollout/workload.ts'
import { type PostmortemEvent, postmortemEvents } from './postmortem.ts'

/** A fact of a rollout, of its incident, its postmortem or its workload. */
export type Fact = CourseEvent | IncidentEvent | PostmortemEvent | WorkloadEvent

/** A fact and when it was recorded. */
export interface Happened {
  readonly event: Fact
  readonly at: Instant
}

const CATALOGS = [courseEvents, incidentEvents, postmortemEvents, workloadEvents] as const

/** Reads stored facts of any of the four kinds of stream; the order stays as it is. */
export function readHistory(
  stored: readonly (RawEvent & { readonly recordedAt: Instant })[],
): readonly Happened[] {
  return stored.map((raw) => ({ event: readFact(raw), at: raw.recordedAt }))
}

function readFact(raw: RawEvent): Fact {
  const [course, incident, postmortem, workload] = CATALOGS
  if (Object.hasOwn(incident.shapes, raw.type)) return incident.read(raw)
  if (Object.hasOwn(postmortem.shapes, raw.type)) return postmortem.read(raw)
  if (Object.hasOwn(workload.shapes, raw.type)) return workload.read(raw)
  return course.read(raw)
}
