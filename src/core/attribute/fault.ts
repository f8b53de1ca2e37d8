import { z } from 'zod'

/** Longest name of a rollout, node, cluster or signature; longer ones would only fill the store. */
const NAME_MAX = 200

const Name = z.string().min(1).max(NAME_MAX)
/** Epoch milliseconds, UTC. */
const At = z.number().int().nonnegative()

/** A node of the fleet and the cluster it stands in. Without all of them nobody knows which nodes a rollout spared. */
export const FleetNode = z.strictObject({ node: Name, cluster: Name })
export type FleetNode = z.output<typeof FleetNode>

/** The moment at which a rollout's release began to run on a node. The earliest report of it counts. */
export const Placement = z.strictObject({ rollout: Name, node: Name, cluster: Name, at: At })
export type Placement = z.output<typeof Placement>

/**
 * Something went wrong on a node, and nobody says which rollout did it. `signature` is the kind of
 * trouble (an alert's name, a crash's digest): faults of one signature are weighed together.
 * Reports of one signature on one node within an hour are one fault, so a repeated report changes
 * nothing. `cluster` may be left out where the fleet knows the node.
 */
export const Fault = z.strictObject({
  signature: Name,
  node: Name,
  cluster: Name.optional(),
  at: At,
})
export type Fault = z.output<typeof Fault>
