import type { Signal } from './signal.ts'

/** The alert that the usual Prometheus rules fire for ever, so that its absence is noticed. */
const WATCHDOG = 'Watchdog'
/** Makes any other alert a heartbeat. */
const HEARTBEAT_LABEL = 'goaround_heartbeat'

/** Whether a signal only says that its sender lives. It is about no rollout, and nothing is wrong. */
export function isHeartbeat({ name, labels }: Pick<Signal, 'name' | 'labels'>): boolean {
  return name === WATCHDOG || labels[HEARTBEAT_LABEL] === 'true'
}
