import type { MetricWatch } from './metric-watch.ts'
import { logSum } from './statistics/log-space.ts'

/**
 * ln Σ w_m E_m over the metrics that may act: the weighted mean of e-values, the only symmetric
 * way to merge them that is admissible under any dependence (Vovk & Wang, Annals of Statistics 2021).
 * It crosses whenever a single E_m ≥ 1/(α·w_m), and earlier when several lean the same way.
 */
export function mergedLogE(metrics: readonly MetricWatch[]): number {
  return logSum(
    metrics.filter(({ shadow }) => !shadow).map((metric) => Math.log(metric.weight) + metric.logE),
  )
}
