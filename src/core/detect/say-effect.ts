import type { Effect } from '../words/verdict.ts'
import { sayAmount, sayTimes } from './say-numbers.ts'
import type { Interval } from './statistics/confidence-sequence.ts'

/** `12 to 160 times as many`, `p99 at most 1.9 times as slow`, `between 3 less and 12 more`. */
export function sayEffect(effect: Effect): string {
  switch (effect.measure) {
    case 'times-as-many':
      return `${sayTimesBetween(effect)} as many`
    case 'times-as-slow':
      return `p${Number(((effect.quantile ?? 0) * 100).toPrecision(4))} ${sayTimesBetween(effect)} as slow`
    case 'more-by':
      return sayMoreBetween(effect)
  }
}

function sayTimesBetween({ low, high }: Interval): string {
  if (high === null) return low > 0 ? `at least ${sayTimes(low)} times` : 'any number of times'
  return low > 0 ? `${sayTimes(low)} to ${sayTimes(high)} times` : `at most ${sayTimes(high)} times`
}

function sayMoreBetween({ low, high }: Interval): string {
  if (high === null) return `at least ${sayMore(low)}`
  if (low < 0 && high > 0) return `between ${sayMore(low)} and ${sayMore(high)}`
  const [near, far] = low < 0 ? [high, low] : [low, high]
  return `${sayAmount(Math.abs(near))} to ${sayMore(far)}`
}

function sayMore(by: number): string {
  return `${sayAmount(Math.abs(by))} ${by < 0 ? 'less' : 'more'}`
}

/** What a look as long as this would have noticed: `2.1 times as many would have been noticed`. */
export function saySeen(measure: Effect['measure'], detectable: number | null): string {
  if (detectable === null) return 'too little was seen to notice anything but an outright failure'
  switch (measure) {
    case 'times-as-many':
      return `${sayTimes(detectable)} times as many would have been noticed`
    case 'times-as-slow':
      return `${sayTimes(detectable)} times as slow would have been noticed`
    case 'more-by':
      return `a difference of ${sayAmount(detectable)} would have been noticed`
  }
}
