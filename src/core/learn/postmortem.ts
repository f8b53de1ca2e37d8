import { z } from 'zod'
import type { Decider } from '../kernel/decider.ts'
import { defineEvents, type EventOf } from '../kernel/events.ts'
import { DAY, type Instant } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { no, yes } from '../kernel/result.ts'

const at = z.number().int()

export const postmortemEvents = defineEvents({
  /** After every failed rollout, without exception. There is no event that deletes or waives one. */
  'postmortem.opened': z.object({
    rollout: z.string(),
    workload: z.string(),
    /** When the meeting should have been held. */
    dueAt: at,
    at,
  }),
  /** The draft was written where people find it; `digest` is that of its text. */
  'postmortem.drafted': z.object({ digest: z.string(), path: z.string(), at }),
})
export type PostmortemEvent = EventOf<typeof postmortemEvents.shapes>

export interface Postmortem {
  readonly rollout: string
  readonly workload: string
  readonly openedAt: Instant
  readonly dueAt: Instant
  readonly draft: { readonly digest: string; readonly path: string } | null
}
export type PostmortemState = Postmortem | null

/** Memory fades: the meeting is held within a working week. Ours; change it per team later. */
const HELD_WITHIN_MS = 5 * DAY

export type PostmortemCommand =
  | {
      readonly type: 'open'
      readonly rollout: string
      readonly workload: string
      readonly now: Instant
    }
  | {
      readonly type: 'report-drafted'
      readonly digest: string
      readonly path: string
      readonly now: Instant
    }

/** One failed rollout's postmortem, from the moment it is owed. */
export const postmortemDecider: Decider<
  PostmortemCommand,
  PostmortemState,
  PostmortemEvent,
  { readonly code: 'not-found' }
> = {
  initial: null,
  decide(command, state) {
    const { now } = command
    if (command.type === 'open') {
      if (state !== null) return yes([])
      const { rollout, workload } = command
      const dueAt = now + HELD_WITHIN_MS
      return yes([{ type: 'postmortem.opened', data: { rollout, workload, dueAt, at: now } }])
    }
    if (state === null) return no({ code: 'not-found' })
    const { digest, path } = command
    if (state.draft?.digest === digest) return yes([])
    return yes([{ type: 'postmortem.drafted', data: { digest, path, at: now } }])
  },
  evolve(state, event) {
    if (event.type === 'postmortem.opened') {
      const { at: openedAt, ...rest } = event.data
      return { ...rest, openedAt, draft: null }
    }
    invariant(state !== null, 'a draft before the postmortem was opened')
    const { digest, path } = event.data
    return { ...state, draft: { digest, path } }
  },
  isTerminal: () => false,
}
