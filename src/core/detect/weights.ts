import type { Metric } from '../strategy/schema.ts'

/**
 * The more a failure matters, the larger its part of the false-alarm budget. Beside a major metric a
 * critical one is found about 6 % later than alone, the major one about 30 % (α = 1 %).
 */
const SEVERITY_WEIGHTS: Readonly<Record<NonNullable<Metric['severity']>, number>> = {
  critical: 3,
  major: 1,
  minor: 1 / 3,
}

/** Each metric's share of the false-alarm budget. Those that act sum to one; a shadow has what it would have beside them. */
export function weightsOf(
  metrics: readonly Pick<Metric, 'weight' | 'severity' | 'shadow'>[],
): readonly number[] {
  const own = metrics.map(({ weight, severity }) => weight * SEVERITY_WEIGHTS[severity ?? 'major'])
  const budget = own.reduce((all, weight, i) => all + (metrics[i]?.shadow === true ? 0 : weight), 0)
  return own.map((weight, i) => weight / (metrics[i]?.shadow === true ? budget + weight : budget))
}
