import { DAY, HOUR, type Instant, type Millis } from '../kernel/instant.ts'
import { YOUNG } from './exposure.ts'
import { faultsOf, type Ledger, type RolloutFacts } from './ledger.ts'

/** A rollout is taken for a healthy one when it is this long over and nothing was held against it. */
const LEARNED_AFTER: Millis = DAY
/** What came before each restart, over this long, says how often the signature comes anyway. */
const BEFORE: Millis = 3 * HOUR
/** Until this many healthy restarts were seen, nobody knows which faults restarts bring: none of a young node counts. */
const RESTARTS_MIN = 300
/** Fewer faults than this after restarts are chance, however rare the signature is. */
const BLIPS_MIN = 3
/** A signature is a blip when this many after restarts would be rarer than this by chance. */
const BY_CHANCE = 1e-3
/** Half a fault is added to the count before restarts, so that a rare signature is not compared with nothing. */
const CONTINUITY = 0.5

/** Of one signature: healthy restarts followed by it within 15 minutes, and preceded by it within 3 hours. */
interface BlipCount {
  readonly after: number
  readonly before: number
}

/** What healthy rollouts taught about faults that a restart brings by itself. */
export interface RestartBlips {
  readonly restarts: number
  readonly bySignature: ReadonlyMap<string, BlipCount>
}

export const NO_BLIPS: RestartBlips = { restarts: 0, bySignature: new Map() }

/** Why a signature's faults on just restarted nodes do not count; null when they do. */
export function blipReason(
  { restarts, bySignature }: RestartBlips,
  signature: string,
): string | null {
  if (restarts < RESTARTS_MIN)
    return `only ${restarts} healthy restarts were seen so far, so nobody knows yet which faults a restart brings`
  const { after, before } = bySignature.get(signature) ?? { after: 0, before: 0 }
  const expected = ((before + CONTINUITY) * YOUNG) / BEFORE
  if (after < BLIPS_MIN || poissonTail(after, expected) > BY_CHANCE) return null
  return `${after} of ${restarts} healthy restarts brought it, where chance would have brought ${expected.toFixed(1)}`
}

/** Learns from the rollouts that are over and that nothing was held against; each teaches once. */
export function learnBlips(
  ledger: Ledger,
  blips: RestartBlips,
  { now, distrusted }: { readonly now: Instant; readonly distrusted: ReadonlySet<string> },
): { readonly ledger: Ledger; readonly blips: RestartBlips } {
  const ripe = [...ledger.rollouts.values()].filter(
    ({ id, lastAt, learned }) => !learned && lastAt <= now - LEARNED_AFTER && !distrusted.has(id),
  )
  if (ripe.length === 0) return { ledger, blips }
  const rollouts = new Map(ledger.rollouts)
  for (const facts of ripe) rollouts.set(facts.id, { ...facts, learned: true })
  return { ledger: { ...ledger, rollouts }, blips: countBlips(ledger, blips, ripe) }
}

function countBlips(
  { faults }: Ledger,
  blips: RestartBlips,
  rollouts: readonly RolloutFacts[],
): RestartBlips {
  const restarts = rollouts.reduce((sum, { placements }) => sum + placements.size, blips.restarts)
  const bySignature = new Map(blips.bySignature)
  for (const [signature, own] of faults) {
    const known = bySignature.get(signature) ?? { after: 0, before: 0 }
    const after = new Set<string>()
    const before = new Set<string>()
    for (const { node, at } of faultsOf(own)) {
      for (const { id, placements } of rollouts) {
        const age = at - (placements.get(node) ?? Number.POSITIVE_INFINITY)
        if (age >= 0 && age < YOUNG) after.add(`${id} ${node}`)
        if (age < 0 && age >= -BEFORE) before.add(`${id} ${node}`)
      }
    }
    if (after.size + before.size === 0) continue
    const counted = { after: known.after + after.size, before: known.before + before.size }
    bySignature.set(signature, counted)
  }
  return { restarts, bySignature }
}

/** P(X ≥ count) of a Poisson law: one minus the sum of what is less. */
function poissonTail(count: number, mean: number): number {
  let mass = Math.exp(-mean)
  let below = 0
  for (let k = 0; k < count; k += 1) {
    below += mass
    mass *= mean / (k + 1)
  }
  return Math.max(0, 1 - below)
}
