import { add, type Counts, NOTHING, tally, type Watermark } from '../detect/counter.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Seen, Stream } from './recording.ts'

/** What is new in each reading of a stream, counted as a live watch would: late, repeated and restarted counters included. */
export function newsOf({
  seen,
}: Stream): readonly { readonly at: Instant; readonly fresh: Counts }[] {
  const news: { at: Instant; fresh: Counts }[] = []
  let before: Watermark | null = null
  for (const { reading, seenAt } of seen) {
    const found = tally(before, reading)
    if (found === null) continue
    before = found.watermark
    if (found.fresh !== null) news.push({ at: seenAt, fresh: found.fresh })
  }
  return news
}

/**
 * The same stream with other requests in it: `reshape` says what becomes of those that are new in
 * a reading. The result counts upwards again, from zero.
 */
export function reshaped(
  stream: Stream,
  reshape: (fresh: Counts, at: Instant, edgesMs: readonly number[]) => Counts,
): readonly Seen[] {
  const result: Seen[] = []
  let before: Watermark | null = null
  let sum: Counts = NOTHING
  for (const { source, seenAt, reading } of stream.seen) {
    const found = tally(before, reading)
    if (found === null) continue
    before = found.watermark
    if (found.fresh !== null) sum = add(sum, reshape(found.fresh, seenAt, reading.edgesMs))
    const latency = sum.latency.length === 0 ? reading.latency.map(() => 0) : sum.latency
    // Routes are left out: what happened to the sum did not happen to them.
    const { metric, arm, at, edgesMs } = reading
    const counted = { metric, arm, at, edgesMs, epoch: 'reshaped' }
    const { requests, errors } = sum
    result.push({ source, seenAt, reading: { ...counted, requests, errors, latency } })
  }
  return result
}
