import type { Counts } from '../detect/counter.ts'
import type { Histogram } from '../detect/statistics/histogram.ts'
import type { Instant, Millis } from '../kernel/instant.ts'
import { type Chance, chanceFrom, draw } from './chance.ts'
import { newRecording, type Recording, type Stream, streamsOf } from './recording.ts'
import { reshaped } from './reshape.ts'

/** A fault that is put into the candidate of a healthy recording, to ask whether it would have been seen. */
export interface Injection {
  readonly metric: string
  /** `errors`: this share of the good requests fails too. `latency`: every request takes this many times as long. */
  readonly kind: 'errors' | 'latency'
  readonly amount: number
  /** How long after the start of a rollout it begins. */
  readonly after: Millis
}

/** The recording as it would have been, had the candidate been bad from a moment on. The control stays as it was. */
export function inject(
  recording: Recording,
  injection: Injection,
  { from, seed }: { readonly from: Instant; readonly seed: number },
): Recording {
  const chance = chanceFrom(seed)
  const seen = streamsOf(recording).flatMap((stream) =>
    stream.metric === injection.metric && stream.arm === 'candidate'
      ? injected(stream, injection, from, chance)
      : stream.seen,
  )
  return newRecording(recording.name, seen, recording.remarks)
}

function injected(stream: Stream, { kind, amount }: Injection, from: Instant, chance: Chance) {
  return reshaped(stream, (fresh, at, edgesMs) => {
    if (at <= from) return fresh
    if (kind === 'latency')
      return { ...fresh, latency: slowed(fresh.latency, edgesMs, amount, chance) }
    return failing(fresh, amount, chance)
  })
}

function failing(fresh: Counts, share: number, chance: Chance): Counts {
  return { ...fresh, errors: fresh.errors + draw(fresh.requests - fresh.errors, share, chance) }
}

/**
 * Every request takes `factor` times as long. Within a bucket requests are taken to lie evenly on a
 * logarithmic scale (linearly in the first, which begins at nothing), and a bucket is torn at the edges that it moves over.
 */
export function slowed(
  latency: Histogram,
  edgesMs: readonly number[],
  factor: number,
  chance: Chance,
): Histogram {
  const moved = latency.map(() => 0)
  for (const [k, count] of latency.entries()) {
    let rest = count
    const [low, high] = [
      k === 0 ? 0 : (edgesMs[k - 1] ?? 0),
      edgesMs[k] ?? Number.POSITIVE_INFINITY,
    ]
    let below = 0
    for (let to = k; to < moved.length && rest > 0; to += 1) {
      const upTo = partBelow((edgesMs[to] ?? Number.POSITIVE_INFINITY) / factor, low, high)
      const here = upTo >= 1 ? rest : draw(rest, (upTo - below) / (1 - below), chance)
      moved[to] = (moved[to] ?? 0) + here
      rest -= here
      below = upTo
    }
  }
  return moved
}

/** Which part of a bucket's requests lies below a limit. */
function partBelow(limit: number, low: number, high: number): number {
  if (limit >= high || !Number.isFinite(limit)) return 1
  if (limit <= low) return 0
  // Above the last edge nothing is known but that it is slow, and it stays so.
  if (!Number.isFinite(high)) return 0
  return low === 0 ? limit / high : Math.log(limit / low) / Math.log(high / low)
}
