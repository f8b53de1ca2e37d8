import type { Experience } from '../core/mitigate/recovery.ts'
import { candidateStack, controlStack, type Rollout } from '../core/rollout/state.ts'
import { BUCKETS } from '../core/words/exposure-share.ts'
import type { Verdict } from '../core/words/verdict.ts'
import type { TrafficSample } from '../ports/router.ts'
import type { Live } from './control.ts'
import { between } from './verify.ts'

/** The first and the last two looks at the traffic of one rollout. */
export interface Traffic {
  readonly first: TrafficSample | null
  readonly before: TrafficSample | null
  readonly last: TrafficSample | null
}

export const NO_TRAFFIC: Traffic = { first: null, before: null, last: null }

export function tookSample(traffic: Traffic, sample: TrafficSample | null): Traffic {
  if (sample === null || sample === traffic.last) return traffic
  // Counters that restarted cannot be subtracted from what came before.
  const isAnew = traffic.first === null || traffic.first.epoch !== sample.epoch
  return isAnew
    ? { first: sample, before: null, last: sample }
    : { first: traffic.first, before: traffic.last, last: sample }
}

/** What the old stack gave its users since the rollout's first look. */
export function controlSoFar(traffic: Traffic, rollout: Rollout): Experience {
  const { first, last } = traffic
  return first === null || last === null
    ? { requests: 0, errors: 0 }
    : between(first, last, controlStack(rollout))
}

/** The picture that people watch. */
export function liveOf(traffic: Traffic, rollout: Rollout, verdict: Verdict | null): Live | null {
  const { first, before, last } = traffic
  if (first === null || last === null) return null
  const share = rollout.route?.buckets ?? 0
  const seconds = before === null ? 0 : (last.at - before.at) / 1_000
  const stacks = Object.fromEntries(
    [candidateStack(rollout), controlStack(rollout)].map((stack, place) => {
      const total = between(first, last, stack)
      const recent = before === null ? 0 : between(before, last, stack).requests
      const perSecond = seconds > 0 ? recent / seconds : 0
      return [stack, { ...total, perSecond, share: place === 0 ? share : BUCKETS - share }]
    }),
  )
  return { at: last.at, stacks, verdict, doing: null }
}
