import { z } from 'zod'
import type { EventOf } from '../kernel/events.ts'
import { stepEvents } from '../step/plan.ts'
import { Step } from '../step/step.ts'
import type { Strategy } from '../strategy/schema.ts'
import { ReleaseName } from '../words/release.ts'
import { Verdict, VerdictKind } from '../words/verdict.ts'
import { WorkloadState } from '../words/workload-state.ts'
import { Failing } from './failing.ts'

const at = z.number().int()
const says = z.string()

/** Everything that can happen to the exposure of one release, in the order it usually happens. */
export const rolloutEvents = {
  'rollout.started': z.object({
    id: z.string(),
    workload: z.string(),
    release: ReleaseName,
    /** The reviewed file in parsed form, so that the rollout keeps to what was reviewed. */
    strategy: z.custom<Strategy>((value) => typeof value === 'object' && value !== null),
    strategyDigest: z.string(),
    by: z.string(),
    /** Whose hotfix this is, if it is one. */
    hotfixFor: z.string().nullable(),
    at,
  }),
  /** The whole state before anything was changed: what "back" means for this rollout. */
  'rollout.baseline-captured': z.object({
    state: WorkloadState,
    /** The stack that serves users; null when nothing was there, which makes this the first release. */
    serving: z.string().nullable(),
    release: z.string().nullable(),
    /** Digest of the sealed last known good state that this equals; null when none was sealed or it differs. */
    sealed: z.string().nullable(),
    /** How it differs from what was sealed. */
    drift: z.array(z.string()),
    at,
  }),
  'rollout.baseline-unknown': z.object({ because: z.string(), retryAt: at.nullable(), at }),
  'group.waiting': z.object({
    group: z.string(),
    for: z.enum(['window', 'promote']),
    until: at.nullable(),
    because: says,
    at,
  }),
  'group.opened': z.object({
    group: z.string(),
    index: z.number().int(),
    plan: z.array(Step),
    because: says,
    at,
  }),
  'verdict.reached': z.object({
    group: z.string(),
    was: VerdictKind.nullable(),
    verdict: Verdict,
    at,
  }),
  /** `verdict` is the last look; null for a first release, which has nothing to be compared with. */
  'group.passed': z.object({
    group: z.string(),
    verdict: Verdict.nullable(),
    because: says,
    at,
  }),
  'rollout.paused': z.object({ by: z.string(), because: says, at }),
  'rollout.resumed': z.object({ by: z.string(), because: says, at }),
  /** The rollout waits for a person who has not come yet. */
  'rollout.reminded': z.object({ for: z.enum(['promote', 'resume']), because: says, at }),
  'rollout.halted': z.object({ failing: Failing, at }),
  /** The router no longer showed the share that was asked for, and was asked again. */
  'exposure.reasserted': z.object({
    seen: z.number(),
    wanted: z.number(),
    evidence: z.string(),
    at,
  }),
  'rollout.completed': z.object({ because: says, at }),
  'rollout.ended': z.object({
    outcome: z.enum(['mitigated', 'not-mitigated', 'superseded']),
    because: says,
    at,
  }),
  ...stepEvents,
}

export type RolloutEvent = EventOf<typeof rolloutEvents>
