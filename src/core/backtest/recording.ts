import type { Arm, Reading } from '../detect/reading.ts'
import type { Instant } from '../kernel/instant.ts'

/** One reading, and when whoever watched could first know of it. */
export interface Seen {
  readonly seenAt: Instant
  /** Who measured it, as the strategy names it. */
  readonly source: string
  readonly reading: Reading
}

/** Telemetry as it came in, in the order in which it was seen. */
export interface Recording {
  /** Where it comes from, for people: a file, a server. */
  readonly name: string
  readonly seen: readonly Seen[]
  /** What its reader had to decide or leave out, a sentence each. */
  readonly remarks: readonly string[]
  /** When which group of a real rollout was opened, where that was recorded. */
  readonly opened?: readonly { readonly group: string; readonly at: Instant }[]
}

/** The readings of one metric in one arm. */
export interface Stream {
  readonly source: string
  readonly metric: string
  readonly arm: Arm
  readonly seen: readonly Seen[]
}

/** A recording of these readings; they may come in any order. */
export function newRecording(
  name: string,
  seen: readonly Seen[],
  remarks: readonly string[] = [],
): Recording {
  return { name, seen: seen.toSorted((a, b) => a.seenAt - b.seenAt), remarks }
}

/** The first and the last moment of a recording; null when there is nothing in it. */
export function spanOf({
  seen,
}: Recording): { readonly from: Instant; readonly to: Instant } | null {
  const [first, last] = [seen[0], seen.at(-1)]
  return first === undefined || last === undefined ? null : { from: first.seenAt, to: last.seenAt }
}

/** A recording taken apart by metric and arm. */
export function streamsOf({ seen }: Recording): readonly Stream[] {
  const streams = new Map<string, Stream & { readonly seen: Seen[] }>()
  for (const one of seen) {
    const { metric, arm } = one.reading
    const key = JSON.stringify([one.source, metric, arm])
    const stream = streams.get(key) ?? { source: one.source, metric, arm, seen: [] }
    stream.seen.push(one)
    streams.set(key, stream)
  }
  return [...streams.values()]
}

/** The place of the first reading that was seen after a moment. */
export function placeAfter({ seen }: Pick<Recording, 'seen'>, moment: Instant): number {
  let [low, high] = [0, seen.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((seen[middle]?.seenAt ?? 0) <= moment) low = middle + 1
    else high = middle
  }
  return low
}

/** The part of a recording that was seen after one moment and up to another. */
export function between(recording: Recording, after: Instant, upTo: Instant): Recording {
  const seen = recording.seen.slice(placeAfter(recording, after), placeAfter(recording, upTo))
  return { ...recording, seen }
}
