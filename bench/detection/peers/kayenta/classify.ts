import { normal, stream } from '../../random.ts'
import { mannWhitney } from './mann-whitney.ts'

export type Classification = 'Pass' | 'High' | 'Low' | 'Nodata' | 'NodataFailMetric'

/** How one metric is compared; the names are the judge's own. */
export interface MetricSetting {
  readonly test: 'MannWhitney' | 'MeanInequality'
  readonly tolerance: number
  readonly confidence: number
  readonly direction: 'increase' | 'decrease' | 'either'
  readonly nanStrategy: 'remove' | 'replace'
  readonly critical: boolean
  readonly mustHaveData: boolean
  readonly effectSize: 'meanRatio' | 'cles'
  /** [allowed decrease, allowed increase] of the effect size. */
  readonly allowed: readonly [number, number]
  readonly criticalAt: readonly [number, number]
}

/** The judge's own defaults for a metric that must not rise. */
export const JUDGE_DEFAULTS: MetricSetting = {
  test: 'MannWhitney',
  tolerance: 0.25,
  confidence: 0.98,
  direction: 'increase',
  nanStrategy: 'remove',
  critical: true,
  mustHaveData: false,
  effectSize: 'meanRatio',
  allowed: [1, 1],
  criticalAt: [1, 1],
}

export interface Classified {
  readonly classification: Classification
  readonly critical: boolean
  /** The effect size; NaN where a mean is zero. */
  readonly deviation: number
}

/** A constant arm is blurred by this part of its value, so that the test has an interval at all. */
const BLUR = 1e-5

/** Compares one metric's points as NetflixACAJudge-v1.0 does (spinnaker/kayenta at a69573be). */
export function classify(
  control: readonly number[],
  experiment: readonly number[],
  setting: MetricSetting,
): Classified {
  const [x, y] = [cleaned(experiment, setting), cleaned(control, setting)]
  if (x.length === 0 || y.length === 0) return withoutData(setting)
  const deviation = effectOf(x, y, setting.effectSize)
  const distinct = new Set([...x, ...y]).size
  if (distinct === 1 || sameValues(x, y))
    return { classification: 'Pass', critical: false, deviation }

  const [below, above] = movedBeyondTolerance(x, y, setting)
  const [fewest, most] = setting.allowed
  if (above && setting.direction !== 'decrease' && !(deviation < most)) return outside('High')
  if (below && setting.direction !== 'increase' && !(deviation > fewest)) return outside('Low')
  return { classification: 'Pass', critical: false, deviation }

  function outside(classification: 'High' | 'Low'): Classified {
    const [criticalLow, criticalHigh] = setting.criticalAt
    const beyond =
      classification === 'High' ? !(deviation < criticalHigh) : !(deviation > criticalLow)
    return { classification, critical: setting.critical && beyond, deviation }
  }
}

/** Whether the experiment lies below the control, and above it, by more than is tolerated. */
function movedBeyondTolerance(
  x: readonly number[],
  y: readonly number[],
  { test, tolerance, confidence }: MetricSetting,
): readonly [boolean, boolean] {
  if (test === 'MeanInequality') {
    const [one, other] = [meanOf(x), meanOf(y)]
    return [one < other * (1 - tolerance), one > other * (1 + tolerance)]
  }
  const flat = new Set(x).size === 1 && new Set(y).size === 1
  const { low, high, estimate } = flat
    ? mannWhitney(blurred(x), blurred(y), confidence)
    : mannWhitney(x, y, confidence)
  const bound = tolerance * Math.abs(estimate)
  return [high < -bound, low > bound]
}

function cleaned(values: readonly number[], { nanStrategy }: MetricSetting): readonly number[] {
  if (nanStrategy === 'remove') return values.filter((value) => !Number.isNaN(value))
  return values.map((value) => (Number.isNaN(value) ? 0 : value))
}

function withoutData({ mustHaveData, critical, nanStrategy }: MetricSetting): Classified {
  if (nanStrategy === 'replace') {
    return { classification: 'Pass', critical: false, deviation: Number.NaN }
  }
  const fails = mustHaveData && !critical
  return {
    classification: fails ? 'NodataFailMetric' : 'Nodata',
    critical,
    deviation: Number.NaN,
  }
}

function effectOf(
  x: readonly number[],
  y: readonly number[],
  measure: MetricSetting['effectSize'],
): number {
  if (measure === 'meanRatio') {
    const [one, other] = [meanOf(x), meanOf(y)]
    if (sameValues(x, y)) return 1
    return one === 0 || other === 0 ? Number.NaN : one / other
  }
  const wins = x.reduce(
    (sum, a) => sum + y.reduce((won, b) => won + (a > b ? 1 : a === b ? 0.5 : 0), 0),
    0,
  )
  return wins / (x.length * y.length)
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function sameValues(x: readonly number[], y: readonly number[]): boolean {
  if (x.length !== y.length) return false
  const [a, b] = [x, y].map((values) => values.toSorted((one, other) => one - other))
  return a?.every((value, k) => value === b?.[k]) ?? false
}

function blurred(values: readonly number[]): readonly number[] {
  const random = stream('blur', values.length)
  return values.map((value) => value * (1 + BLUR * normal(random)))
}
