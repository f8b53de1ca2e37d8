import { HOUR, type Instant, MINUTE, type Millis } from '../kernel/instant.ts'
import { type Injection, inject } from './inject.ts'
import { between, type Recording } from './recording.ts'
import { replay, type Settings } from './replay.ts'
import { type StaticThreshold, tryThreshold } from './static-threshold.ts'

/** More rollouts than this add time and no knowledge; they are then started further apart. */
const STARTS_MAX = 200
/** Short recordings get about this many starts. */
const STARTS_USUAL = 12

/** One rollout that was started somewhere in the recording. */
export interface Trial {
  readonly start: Instant
  readonly firedAt: Instant | null
  readonly because: string
  /** When the threshold would have halted it; null for never. */
  readonly thresholdAt: Instant | null
}

/** When rollouts are started within a stretch, so that each bakes to its end within it. */
export interface Starts {
  readonly every: Millis
  readonly at: readonly Instant[]
}

/** Evenly spaced starts: as far apart as asked for, or hourly, or closer in a short recording. */
export function startsIn(
  { from, to }: { readonly from: Instant; readonly to: Instant },
  bake: Millis,
  wanted: Millis | null,
): Starts {
  const room = to - from - bake
  if (room < 0) return { every: wanted ?? HOUR, at: [] }
  const usual = Math.min(HOUR, Math.max(MINUTE, Math.floor(room / STARTS_USUAL / MINUTE) * MINUTE))
  const every = Math.max(wanted ?? usual, Math.ceil(room / (STARTS_MAX - 1)))
  return {
    every,
    at: Array.from({ length: Math.floor(room / every) + 1 }, (_, i) => from + i * every),
  }
}

/** What a trial is made with. */
export interface TrialSetting {
  readonly recording: Recording
  readonly settings: Settings
  readonly threshold: StaticThreshold
  readonly seed: number
}

/** Starts one rollout and sees whether it is halted within its bake; with a fault put into it if there is one. */
export function runTrial(
  { recording, settings, threshold, seed }: TrialSetting,
  start: Instant,
  injection: Injection | null,
): Trial {
  const { detection, group } = settings
  const end = start + group.bake
  // What lies further back than a bake or a stale reading is not looked at.
  const part = between(recording, start - Math.max(group.bake, detection.staleAfter) - 1, end)
  const played =
    injection === null ? part : inject(part, injection, { from: start + injection.after, seed })
  const { firedAt, verdict } = replay(played, settings, { start, end })
  const outcomes = tryThreshold(played, threshold, {
    start,
    end,
    metrics: countedMetrics(settings),
  })
  return {
    start,
    firedAt,
    because: verdict.because,
    thresholdAt: earliest(outcomes.map((outcome) => outcome.firedAt)),
  }
}

/** The metrics that a success rate can be taken of. */
export function countedMetrics({ detection }: Settings): readonly string[] {
  return detection.metrics
    .filter(({ kind, shadow }) => kind === 'error-rate' && !shadow)
    .map(({ name }) => name)
}

/** The first of some moments; null when none came. */
export function earliest(moments: readonly (Instant | null)[]): Instant | null {
  return moments.reduce((a, b) => (a === null ? b : b === null ? a : Math.min(a, b)), null)
}
