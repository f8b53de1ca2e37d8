import { z } from 'zod'
import type { Millis } from '../kernel/instant.ts'
import { Smoke, VersionProof } from '../strategy/connections.ts'
import { TestRound } from '../words/test-outcome.ts'
import { WorkloadState } from '../words/workload-state.ts'

/** Who gets the candidate, as the router is asked for it. */
export const Route = z.object({
  control: z.string(),
  candidate: z.string(),
  buckets: z.number().int().min(0).max(10_000),
  salt: z.string(),
  cohort: z.array(z.string()),
})
export type Route = z.output<typeof Route>

/**
 * One thing that is asked of the world and is done only when it was seen. Each kind is a wanted
 * state rather than a movement, so that asking twice is harmless and looking first is possible.
 */
export const Action = z.discriminatedUnion('kind', [
  /** One component runs one release on one stack, `replicas` of it ready. 0 is "nothing runs there". */
  z.object({
    kind: z.literal('run'),
    component: z.string(),
    stack: z.string(),
    release: z.string(),
    replicas: z.number().int().nonnegative(),
  }),
  /** The router knows where the stack's instances are. */
  z.object({ kind: z.literal('attach'), component: z.string(), stack: z.string() }),
  /** The router sends this share to the candidate. */
  z.object({ kind: z.literal('route'), route: Route }),
  /** The stack serves nothing: no new request between two looks, none in flight. */
  z.object({ kind: z.literal('drain'), stack: z.string() }),
  /** One smoke test passes against the candidate itself, in this group. */
  z.object({
    kind: z.literal('smoke'),
    group: z.string(),
    component: z.string(),
    stack: z.string(),
    release: z.string(),
    smoke: z.custom<Smoke>((value) => Smoke.shape.name.safeParse(Object(value).name).success),
    /** Absent in plans of the first version, whose tests all ran before their group was exposed. */
    round: TestRound.optional(),
    opening: z.number().int().positive().optional(),
    /** How the instance proves which release it runs; absent: the platform's sighting is believed. */
    version: z
      .custom<VersionProof>(
        (value) => VersionProof.shape.path.safeParse(Object(value).path).success,
      )
      .optional(),
  }),
  /** Everybody gets this variant; null switches the flag back to disabled. */
  z.object({
    kind: z.literal('flag'),
    file: z.string(),
    key: z.string(),
    variant: z.string().nullable(),
  }),
  /** The file has the content with this digest; null is "no such file". */
  z.object({ kind: z.literal('configure'), path: z.string(), digest: z.string().nullable() }),
  /** Users are well for `forMs`: `control` watches what is left, `compare` watches both arms. */
  z.object({
    kind: z.literal('verify'),
    mode: z.enum(['control', 'compare']),
    group: z.string(),
    forMs: z.number().int().nonnegative(),
  }),
  /** Every plane is seen equal to this state. */
  z.object({ kind: z.literal('planes'), state: WorkloadState }),
])
export type Action = z.output<typeof Action>

export const Step = z.object({
  /** Unique within its rollout: the purpose, then the place in the plan. Names the effect for ever. */
  id: z.string(),
  /** What it is for, as a person says it: `scale the old stack (blue) to 2`. */
  says: z.string(),
  action: Action,
  /** How often it may be tried before the plan has failed. */
  attemptsMax: z.number().int().positive(),
  /** How long one attempt may take from being asked to being seen. */
  withinMs: z.number().int().positive(),
  /**
   * One window is enough: what was not seen in it is not waited for a second time. What was
   * refused clearly is still tried `attemptsMax` times.
   */
  oneWindow: z.boolean().optional(),
})
export type Step = z.output<typeof Step>

/** The first retry comes after this; each further one waits twice as long. */
const RETRY_FIRST_MS = 250
/** Longer waits would only keep users in harm's way. */
const RETRY_MAX_MS = 10_000

/** The wait before the attempt after `attempt`. */
export function retryWait(attempt: number): Millis {
  return Math.min(RETRY_FIRST_MS * 2 ** (attempt - 1), RETRY_MAX_MS)
}
