import type { Instant, Millis } from '../kernel/instant.ts'
import { sayDuration } from '../kernel/instant.ts'
import { type Recording, streamsOf } from './recording.ts'
import { newsOf } from './reshape.ts'

/**
 * A threshold as many pipelines have it (after the AnalysisRun of Argo Rollouts 1.8, `analysis.go`):
 * at each interval the success rate of the candidate in that interval is looked at alone, and more than so many
 * failing looks, not necessarily in a row, halt.
 */
export interface StaticThreshold {
  /** The least share of good requests. */
  readonly successMin: number
  readonly every: Millis
  readonly failuresMax: number
}

/** What a threshold would have done with one metric. */
export interface ThresholdOutcome {
  readonly metric: string
  readonly firedAt: Instant | null
  readonly failedLooks: readonly Instant[]
  readonly looks: number
  /** Looks at which there was nothing to divide by; they count neither way. */
  readonly emptyLooks: number
}

/** Looks at the candidate's success rate from `start` to `end`, for each metric that counts failures. */
export function tryThreshold(
  recording: Recording,
  threshold: StaticThreshold,
  {
    start,
    end,
    metrics,
  }: { readonly start: Instant; readonly end: Instant; readonly metrics: readonly string[] },
): readonly ThresholdOutcome[] {
  return streamsOf(recording)
    .filter(({ arm, metric }) => arm === 'candidate' && metrics.includes(metric))
    .map((stream) => {
      const windows = new Map<number, { requests: number; errors: number }>()
      for (const { at, fresh } of newsOf(stream)) {
        if (at <= start || at > end) continue
        const place = Math.ceil((at - start) / threshold.every)
        const window = windows.get(place) ?? { requests: 0, errors: 0 }
        window.requests += fresh.requests
        window.errors += fresh.errors
        windows.set(place, window)
      }
      return { metric: stream.metric, ...looksAt(windows, threshold, start, end) }
    })
}

function looksAt(
  windows: ReadonlyMap<number, { readonly requests: number; readonly errors: number }>,
  { successMin, every, failuresMax }: StaticThreshold,
  start: Instant,
  end: Instant,
): Omit<ThresholdOutcome, 'metric'> {
  const failedLooks: Instant[] = []
  let emptyLooks = 0
  const looks = Math.floor((end - start) / every)
  for (let place = 1; place <= looks; place += 1) {
    const window = windows.get(place)
    if (window === undefined || window.requests === 0) emptyLooks += 1
    else if (1 - window.errors / window.requests < successMin)
      failedLooks.push(start + place * every)
  }
  return { failedLooks, emptyLooks, looks, firedAt: failedLooks[failuresMax] ?? null }
}

/** `99 % good, each 1m, more than 2 failing looks`. */
export function sayThreshold({ successMin, every, failuresMax }: StaticThreshold): string {
  const share = Number((successMin * 100).toPrecision(6))
  return `${share} % good, looked at each ${sayDuration(every)}, more than ${failuresMax} failing ${failuresMax === 1 ? 'look' : 'looks'}`
}
