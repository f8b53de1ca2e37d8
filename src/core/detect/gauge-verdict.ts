import type { Instant } from '../kernel/instant.ts'
import { warmAfter } from './cold-start.ts'
import { GAUGE_TEST, type GaugeEvidence, type Spread, tolerable } from './gauge-evidence.ts'
import { LEANING } from './leaning.ts'
import type { MetricWatch } from './metric-watch.ts'
import { sayAmount } from './say-numbers.ts'
import type { WatchState } from './watch-state.ts'

/**
 * Why a gauge does not let the group pass yet, or null. A gauge that looks worse than tolerated holds the
 * group even while that is not proven; and where nothing runs beside the candidate, the control of
 * before can reassure but never accuse, because a gauge drifts by itself.
 */
export function unsureOfGauge(
  metric: MetricWatch,
  evidence: GaugeEvidence,
  state: WatchState,
  now: Instant,
): string | null {
  if (state.metrics.every(({ kind }) => kind === 'gauge')) {
    return 'no metric counts requests, so nobody knows whether the candidate serves any; add one of kind error-rate'
  }
  if (now - state.startedAt < warmAfter(state.bakeMs)) return 'the candidate is still warming up'
  const beside = state.controlExpected
  const [one, other] = [evidence.seen.candidate, beside ? evidence.seen.control : evidence.before]
  const known = beside ? evidence.over.ticks : Math.min(one.n, other.n)
  if (known < GAUGE_TEST.minTicks) {
    const where = beside ? 'of both sides' : 'of the candidate and of the control before it'
    return `${known} of the ${GAUGE_TEST.minTicks} samples ${where} that a comparison needs`
  }
  if (metric.logE >= LEANING * (state.logFire - Math.log(metric.weight))) {
    return `${compared(one, other)}; suspicious, but not proven`
  }
  if (!looksTolerable(metric, evidence.direction, one, other)) {
    return `${compared(one, other)}; worse than tolerated, but not proven`
  }
  return null
}

function looksTolerable(
  metric: MetricWatch,
  direction: GaugeEvidence['direction'],
  one: Spread,
  other: Spread,
): boolean {
  const { tolerance, allow } = metric
  const { highest, lowest } = tolerable(other.sum / other.n, {
    tolerance,
    allow,
    noise: metric.habits.noise,
  })
  const candidate = one.sum / one.n
  const isFine = { increase: candidate <= highest, decrease: candidate >= lowest }
  return direction === 'either' ? isFine.increase && isFine.decrease : isFine[direction]
}

function compared(one: Spread, other: Spread): string {
  return `candidate ${sayAmount(one.sum / one.n)} against control ${sayAmount(other.sum / other.n)}`
}
