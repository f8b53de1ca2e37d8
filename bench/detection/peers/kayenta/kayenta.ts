import type { DetectorKind } from '../../detector.ts'
import type { Look } from '../../look.ts'
import { latencyQuantile } from '../latency-quantile.ts'
import { failedPercent, type Stretch, Stretches } from '../stretches.ts'
import { classify, JUDGE_DEFAULTS, type MetricSetting } from './classify.ts'
import { scoreMetrics } from './score.ts'

/** The score at and below which a canary is stopped before its end. */
const MARGINAL = 75
const GROUP = 'one'

type Read = (arm: Stretch['candidate']) => number

const ERRORS: readonly Read[] = [failedPercent]
const LATENCIES: readonly Read[] = [
  ({ latency }) => latencyQuantile(latency, 0.5),
  ({ latency }) => latencyQuantile(latency, 0.99),
]
/** A rank test of one point against one has no variance; with two it begins to say something. */
const USUAL = { everyMinutes: 1, pointsMin: 2, setting: JUDGE_DEFAULTS }
/** Twice the mean and beyond is what the canary may not do; for teams whose hosts differ. */
const TWICE: MetricSetting = { ...JUDGE_DEFAULTS, allowed: [1, 2], criticalAt: [1, 2] }

/**
 * NetflixACAJudge-v1.0 over one point per minute and arm, against a baseline of the canary's
 * size, critical metrics, every judgement over all points so far. It advises at least 50 points;
 * the settings are those that people run.
 */
export const KAYENTA: readonly DetectorKind[] = [
  errors('Kayenta, 1 min', 'judged every minute from two points on', USUAL),
  errors('Kayenta, ≥ 5 points', 'judged every minute from five points on', {
    ...USUAL,
    pointsMin: 5,
  }),
  errors('Kayenta, 10 min', 'judged every ten minutes', { ...USUAL, everyMinutes: 10 }),
  errors('Kayenta, 10 min, ×2', 'judged every ten minutes, twice the mean allowed', {
    ...USUAL,
    everyMinutes: 10,
    setting: TWICE,
  }),
  {
    name: 'Kayenta p50+p99',
    says: 'p50 and p99 per minute, judged every minute from five points on',
    role: 'peer',
    watches: 'latency',
    open: () => judged(LATENCIES, { ...USUAL, pointsMin: 5 }),
  },
]

interface Orchestration {
  readonly everyMinutes: number
  readonly pointsMin: number
  readonly setting: MetricSetting
}

function errors(name: string, says: string, how: Orchestration): DetectorKind {
  return { name, says, role: 'peer', watches: 'errors', open: () => judged(ERRORS, how) }
}

function judged(reads: readonly Read[], { everyMinutes, pointsMin, setting }: Orchestration) {
  const stretches = new Stretches()
  const points: Stretch[] = []
  return {
    look(look: Look): boolean {
      const minute = stretches.take(look)
      if (minute === null) return false
      points.push(minute)
      if (points.length < pointsMin || points.length % everyMinutes !== 0) return false
      const metrics = reads.map((read) => ({
        ...classify(
          points.map(({ baseline }) => read(baseline)),
          points.map(({ candidate }) => read(candidate)),
          setting,
        ),
        groups: [GROUP],
      }))
      // Too little data is no reason to stop in mid-flight; the judge would only refuse to pass at the end.
      if (metrics.every(({ classification }) => classification === 'Nodata')) return false
      return scoreMetrics(metrics, {}) <= MARGINAL
    },
  }
}
