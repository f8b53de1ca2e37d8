import { MINUTE, type Millis, SECOND } from '../kernel/instant.ts'

/** A fresh process is warm after about half a minute: caches are filled, pools are open, hot code is compiled. */
const WARM_AFTER_USUAL: Millis = 30 * SECOND
/** A short bake forgives for a quarter of itself at most, so that most of it is judged by the strategy's own tolerance. */
const WARM_PART_OF_BAKE = 0.25
/** What good restarts look like in their first second. Hard failures are far beyond these and still fire at once. */
const FACTOR_AT_START = { 'error-rate': 3, latency: 2, gauge: 2 } as const

/**
 * The ages, since the opening of a group, at which one stretch of a start ends and the next begins. What is
 * learnt of past starts is learnt per stretch; after the last one every release counts as warm.
 */
export const STRETCH_ENDS: readonly Millis[] = [10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE]

/** By how much the tolerance is widened in each stretch of a start, as past good starts taught it. */
export type Warming = readonly number[]

/** For how long after a group's opening a cold start is forgiven and nothing passes, where no start was seen yet. */
export function warmAfter(bake: Millis): Millis {
  return Math.min(WARM_AFTER_USUAL, bake * WARM_PART_OF_BAKE)
}

/**
 * r₀(t): by how much the tolerance is widened `age` after a group was opened. What past good starts
 * taught is used per stretch. Where nothing was learnt it falls from the usual start factor to one, evenly in the
 * logarithm, so that warming up is forgiven instead of ignored.
 */
export function coldStart(
  kind: keyof typeof FACTOR_AT_START,
  age: Millis,
  bake: Millis,
  learnt: Warming | null,
): number {
  if (learnt === null) {
    const warm = warmAfter(bake)
    const left = warm > 0 ? Math.max(0, 1 - Math.max(0, age) / warm) : 0
    return FACTOR_AT_START[kind] ** left
  }
  return age < bake * WARM_PART_OF_BAKE ? (learnt[stretchAt(age)] ?? 1) : 1
}

/** What the usual start allows, per stretch: its factor in the middle of each. */
export function usualWarming(kind: keyof typeof FACTOR_AT_START): Warming {
  return STRETCH_ENDS.map((end, i) => {
    const middle = (end + (STRETCH_ENDS[i - 1] ?? 0)) / 2
    return coldStart(kind, middle, Number.POSITIVE_INFINITY, null)
  })
}

/** The index of the stretch that `age` falls into; `STRETCH_ENDS.length` once it is over. */
export function stretchAt(age: Millis): number {
  const index = STRETCH_ENDS.findIndex((end) => age < end)
  return index < 0 ? STRETCH_ENDS.length : index
}
