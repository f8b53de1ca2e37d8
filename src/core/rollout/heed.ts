import { isoInstant } from '../kernel/instant.ts'
import type { Verdict } from '../words/verdict.ts'
import { blocking, sayAlert } from './signals.ts'
import { silentSources } from './sources.ts'
import type { Rollout } from './state.ts'

/** What outside stands in the way of going on. */
interface Disquiet {
  /** `error`: a source that should be heard is silent, so health is not known. */
  readonly kind: Extract<Verdict['kind'], 'error' | 'inconclusive'>
  readonly because: string
}

/**
 * Why no group may pass or be opened, whatever the metrics say: a source that promised to be heard
 * is silent, or a signal fires that holds the rollout. Null when all is quiet.
 */
export function disquiet(rollout: Rollout): Disquiet | null {
  const [silent] = silentSources(rollout)
  if (silent !== undefined) return { kind: 'error', because: silent }
  const fires = blocking(rollout)
  const [oldest] = fires
  if (oldest === undefined) return null
  const others = fires.length === 1 ? '' : `, and ${fires.length - 1} more`
  const because = `${sayAlert(oldest)} fires since ${isoInstant(oldest.startsAt)}${others}`
  return { kind: 'inconclusive', because }
}

/** Whether nothing outside stands in the way. */
export function isClear(rollout: Rollout): boolean {
  return disquiet(rollout) === null
}

/**
 * A verdict on the metrics together with what is heard from outside. A signal never makes a
 * verdict better, and it never hides that the metrics failed or could not be read.
 */
export function heeded(rollout: Rollout, verdict: Verdict): Verdict {
  if (verdict.kind !== 'pass' && verdict.kind !== 'inconclusive') return verdict
  const found = disquiet(rollout)
  return found === null ? verdict : { ...verdict, kind: found.kind, because: found.because }
}
