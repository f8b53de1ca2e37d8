import type { Detector, DetectorKind } from './detector.ts'
import { RolloutTraffic } from './rollout-traffic.ts'
import { BAKE_MS, TICK_MS, type World } from './world.ts'

/** What one detector did in one rollout. */
export interface Outcome {
  /** When it stopped the rollout, in seconds since its start; null if it never did. */
  readonly firedAt: number | null
  /** Failed requests of the candidate from the fault's onset until then (or the end), beyond those of a healthy one. */
  readonly extraFailures: number
}

/** Plays one rollout of a workload and lets each detector watch the same traffic. The outcomes are in the order of `kinds`. */
export function play(
  world: World,
  seed: number,
  workload: number,
  kinds: readonly DetectorKind[],
): readonly Outcome[] {
  const traffic = new RolloutTraffic(world, seed)
  const watching = new Map<number, Detector>(
    kinds.map(({ open }, k) => [k, open({ world, workload })]),
  )
  const outcomes: Outcome[] = kinds.map(() => ({ firedAt: null, extraFailures: 0 }))
  let extra = 0
  let look = traffic.first()
  for (let ms = 0; watching.size > 0; ms += TICK_MS) {
    for (const [k, detector] of watching) {
      if (!detector.look(look)) continue
      outcomes[k] = { firedAt: look.seconds, extraFailures: extra }
      watching.delete(k)
    }
    if (ms >= BAKE_MS) break
    look = traffic.next(TICK_MS)
    extra += extraFailures(world, look.seconds, look.fresh.candidate)
  }
  for (const k of watching.keys()) outcomes[k] = { firedAt: null, extraFailures: extra }
  return outcomes
}

function extraFailures(
  { fault, endpoints }: World,
  seconds: number,
  { requests, errors }: { readonly requests: number; readonly errors: number },
): number {
  if (fault?.errors === undefined || seconds <= fault.fromSeconds) return 0
  return errors - requests * (endpoints[0]?.errors ?? 0)
}
