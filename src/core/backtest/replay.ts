import { judge } from '../detect/judge.ts'
import { mergedLogE } from '../detect/merged-evidence.ts'
import type { Poll, Reading } from '../detect/reading.ts'
import { type Baseline, baselineOf, observe, startWatch } from '../detect/watch.ts'
import type { WatchState } from '../detect/watch-state.ts'
import { type Instant, type Millis, SECOND } from '../kernel/instant.ts'
import type { Group, Strategy } from '../strategy/schema.ts'
import type { Verdict, VerdictKind } from '../words/verdict.ts'
import { placeAfter, type Recording } from './recording.ts'

/** A look that finds nothing new changes only what time changes; it is taken this often, and when there is news. */
const QUIET_LOOK_EVERY: Millis = 5 * SECOND

/** Under which settings a recording is replayed. */
export interface Settings {
  readonly detection: Strategy['detection']
  readonly group: Pick<Group, 'share' | 'bake' | 'minExposure'>
  /** In how many groups the false-alarm budget is shared. */
  readonly groups: number
}

/** One state of the verdict, from a moment on. */
export interface VerdictChange {
  readonly at: Instant
  readonly kind: VerdictKind
  readonly because: string
}

/** The evidence at one look, in nats; the rollout is halted where `together` reaches `logFire`. */
export interface EvidencePoint {
  readonly at: Instant
  /** ln(w·E) of every metric, in the order of the strategy: what each brings by itself. */
  readonly each: readonly number[]
  /** ln Σ w·E over the metrics that may act. */
  readonly together: number
}

/** What detection would have made of one rollout that started at a moment of the recording. */
export interface Replayed {
  readonly start: Instant
  readonly end: Instant
  readonly firedAt: Instant | null
  /** At the end, or at the halt. */
  readonly verdict: Verdict
  readonly changes: readonly VerdictChange[]
  readonly track: readonly EvidencePoint[]
  /** ln(1/α) of this group. */
  readonly logFire: number
}

/**
 * Watches a recording as if one group had been opened at `start`, with the very detectors that watch a
 * live one, to the end of its bake or of the recording. With `toTheEnd` it goes on after a halt, for
 * a picture of how the evidence grew.
 */
export function replay(
  recording: Recording,
  settings: Settings,
  {
    start,
    end,
    toTheEnd = false,
  }: { readonly start: Instant; readonly end: Instant; readonly toTheEnd?: boolean },
): Replayed {
  let state = begin(recording, settings, start)
  const sources = new Set(settings.detection.metrics.map(({ source }) => source))
  const changes: VerdictChange[] = []
  const track: EvidencePoint[] = []
  let firedAt: Instant | null = null
  let place = placeAfter(recording, start - settings.detection.staleAfter)
  let looked = Number.NEGATIVE_INFINITY
  let verdict = judge(state, start)
  for (let now = start; now <= end; now += settings.detection.every) {
    const next = placeAfter(recording, now)
    if (next === place && now - looked < QUIET_LOOK_EVERY && now + settings.detection.every <= end)
      continue
    looked = now
    const news = pollsOf(recording, place, next, sources)
    place = next
    for (const poll of news) state = observe(state, poll, now)
    verdict = judge(state, now)
    track.push(evidenceAt(state, now))
    const last = changes.at(-1)
    if (last === undefined || last.kind !== verdict.kind) {
      changes.push({ at: now, kind: verdict.kind, because: verdict.because })
    }
    if (verdict.kind === 'fail') {
      firedAt ??= now
      if (!toTheEnd) break
    }
  }
  return { start, end, firedAt, verdict, changes, track, logFire: state.logFire }
}

function evidenceAt({ metrics }: WatchState, at: Instant): EvidencePoint {
  const each = metrics.map(({ logE, weight }) => Math.log(weight) + logE)
  return { at, each, together: mergedLogE(metrics) }
}

/** What the earlier part of the recording taught of the control, for a group that runs without one beside it. */
function begin(
  recording: Recording,
  { detection, group, groups }: Settings,
  start: Instant,
): WatchState {
  const opened = { startedAt: start, group, groups, detection, baseline: null }
  const state = startWatch(opened)
  if (state.controlExpected) return state
  return startWatch({ ...opened, baseline: baselineBefore(recording, opened, start) })
}

function baselineBefore(
  recording: Recording,
  opened: Parameters<typeof startWatch>[0],
  start: Instant,
): Baseline | null {
  const from = start - opened.group.bake
  const sources = new Set(opened.detection.metrics.map(({ source }) => source))
  let state = startWatch({ ...opened, startedAt: from })
  let place = placeAfter(recording, from)
  const end = placeAfter(recording, start)
  if (place === end) return null
  while (place < end) {
    const now = recording.seen[place]?.seenAt ?? start
    const next = placeAfter(recording, now)
    for (const poll of pollsOf(recording, place, next, sources)) state = observe(state, poll, now)
    place = next
  }
  return baselineOf(state)
}

/** What each source would have answered: the newest reading per metric and arm, and nothing where nothing came. */
function pollsOf(
  { seen }: Recording,
  from: number,
  to: number,
  sources: ReadonlySet<string>,
): readonly Poll[] {
  const newest = new Map<string, Map<string, Reading>>(
    [...sources].map((source) => [source, new Map()]),
  )
  for (let place = from; place < to; place += 1) {
    const one = seen[place]
    const readings = one === undefined ? undefined : newest.get(one.source)
    if (one === undefined || readings === undefined) continue
    const key = `${one.reading.arm} ${one.reading.metric}`
    const known = readings.get(key)
    if (known === undefined || one.reading.at > known.at) readings.set(key, one.reading)
  }
  return [...newest].map(([source, readings]) => ({ source, readings: [...readings.values()] }))
}
