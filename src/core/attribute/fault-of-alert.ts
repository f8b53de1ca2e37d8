import type { Instant } from '../kernel/instant.ts'
import { Fault } from './fault.ts'

/** Labels that name the node of an alert, the most telling first, as Prometheus, Kubernetes and Azure write them. */
const NODE_LABELS = ['node', 'instance', 'host', 'hostname', 'pod', 'resource'] as const
const CLUSTER_LABELS = ['cluster', 'region', 'location', 'zone', 'availability_zone'] as const

/** The part of an alert that attribution needs: its name, its labels and when it began. */
export interface UnboundAlert {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly startsAt: Instant
}

/**
 * An alert that names no rollout, as a fault that may be given to the right one. Null when none of
 * its labels names a node, or a name is too long: such an alert cannot tell rollouts apart.
 */
export function faultOfAlert({ name, labels, startsAt }: UnboundAlert): Fault | null {
  const node = firstOf(labels, NODE_LABELS)
  if (node === null) return null
  const cluster = firstOf(labels, CLUSTER_LABELS)
  const fault = Fault.safeParse({
    signature: name,
    node,
    at: startsAt,
    ...(cluster === null ? {} : { cluster }),
  })
  return fault.success ? fault.data : null
}

function firstOf(
  labels: Readonly<Record<string, string>>,
  names: readonly string[],
): string | null {
  for (const name of names) {
    const value = labels[name]
    if (value !== undefined && value !== '') return value
  }
  return null
}
