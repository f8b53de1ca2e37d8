import { z } from 'zod'
import { Verdict } from '../core/words/verdict.ts'
import { RolloutView } from './rollout-view.ts'
import { At, Buckets } from './shapes.ts'
import { TimelineEntry } from './timeline-view.ts'

/** One stack's counters since the rollout's first look, and its rate over the last look. */
export const StackLive = z.object({
  requests: z.number().nonnegative(),
  errors: z.number().nonnegative(),
  perSecond: z.number().nonnegative(),
  share: Buckets,
})

/** What the holder of the rollout last saw of the traffic; may be a second old. */
export const LiveView = z.object({
  at: At,
  stacks: z.record(z.string(), StackLive),
  /** The evidence so far in the current group. */
  verdict: Verdict.nullable(),
  /** What the current group can tell at this traffic: when it may pass, and what it would notice by when. */
  foresight: z.string().nullable().optional(),
  /** What was last seen of the step that is under way, such as an answer that is not ready yet. */
  doing: z.object({ step: z.string(), seen: z.string(), at: At }).nullable(),
})
export type LiveView = z.output<typeof LiveView>

/**
 * What the live stream sends, by event name. `rollout` and `timeline` carry an id with which the
 * stream resumes; `live` is a picture of the moment and is never repeated; `end` says that nothing
 * more will come.
 */
export const LIVE_EVENTS = {
  rollout: RolloutView,
  timeline: z.object({ entries: z.array(TimelineEntry) }),
  live: LiveView,
  end: z.object({ because: z.string() }),
} as const
