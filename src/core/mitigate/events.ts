import { z } from 'zod'
import { Decision } from '../decide/decision.ts'
import type { EventOf } from '../kernel/events.ts'
import { stepEvents } from '../step/plan.ts'
import { Step } from '../step/step.ts'
import { MitigationKind } from '../words/mitigation-kind.ts'

const at = z.number().int()

/** Everything that can happen between a halt and the moment when users are well again. */
export const responseEvents = {
  'decision.made': z.object({ decision: Decision, at }),
  'approval.given': z.object({
    role: z.string(),
    by: z.string(),
    /** The decision that was approved, with the facts of that moment. */
    hash: z.string(),
    at,
  }),
  'approval.rejected': z.object({ by: z.string(), because: z.string(), at }),
  'approval.overdue': z.object({ roles: z.array(z.string()), because: z.string(), at }),
  'mitigation.began': z.object({
    choose: MitigationKind,
    plan: z.array(Step),
    /** On whose yes, or which rule let it act alone. */
    authority: z.string(),
    /** When the next branch is taken if users are not being looked at by then; null when there is none. */
    until: at.nullable(),
    at,
  }),
  /** Recorded only after every step was seen and users were seen to be well. `until` ends a bypass. */
  'mitigation.took-effect': z.object({
    choose: MitigationKind,
    because: z.string(),
    until: at.nullable(),
    at,
  }),
  /** Said of a way out that failed, and of one that was set aside: nobody approved it in time, or a person chose another. */
  'mitigation.did-not-help': z.object({ choose: MitigationKind, because: z.string(), at }),
  'mitigation.expired': z.object({ choose: MitigationKind, because: z.string(), at }),
  ...stepEvents,
}

export type ResponseEvent = EventOf<typeof responseEvents>
