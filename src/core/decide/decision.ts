import { z } from 'zod'
import { MitigationKind } from '../words/mitigation-kind.ts'

/** A role whose yes is needed, and how many different people of it. */
export const ApprovalNeed = z.object({
  role: z.string(),
  count: z.number().int().positive(),
  because: z.string(),
})
export type ApprovalNeed = z.output<typeof ApprovalNeed>

/** What a decision rested on; the same facts give the same decision, byte for byte. */
export const FactsRecord = z.record(z.string(), z.unknown())

export const Decision = z.object({
  /** 1 for the first decision of a rollout; a mitigation that did not help leads to the next. */
  number: z.number().int().positive(),
  branch: z.string(),
  choose: MitigationKind,
  bypass: z.string().nullable(),
  because: z.string(),
  approvals: z.array(ApprovalNeed),
  /** How long the approvals may take before the next branch is taken. */
  approveWithinMs: z.number().int(),
  /** How long a hold, or a hotfix that is being built, is waited for before the next branch is taken. */
  holdForMs: z.number().int(),
  /** Every branch that was looked at before and after, and why it was not taken. */
  others: z.array(z.object({ branch: z.string(), choose: MitigationKind, because: z.string() })),
  facts: FactsRecord,
  /** `tree`, or the person who chose it by hand. */
  by: z.string(),
  /** SHA-256 over rollout, opening, branch, choice, bypass, approvals and facts: what an approval is bound to. */
  hash: z.string(),
})
export type Decision = z.output<typeof Decision>
