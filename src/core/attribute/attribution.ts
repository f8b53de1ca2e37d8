import { HOUR, type Instant, type Millis } from '../kernel/instant.ts'
import { type Assessment, assess } from './assess.ts'
import { type Exposure, exposureOf, type Scales, scalesOf } from './exposure.ts'
import type { Fault } from './fault.ts'
import type { Alternative } from './kernels.ts'
import {
  EMPTY_LEDGER,
  faultsOf,
  forget,
  type Ledger,
  type News,
  type Report,
  record,
} from './ledger.ts'
import { historyEnd, historyUsedFrom, nodeWeights } from './node-weights.ts'
import type { Nuisance } from './nuisance.ts'
import { blipReason, learnBlips, NO_BLIPS, type RestartBlips } from './restart-blips.ts'
import {
  extendEvidence,
  NO_EVIDENCE,
  type SignatureEvidence,
  type SignatureGrounds,
} from './signature-evidence.ts'

/** How often what is too old is let go of and healthy restarts are learned from; both look at everything. */
const TIDY_EVERY: Millis = HOUR
/** Blames kept; the oldest goes. A rollout may be blamed once per signature. */
const BLAMES_MAX = 1_000

/** A blame stands from the moment it was spoken, with the evidence of that moment. */
export interface Blame {
  readonly rollout: string
  readonly signature: string
  readonly at: Instant
  readonly best: Alternative
  readonly logE: number
  readonly margin: number | null
  readonly rival: string | null
  readonly hits: number
}

/** Everything attribution knows: the facts, what it learned, whom it blamed, and the evidence so far. */
export interface Attribution {
  readonly ledger: Ledger
  readonly blips: RestartBlips
  readonly blames: readonly Blame[]
  readonly tidiedAt: Instant
  readonly exposure: Exposure
  /** signature → its evidence; always what weighing all of its faults anew would give. */
  readonly evidence: ReadonlyMap<string, SignatureEvidence>
  /** Scales by the end of the history that they rest on, worked out when first asked for. */
  readonly scales: Map<Instant, Scales>
}

/** What was known before; the rest is worked out from it. */
export type Known = Pick<Attribution, 'ledger' | 'blips' | 'blames' | 'tidiedAt'>

export const NOTHING_KNOWN: Known = {
  ledger: EMPTY_LEDGER,
  blips: NO_BLIPS,
  blames: [],
  tidiedAt: 0,
}

/** Weighs all that is known, from the first fault on. */
export function openAttribution(known: Known): Attribution {
  const blank = { exposure: exposureOf(known.ledger, null), evidence: new Map(), scales: new Map() }
  return weighAnew({ ...known, ...blank })
}

/**
 * Takes a report in, at `now`, and blames whom it proves guilty. The answer depends on what was
 * reported, not on the order or on repetition; a report costs its own faults, unless it is about
 * the past: then what it touches is weighed anew.
 */
export function take(before: Attribution, report: Report, now: Instant): Attribution {
  const { ledger, news } = record(before.ledger, report)
  const weighed = weigh(before, tidy({ ...before, ledger }, now), news)
  return blameTheGuilty(before, weighed, now)
}

function tidy(attribution: Attribution, now: Instant): Attribution {
  if (now < attribution.tidiedAt + TIDY_EVERY) return attribution
  const distrusted = new Set([
    ...attribution.blames.map(({ rollout }) => rollout),
    ...[...assessmentsOf(attribution).values()].flatMap((all) =>
      all.filter(({ standing }) => standing === 'suspected').map(({ rollout }) => rollout),
    ),
  ])
  const learned = learnBlips(attribution.ledger, attribution.blips, { now, distrusted })
  return {
    ...attribution,
    ledger: forget(learned.ledger, now),
    blips: learned.blips,
    tidiedAt: now,
  }
}

/** Whom each signature speaks against, the likeliest first. */
export function assessmentsOf({
  evidence,
  ledger,
}: Attribution): ReadonlyMap<string, readonly Assessment[]> {
  const looked = ledger.faults.size
  return new Map([...evidence].map(([signature, one]) => [signature, assess(one, looked)]))
}

/** Blames whom the evidence proves guilty, and weighs what they are blamed for anew with that known. */
function blameTheGuilty(before: Attribution, attribution: Attribution, now: Instant): Attribution {
  let next = attribution
  for (const [signature, one] of attribution.evidence) {
    if (one === before.evidence.get(signature)) continue
    const [likeliest] = assess(one, attribution.ledger.faults.size)
    if (likeliest?.standing !== 'blamed') continue
    const { rollout, best, logE, margin, rival, hits } = likeliest
    const blame: Blame = { rollout, signature, at: now, best, logE, margin, rival, hits }
    const blames = [...next.blames, blame].slice(-BLAMES_MAX)
    next = weighAnew({ ...next, blames }, [signature])
  }
  return next
}

/** What else than a rollout under suspicion raises a signature. */
export function nuisanceOf({ blips, blames }: Known, signature: string): Nuisance {
  return {
    isBlip: blipReason(blips, signature) !== null,
    blamed: blames
      .filter((blame) => blame.signature === signature)
      .map(({ rollout, best: { kernel, ratio } }) => ({ rollout, kernel, ratio })),
  }
}

/** The grounds on which a signature's faults are weighed. */
export function groundsOf(attribution: Attribution, signature: string): SignatureGrounds {
  const { ledger, exposure, scales } = attribution
  return {
    exposure,
    nuisance: nuisanceOf(attribution, signature),
    scalesAt(at) {
      const until = historyEnd(at)
      const known = scales.get(until)
      if (known !== undefined) return known
      const fresh = scalesOf(exposure, nodeWeights(ledger, exposure, until))
      scales.set(until, fresh)
      return fresh
    },
  }
}

/** A signature's faults, oldest first; those of one instant by node, so that the order of reports does not show. */
export function inOrder(faults: Iterable<Fault>): readonly Fault[] {
  return [...faults].toSorted((a, b) => a.at - b.at || (a.node < b.node ? -1 : 1))
}

function weighAnew(
  attribution: Attribution,
  signatures: Iterable<string> = attribution.ledger.faults.keys(),
): Attribution {
  const evidence = new Map(attribution.evidence)
  for (const signature of signatures) {
    const faults = inOrder(faultsOf(attribution.ledger.faults.get(signature)))
    const grounds = groundsOf(attribution, signature)
    evidence.set(signature, withoutBlamed(extendEvidence(NO_EVIDENCE, faults, grounds), grounds))
  }
  return { ...attribution, evidence }
}

/** Who is blamed for a signature already is neither weighed again nor a rival of the others. */
function withoutBlamed(
  evidence: SignatureEvidence,
  { nuisance }: SignatureGrounds,
): SignatureEvidence {
  if (nuisance.blamed.length === 0) return evidence
  const cells = new Map(evidence.cells)
  for (const { rollout } of nuisance.blamed) cells.delete(rollout)
  return { ...evidence, cells }
}

/** Brings the evidence up to the ledger; weighs anew only what the report changed in the past. */
function weigh(before: Attribution, next: Attribution, news: News): Attribution {
  const exposure = exposureOf(next.ledger, before.exposure)
  const changed = changedFrom(news)
  const scales = new Map([...before.scales].filter(([until]) => until <= changed.history))
  const moved = { ...next, exposure, scales }
  const evidence = new Map<string, SignatureEvidence>()
  const anew: string[] = []
  for (const signature of moved.ledger.faults.keys()) {
    const had = before.evidence.get(signature) ?? NO_EVIDENCE
    const fresh = inOrder(news.faults.get(signature) ?? [])
    const isBlipNews =
      next.blips !== before.blips &&
      nuisanceOf(moved, signature).isBlip !== nuisanceOf(before, signature).isBlip
    if (
      isBlipNews ||
      had.through >= changed.grounds ||
      (fresh[0]?.at ?? Number.POSITIVE_INFINITY) <= had.through
    ) {
      anew.push(signature)
      continue
    }
    const grounds = groundsOf(moved, signature)
    const grown =
      fresh.length === 0 ? had : withoutBlamed(extendEvidence(had, fresh, grounds), grounds)
    evidence.set(signature, withoutStrangers(grown, moved.ledger))
  }
  return weighAnew({ ...moved, evidence }, anew)
}

/** Rollouts that are no longer weighed leave no cell behind. */
function withoutStrangers(evidence: SignatureEvidence, { rollouts }: Ledger): SignatureEvidence {
  const gone = [...evidence.cells.keys()].filter((id) => !rollouts.has(id))
  if (gone.length === 0) return evidence
  const cells = new Map(evidence.cells)
  for (const id of gone) cells.delete(id)
  return { ...evidence, cells }
}

interface Changed {
  /** From when on faults stood on other grounds than they were weighed on. */
  readonly grounds: Instant
  /** Scales whose history ends after this rest on faults that were not known. */
  readonly history: Instant
}

function changedFrom({ isFleet, placedFrom, faults }: News): Changed {
  if (isFleet) return { grounds: Number.NEGATIVE_INFINITY, history: Number.NEGATIVE_INFINITY }
  let history = Number.POSITIVE_INFINITY
  for (const fresh of faults.values()) for (const { at } of fresh) history = Math.min(history, at)
  return { grounds: Math.min(placedFrom, historyUsedFrom(history)), history }
}
