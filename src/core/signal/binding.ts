import type { Alerts } from '../strategy/alerts.ts'
import type { Signal } from './signal.ts'

/** What has to be known of a rollout to tell whether a signal is about it. */
export interface Bindable {
  readonly id: string
  readonly workload: string
  readonly release: string
  /** The stack that receives the candidate; null while that is not known. */
  readonly stack: string | null
  readonly labels: Alerts['labels']
}

export interface Binding {
  readonly bound: boolean
  /** By which label, or why not. */
  readonly because: string
}

/**
 * Whether a signal is about a rollout. An id decides alone. Otherwise the workload has to agree,
 * and a release or a stack that the signal names has to be the candidate's: trouble of the old
 * release is no evidence against the new one. A signal that names the workload and nothing else is
 * taken to be about its rollout, for what breaks during a change was most likely broken by it.
 */
export function bindingTo(rollout: Bindable, { labels }: Pick<Signal, 'labels'>): Binding {
  const { labels: names } = rollout
  const id = labels[names.rollout]
  if (id !== undefined) {
    return id === rollout.id
      ? { bound: true, because: `its label ${names.rollout} names the rollout` }
      : { bound: false, because: `its label ${names.rollout} names ${id}` }
  }
  const workload = labels[names.workload]
  if (workload === undefined) return { bound: false, because: 'no label names a workload' }
  if (workload !== rollout.workload) return { bound: false, because: `it is about ${workload}` }
  const release = labels[names.release]
  if (release !== undefined && release !== rollout.release)
    return { bound: false, because: `it is about ${workload} ${release}, not ${rollout.release}` }
  const stack = labels[names.stack]
  if (stack !== undefined && stack !== rollout.stack)
    return { bound: false, because: `it is about ${workload} on ${stack}, not on the candidate` }
  if (release !== undefined) return { bound: true, because: `it is about ${workload} ${release}` }
  if (stack !== undefined) return { bound: true, because: `it is about ${workload} on ${stack}` }
  return { bound: true, because: `${workload} has one rollout under way` }
}
