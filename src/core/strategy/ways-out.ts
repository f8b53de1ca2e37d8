import { z } from 'zod'
import { MitigationKind } from '../words/mitigation-kind.ts'
import { CONDITION_CHARS_MAX } from './condition-limits.ts'
import { Name, Share, Wait } from './quantities.ts'

const LIST_MAX = 50

const Approval = z.strictObject({
  role: Name.describe('The role whose yes is needed.'),
  count: z.int().min(1).max(10).default(1).describe('How many different people of that role.'),
})

/** A branch of the decision tree. The first whose condition holds and whose way out is possible is taken. */
export const Branch = z.strictObject({
  name: Name.describe('How decisions and messages call it.'),
  when: z
    .string()
    .max(CONDITION_CHARS_MAX)
    .optional()
    .describe('CEL over the facts of the failure; absent means always.'),
  choose: MitigationKind.describe('The way out that this branch takes.'),
  bypass: Name.optional().describe('For `bypass`: which entry under `mitigations.bypasses`.'),
  approvals: z
    .array(Approval)
    .max(10)
    .prefault([])
    .describe('Roles whose yes is needed before anything is done. Halting never needs one.'),
  approveWithin: Wait.prefault('30m').describe(
    'How long to wait for the approvals before the next branch is offered and the roles are reminded.',
  ),
  because: z
    .string()
    .min(1)
    .max(500)
    .describe('Why this is right here; the sentence stands in the incident timeline.'),
})

const Flag = z.strictObject({
  driver: z.literal('flagd').describe('The flag system.'),
  file: z.string().min(1).max(1000).describe('The flagd JSON file that the workload reads.'),
  key: z.string().min(1).max(200).describe('The flag.'),
  off: z.string().min(1).max(200).describe('The variant that switches the faulty part off.'),
})

/** A switch that turns a faulty part off while the rest goes on. */
export const Bypass = z.strictObject({
  name: Name.describe('What branches call it.'),
  flag: Flag.describe('The flag that is switched.'),
  covers: z
    .array(z.string().max(500))
    .max(LIST_MAX)
    .prefault([])
    .describe(
      'Routes (path prefixes) that the flag covers; empty means that it covers everything.',
    ),
  usersLose: z
    .string()
    .min(1)
    .max(500)
    .describe('What users lose meanwhile. Stakeholders approve this sentence.'),
  expiresAfter: Wait.describe(
    'How long the stakeholders tolerate it; then it is decided anew. No default: only they can know.',
  ),
  afterwards: z
    .enum(['hold', 'continue'])
    .default('hold')
    .describe('What the rollout does once the flag is seen off: hold, or continue with it off.'),
})

const Fallback = z.strictObject({
  capacity: Share.prefault('100%').describe(
    'Replicas of the old stack that must be ready before traffic moves, as a share of what all traffic needs.',
  ),
  within: Wait.prefault('5m').describe(
    'How long the whole of it may take before the next branch is tried.',
  ),
})

const Rollback = z.strictObject({
  within: Wait.prefault('10m').describe(
    'How long the whole of it may take before the next branch is tried.',
  ),
})

const Hotfix = z.strictObject({
  effort: Wait.describe(
    'How long a fix usually takes, from knowing to having it built. No default: it decides whether waiting for a fix is honest.',
  ),
  within: Wait.prefault('2h').describe(
    'How long the fix may take until it is released before the next branch is tried.',
  ),
})

/** The ways out that exist for this workload. One that is absent is never chosen. */
export const Mitigations = z.strictObject({
  fallback: Fallback.optional().describe('All traffic goes to the old stack.'),
  rollback: Rollback.optional().describe('The whole last known good state is restored.'),
  bypasses: z
    .array(Bypass)
    .max(LIST_MAX)
    .prefault([])
    .describe('Switches that turn a faulty part off.'),
  hotfix: Hotfix.optional().describe('A fix is built and rolled out (roll forward).'),
  verifyFor: Wait.prefault('10s').describe(
    'After a mitigation, users must be seen to be well for this long; otherwise the next branch is taken.',
  ),
})
