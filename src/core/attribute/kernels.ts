import { HOUR, type Millis } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'

/** A stretch of a node's age under a rollout, `from` included and `to` not. */
export interface Kernel {
  readonly from: Millis
  readonly to: Millis
  readonly says: string
}

/**
 * When a bad release may show, after it reached a node: at any time, soon, or late (a leak, a nightly
 * job). Each is tried, so that a late fault is found without knowing that it is late.
 */
export const KERNELS: readonly [ever: Kernel, lately: Kernel, long: Kernel] = [
  { from: 0, to: Number.POSITIVE_INFINITY, says: 'from the start' },
  { from: 0, to: 1.5 * HOUR, says: 'within 1h 30m' },
  { from: 4 * HOUR, to: Number.POSITIVE_INFINITY, says: 'from 4h on' },
]

/** How many times likelier a fault may be on a node that has the bad release. */
export const RATIOS: readonly number[] = [4, 12, 40, 150]

/** One alternative that is bet on: a kernel and a ratio. */
export interface Alternative {
  readonly kernel: Kernel
  readonly ratio: number
}

/** Every kernel with every ratio, kernel by kernel; the order of all sums of evidence. */
export const ALTERNATIVES: readonly [Alternative, ...Alternative[]] = alternatives()

/** Whether a node of this age under a rollout counts as touched by it. A negative age is not yet touched. */
export function isWithin({ from, to }: Kernel, age: Millis): boolean {
  return age >= from && age < to
}

function alternatives(): readonly [Alternative, ...Alternative[]] {
  const [first, ...others] = KERNELS.flatMap((kernel) => RATIOS.map((ratio) => ({ kernel, ratio })))
  invariant(first !== undefined, 'something is bet on')
  return [first, ...others]
}
