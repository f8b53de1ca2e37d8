import type { Classification } from './classify.ts'

/** One metric's outcome and the groups that it counts in. */
export interface ScoredMetric {
  readonly classification: Classification
  readonly critical: boolean
  readonly groups: readonly string[]
}

/** From this share of metrics without data on there is no score. */
const NO_DATA_SHARE = 0.5

/** The judge's weighted sum over groups, from 0 to 100 with two decimals (spinnaker/kayenta at a69573be, `ScoreMetrics`). */
export function scoreMetrics(
  metrics: readonly ScoredMetric[],
  groupWeights: Readonly<Record<string, number>>,
): number {
  if (metrics.some(({ critical, classification }) => critical && classification !== 'Pass'))
    return 0
  const silent = metrics.filter(({ classification }) => classification === 'Nodata').length
  if (silent >= NO_DATA_SHARE * metrics.length) return 0

  const groups = [...new Set(metrics.flatMap((metric) => metric.groups))]
  const given = groups.reduce((sum, group) => sum + (groupWeights[group] ?? 0), 0)
  const unweighted = groups.filter((group) => groupWeights[group] === undefined).length
  const rest = unweighted === 0 ? 0 : (100 - given) / unweighted
  const sum = groups.reduce(
    (all, group) => all + ((groupWeights[group] ?? rest) / 100) * groupScore(group, metrics),
    0,
  )
  return Math.round(sum * 100) / 100
}

function groupScore(group: string, metrics: readonly ScoredMetric[]): number {
  const counted = metrics.filter(
    ({ groups, classification }) => groups.includes(group) && classification !== 'Nodata',
  )
  if (counted.length === 0) return 100
  const passed = counted.filter(({ classification }) => classification === 'Pass').length
  return (100 * passed) / counted.length
}
