import { type Counts, NOTHING } from '../detect/counter.ts'
import type { Arm } from '../detect/reading.ts'
import { chanceFrom, draw } from './chance.ts'
import { newRecording, type Recording, type Seen, type Stream, streamsOf } from './recording.ts'
import { reshaped } from './reshape.ts'

/**
 * Splits the traffic of one arm at random into a candidate and a control that are equal by
 * construction: every halt of such a pair is a false alarm. The control's traffic is split, or
 * the candidate's where nothing else was recorded. Gauges have no requests to split and are left out.
 */
export function splitArms(
  recording: Recording,
  { share, seed }: { readonly share: number; readonly seed: number },
): Recording {
  const streams = streamsOf(recording).filter(({ seen }) => seen[0]?.reading.gauge === undefined)
  const hasControl = streams.some(({ arm }) => arm === 'control')
  const split = streams
    .filter(({ arm }) => arm === 'control' || !hasControl)
    .flatMap((stream, place) => splitStream(stream, share, seed + place))
  return newRecording(`${recording.name}, split at random`, split, recording.remarks)
}

function splitStream(stream: Stream, share: number, seed: number): readonly Seen[] {
  const chance = chanceFrom(seed)
  const parts: Counts[] = []
  const taken = reshaped(stream, (fresh) => {
    const part = partOf(fresh, (count) => draw(count, share, chance))
    parts.push(minus(fresh, part))
    return part
  })
  let place = 0
  const rest = reshaped(stream, () => parts[place++] ?? NOTHING)
  return [...as('candidate', taken), ...as('control', rest)]
}

function partOf({ requests, errors, latency }: Counts, take: (count: number) => number): Counts {
  const failed = take(errors)
  return { requests: failed + take(requests - errors), errors: failed, latency: latency.map(take) }
}

function minus(all: Counts, part: Counts): Counts {
  return {
    requests: Math.max(0, all.requests - part.requests),
    errors: Math.max(0, all.errors - part.errors),
    latency: all.latency.map((count, k) => Math.max(0, count - (part.latency[k] ?? 0))),
  }
}

function as(arm: Arm, seen: readonly Seen[]): readonly Seen[] {
  return seen.map((one) => ({ ...one, reading: { ...one.reading, arm } }))
}
