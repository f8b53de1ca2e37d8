import { add, type Counts, NOTHING } from '../../../src/core/detect/counter.ts'
import { LATENCY_EDGES_MS } from '../../../src/ports/router.ts'
import type { DetectorKind } from '../detector.ts'
import type { Look } from '../look.ts'
import { BAKE_MS } from '../world.ts'
import { normalQuantile } from './normal-quantile.ts'
import { Stretches } from './stretches.ts'

/** One-sided, at the level that everybody has: 1 %. It is meant for one look, and gets one per minute. */
const Z = normalQuantile(0.99)

/** The classical tests, looked at every minute as dashboards are, and once at the end as they are meant. */
export const Z_TESTS: readonly DetectorKind[] = [
  {
    name: 'z-test, peeking',
    says: 'difference of two proportions at 1 %, looked at every minute',
    role: 'peer',
    watches: 'errors',
    open: () => tested(proportionsZ, () => true),
  },
  {
    name: 'z-test, at the end',
    says: 'difference of two proportions at 1 %, looked at once, after an hour',
    role: 'peer',
    watches: 'errors',
    open: () => tested(proportionsZ, ({ seconds }) => seconds * 1000 >= BAKE_MS),
  },
  {
    name: 'z-test of means, peeking',
    says: 'difference of mean latencies at 1 %, looked at every minute',
    role: 'peer',
    watches: 'latency',
    open: () => tested(meansZ, () => true),
  },
]

function tested(z: (one: Counts, other: Counts) => number, isTime: (look: Look) => boolean) {
  const stretches = new Stretches()
  let candidate = NOTHING
  let control = NOTHING
  return {
    look(look: Look): boolean {
      const stretch = stretches.take(look)
      if (stretch === null) return false
      candidate = add(candidate, stretch.candidate)
      control = add(control, stretch.control)
      return isTime(look) && z(candidate, control) > Z
    },
  }
}

function proportionsZ(one: Counts, other: Counts): number {
  const [n1, n0] = [one.requests, other.requests]
  const pooled = (one.errors + other.errors) / (n1 + n0)
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
  return (one.errors / n1 - other.errors / n0) / error
}

function meansZ(one: Counts, other: Counts): number {
  const [a, b] = [moments(one), moments(other)]
  return (a.mean - b.mean) / Math.sqrt(a.variance / a.n + b.variance / b.n)
}

/** A request counts as the geometric middle of its bucket. */
function moments({ latency }: Counts) {
  let [n, sum, squares] = [0, 0, 0]
  for (const [k, count] of latency.entries()) {
    const to = LATENCY_EDGES_MS[k] ?? LATENCY_EDGES_MS.at(-1) ?? 1
    const value = Math.sqrt(to * (LATENCY_EDGES_MS[k - 1] ?? to / 2))
    n += count
    sum += count * value
    squares += count * value * value
  }
  return { n, mean: sum / n, variance: squares / n - (sum / n) ** 2 }
}
