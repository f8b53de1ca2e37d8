import { z } from 'zod'
import { At } from './shapes.ts'

/** One line of what happened, as a person would tell it, with roles in place of people. */
export const TimelineEntry = z.object({
  at: At,
  /** The part of the story that it belongs to. */
  phase: z.enum(['expose', 'detect', 'decide', 'mitigate', 'communicate', 'learn']),
  /** The kind of fact it tells of, such as `rollout.halted`. */
  kind: z.string(),
  says: z.string(),
})
export type TimelineEntry = z.output<typeof TimelineEntry>
