import { z } from 'zod'
import type { Instant } from '../kernel/instant.ts'
import { type Assessment, LOG_E_TO_BLAME, MARGIN_TO_BLAME } from './assess.ts'
import { type Attribution, assessmentsOf, type Blame } from './attribution.ts'
import { RATIOS } from './kernels.ts'
import { blipReason } from './restart-blips.ts'
import { because } from './say-findings.ts'
import { type Term, Term as TermShape, termsFor } from './terms.ts'

/** Signatures shown per rollout: the strongest tell why, the rest only that there are more. */
const SIGNATURES_SHOWN = 5

/** The answer about one rollout. Only the first is acted upon; the last three say in which way it is not. */
export const Standing = z.enum(['blamed', 'suspected', 'cleared', 'unknown'])
export type Standing = z.output<typeof Standing>

/** What one signature says about one rollout, with every number that the answer rests on. */
export const SignatureFinding = z.object({
  signature: z.string(),
  /** ln of the e-value against "no rollout causes it". */
  logE: z.number(),
  logEToBlame: z.number(),
  /** How much better it explains the faults than the best of the others, in nats; null without others. */
  margin: z.number().nullable(),
  marginToBlame: z.number(),
  rival: z.string().nullable(),
  /** Nodes that had the release when they failed. */
  hits: z.number().int(),
  faults: z.number().int(),
  /** How much likelier the fault is on its nodes, and when, as fits best. */
  ratio: z.number(),
  when: z.string(),
  /** Why faults of just restarted nodes do not count; null when they do. */
  blip: z.string().nullable(),
  terms: z.array(TermShape),
})
export type SignatureFinding = z.output<typeof SignatureFinding>

export const RolloutFinding = z.object({
  rollout: z.string(),
  standing: Standing,
  because: z.string(),
  nodes: z.number().int(),
  firstAt: z.number(),
  lastAt: z.number(),
  blamedAt: z.number().nullable(),
  signatures: z.array(SignatureFinding),
})
export type RolloutFinding = z.output<typeof RolloutFinding>

/** Whom the faults of the last week speak against: one answer per rollout, those to blame first. */
export const Findings = z.object({
  at: z.number(),
  nodes: z.number().int(),
  clusters: z.number().int(),
  faults: z.number().int(),
  signatures: z.number().int(),
  /** What came in and did not fit. */
  leftOut: z.object({ nodes: z.number(), rollouts: z.number(), faults: z.number() }),
  because: z.string(),
  rollouts: z.array(RolloutFinding),
})
export type Findings = z.output<typeof Findings>

const ORDER: Readonly<Record<Standing, number>> = {
  blamed: 0,
  suspected: 1,
  unknown: 2,
  cleared: 3,
}

/** Everything that attribution has to say at a moment. "Nobody is to blame" is an answer. */
export function findingsOf(attribution: Attribution, at: Instant): Findings {
  const { ledger, exposure } = attribution
  const bySignature = [...assessmentsOf(attribution)]
  const rollouts = [...ledger.rollouts.values()].map(
    ({ id, placements, firstAt, lastAt }): RolloutFinding => {
      const own = bySignature
        .flatMap(([signature, all]) =>
          all.filter(({ rollout }) => rollout === id).map((one) => ({ signature, one })),
        )
        .toSorted((a, b) => b.one.logE - a.one.logE)
      const blames = attribution.blames.filter(({ rollout }) => rollout === id)
      const standing = standingOf(
        blames,
        own.map(({ one }) => one),
        pooledOf(attribution, id),
      )
      const strongest = own.slice(0, SIGNATURES_SHOWN)
      const hasTerms = standing === 'suspected' ? 1 : 0
      const signatures = [
        ...blames.map((blame) => ofBlame(attribution, blame)),
        ...strongest.map(({ signature, one }, place) =>
          ofAssessment(attribution, signature, one, place < hasTerms),
        ),
      ].slice(0, SIGNATURES_SHOWN)
      const pooled = pooledOf(attribution, id)
      return {
        rollout: id,
        standing,
        because: because(standing, signatures[0] ?? null, pooled),
        nodes: placements.size,
        firstAt,
        lastAt,
        blamedAt: blames[0]?.at ?? null,
        signatures,
      }
    },
  )
  return {
    at,
    nodes: exposure.clusterOf.length,
    clusters: exposure.nodesIn.length,
    faults: ledger.faultCount,
    signatures: ledger.faults.size,
    leftOut: { ...ledger.leftOut },
    because: leadOf(rollouts),
    rollouts: rollouts.toSorted(
      (a, b) => ORDER[a.standing] - ORDER[b.standing] || (a.rollout < b.rollout ? -1 : 1),
    ),
  }
}

function standingOf(
  blames: readonly Blame[],
  assessments: readonly Assessment[],
  pooled: number,
): Standing {
  if (blames.length > 0) return 'blamed'
  if (assessments.some(({ standing }) => standing === 'suspected' || standing === 'blamed'))
    return 'suspected'
  return pooled <= -LOG_E_TO_BLAME ? 'cleared' : 'unknown'
}

/**
 * Σℓ over all signatures for "every fault is the mildest ratio likelier on its nodes, at any age".
 * Strongly negative, it refutes that the rollout breaks nodes at large; one rare signature of its own
 * it cannot refute, and what is cleared goes on being weighed.
 */
function pooledOf({ evidence }: Attribution, rollout: string): number {
  const mildest = RATIOS.indexOf(Math.min(...RATIOS))
  let sum = 0
  for (const { cells } of evidence.values()) sum += cells.get(rollout)?.sums[mildest] ?? 0
  return sum
}

function ofBlame(attribution: Attribution, blame: Blame): SignatureFinding {
  return ofAssessment(attribution, blame.signature, blame, true)
}

function ofAssessment(
  attribution: Attribution,
  signature: string,
  assessment: Pick<Assessment, 'rollout' | 'logE' | 'best' | 'margin' | 'rival' | 'hits'>,
  hasTerms: boolean,
): SignatureFinding {
  const { rollout, logE, best, margin, rival, hits } = assessment
  const terms: readonly Term[] = hasTerms ? termsFor(attribution, { signature, rollout, best }) : []
  return {
    signature,
    logE,
    logEToBlame: LOG_E_TO_BLAME,
    margin,
    marginToBlame: MARGIN_TO_BLAME,
    rival,
    hits,
    faults: attribution.evidence.get(signature)?.weighed ?? 0,
    ratio: best.ratio,
    when: best.kernel.says,
    blip: blipReason(attribution.blips, signature),
    terms: [...terms],
  }
}

function leadOf(rollouts: readonly RolloutFinding[]): string {
  const blamed = rollouts.filter(({ standing }) => standing === 'blamed')
  const suspected = rollouts.filter(({ standing }) => standing === 'suspected')
  if (blamed.length > 0)
    return `${namesOf(blamed)} ${blamed.length === 1 ? 'is' : 'are'} to blame, of ${rollouts.length} rollouts.`
  const nobody = `None of ${rollouts.length} rollouts is to blame for what went wrong`
  return suspected.length === 0
    ? `${nobody}.`
    : `${nobody} so far; ${namesOf(suspected)} may be: the faults cannot tell them apart yet.`
}

function namesOf(rollouts: readonly RolloutFinding[]): string {
  return rollouts.map(({ rollout }) => rollout).join(', ')
}
