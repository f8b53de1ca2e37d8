import { isIll } from '../words/health.ts'
import type { Rate } from './rates.ts'
import type { Level } from './settle.ts'

/** Why a threshold has come to its level: the latest share, and how many of the latest periods were bad. */
export function sayPeriods(
  metric: string,
  periods: readonly Level[],
  level: Level,
  rate: Rate | undefined,
  { m }: { readonly m: number },
): string {
  const { n, events } = rate?.period ?? { n: 0, events: 0 }
  const share =
    n === 0 ? 'no requests' : `${percent(events / n)} of ${n} requests bad in the last period`
  const bad = periods.filter(isIll).length
  if (bad === 0) return `${metric}: ${share}`
  const passing = level === 'healthy' ? ', a blip so far' : ''
  return `${metric}: ${share}, ${bad} of the last ${m} periods bad${passing}`
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`
}
