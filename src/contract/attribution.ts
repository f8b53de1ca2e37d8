import { z } from 'zod'
import { Fault, FleetNode, Placement } from '../core/attribute/fault.ts'

/** Rows of one report: a ring of a large fleet; more come in several reports. */
const ROWS_MAX = 5_000
/** Nodes of one report: the whole of the largest fleet that is weighed. */
const NODES_MAX = 20_000

/** Where releases run: the fleet (tell all of it once, also the nodes that no rollout reached), and when which rollout reached which node. */
export const TakePlacements = z.strictObject({
  nodes: z.array(FleetNode).max(NODES_MAX).default([]),
  placements: z.array(Placement).max(ROWS_MAX).default([]),
})

/** What went wrong on which node. */
export const TakeFaults = z.strictObject({ faults: z.array(Fault).max(ROWS_MAX) })

/** What a report led to. */
export const AttributionTaken = z.object({
  /** Whom it proved guilty, and whether goaround runs that rollout and halted it. */
  blamed: z.array(
    z.object({
      rollout: z.string(),
      signature: z.string(),
      because: z.string(),
      halted: z.boolean(),
    }),
  ),
  /** What did not fit so far, of all reports: it delays and never falsifies. */
  leftOut: z.object({ nodes: z.number(), rollouts: z.number(), faults: z.number() }),
})
export type AttributionTaken = z.output<typeof AttributionTaken>
