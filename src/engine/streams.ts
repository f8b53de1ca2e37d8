import { incidentDecider, incidentEvents } from '../core/communicate/incident.ts'
import { course, courseEvents } from '../core/course/course.ts'
import { postmortemDecider, postmortemEvents } from '../core/learn/postmortem.ts'
import { workloadDecider, workloadEvents } from '../core/rollout/workload.ts'
import { unboundDecider, unboundEvents } from '../core/signal/unbound.ts'
import type { EventStore } from '../ports/event-store.ts'
import { follow } from './stream.ts'

/** Names of streams and of the work that belongs to them: a rollout's work has its stream's name. */
export const rolloutStream = (id: string): string => `rollout/${id}`
export const incidentStream = (id: string): string => `incident/${id}`
export const postmortemStream = (id: string): string => `postmortem/${id}`
export const workloadStream = (name: string): string => `workload/${name}`

export const COURSE = { catalog: courseEvents, decider: course }
export const INCIDENT = { catalog: incidentEvents, decider: incidentDecider }
export const POSTMORTEM = { catalog: postmortemEvents, decider: postmortemDecider }
export const WORKLOAD = { catalog: workloadEvents, decider: workloadDecider }

/** The streams that one rollout is about, each kept in memory by whoever holds the rollout. */
export function openStreams(store: EventStore, id: string) {
  return {
    course: follow(store, COURSE, rolloutStream(id)),
    incident: follow(store, INCIDENT, incidentStream(id)),
    postmortem: follow(store, POSTMORTEM, postmortemStream(id)),
  }
}
export type Streams = ReturnType<typeof openStreams>

const UNBOUND = { catalog: unboundEvents, decider: unboundDecider }

/** The signals that are about no rollout and began on one day, written `2026-11-23`. */
export function openUnbound(store: EventStore, day: string) {
  return follow(store, UNBOUND, `signals/${day}`)
}

/** The workload's own stream. */
export function openWorkload(store: EventStore, name: string) {
  return follow(store, WORKLOAD, workloadStream(name))
}
export type WorkloadStream = ReturnType<typeof openWorkload>
