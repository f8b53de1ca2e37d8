import { judge } from '../detect/judge.ts'
import { observe, sourceFailed } from '../detect/watch.ts'
import type { WatchState } from '../detect/watch-state.ts'
import type { Instant } from '../kernel/instant.ts'
import type { VerdictKind } from '../words/verdict.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { isReadable } from './journal-lines.ts'
import { newRecording, type Recording, type Seen } from './recording.ts'

/** One change of the verdict, as it was and as it would be today. */
export interface Relived {
  readonly at: Instant
  readonly group: string
  readonly was: VerdictKind
  /** Null where the recorded state is of another version of detection. */
  readonly is: VerdictKind | null
}

/** Tells detection again what it was told, look by look, and compares the verdicts with those of that day. */
export function relive({ entries }: Journal): readonly Relived[] {
  const relived: Relived[] = []
  let group = ''
  let state: WatchState | null = null
  for (const entry of entries) {
    if (entry.kind === 'judged') {
      const is = state === null ? null : judge(state, entry.at).kind
      relived.push({ at: entry.at, group, was: entry.verdict, is })
      continue
    }
    if (entry.kind === 'opened') {
      group = entry.group
      state = isReadable(entry.state) ? entry.state : null
    } else if (state !== null) state = told(state, entry)
  }
  return relived
}

function told(
  state: WatchState,
  entry: Extract<JournalEntry, { readonly kind: 'heard' | 'failed' }>,
): WatchState {
  return entry.kind === 'heard'
    ? observe(state, entry.poll, entry.at)
    : sourceFailed(state, entry.source, entry.because)
}

/** The readings of a journal, for replays under other settings. */
export function recordingOf({ head, entries }: Journal): Recording {
  const seen = entries.flatMap((entry): readonly Seen[] => {
    if (entry.kind !== 'heard') return []
    const { source, readings } = entry.poll
    return readings.map((reading) => ({ seenAt: entry.at, source, reading }))
  })
  const opened = entries.flatMap((entry) => {
    return entry.kind === 'opened' ? [{ group: entry.group, at: entry.state.startedAt }] : []
  })
  return { ...newRecording(`${head.rollout} (${head.workload} ${head.release})`, seen), opened }
}
