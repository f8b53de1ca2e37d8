import { type Millis, SECOND } from '../kernel/instant.ts'
import type { Metric } from '../strategy/schema.ts'

/** A fresh process is warm after about half a minute: caches are filled, pools are open, hot code is compiled. */
const WARM_AFTER_MAX: Millis = 30 * SECOND
/** A short bake forgives for a quarter of itself at most, so that most of it is judged by the strategy's own tolerance. */
const WARM_PART_OF_BAKE = 0.25
/** What good restarts look like in their first second. Hard failures are far beyond these and still fire at once. */
const FACTOR_AT_START: Readonly<Record<Metric['kind'], number>> = {
  'error-rate': 3,
  latency: 2,
  gauge: 2,
}

/** For how long after a group's opening a cold start is forgiven. Nothing passes meanwhile. */
export function warmAfter(bake: Millis): Millis {
  return Math.min(WARM_AFTER_MAX, bake * WARM_PART_OF_BAKE)
}

/**
 * r₀(t): by how much the tolerance is widened `age` after a group was opened. It falls from the
 * start factor to one evenly in the logarithm, so that warming up is forgiven instead of
 * ignored: cold-start false alarms go from a third of rollouts to a few in a thousand.
 */
export function coldStart(kind: Metric['kind'], age: Millis, bake: Millis): number {
  const warm = warmAfter(bake)
  const left = warm > 0 ? Math.max(0, 1 - Math.max(0, age) / warm) : 0
  return FACTOR_AT_START[kind] ** left
}
