import type { Failing } from '../../src/core/rollout/failing.ts'
import type { Baseline, Rollout } from '../../src/core/rollout/state.ts'
import type { Strategy } from '../../src/core/strategy/schema.ts'
import { allSeen, captured, fly, verdictOf } from './flight.ts'

/** A rollout whose first group is exposed. */
export function exposedRollout(strategy: Strategy, baseline?: Baseline): Rollout {
  const { rollout } = fly(strategy, captured(baseline), allSeen).state
  if (rollout === null) throw new Error('nothing was started')
  return rollout
}

/** What such a rollout may halt for. */
export function failingBy(kind: Failing['kind'], ...routes: readonly string[]): Failing {
  const isVerdict = kind === 'verdict'
  return {
    kind,
    group: 'canary',
    because: `the canary failed by ${kind}`,
    metrics: isVerdict ? ['errors'] : [],
    routes: [...routes],
    verdict: isVerdict ? verdictOf('fail') : null,
  }
}
