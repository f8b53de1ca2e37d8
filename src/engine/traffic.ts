import { sayGroupForesight, sayTraffic } from '../core/detect/say-foresight.ts'
import { SECOND } from '../core/kernel/instant.ts'
import type { Experience } from '../core/mitigate/recovery.ts'
import { candidateStack, controlStack, groupAt, type Rollout } from '../core/rollout/state.ts'
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

/** The traffic of fewer seconds than this says little about the hours to come. */
const FORESEEN_FROM_MS = 10 * SECOND

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
  return { at: last.at, stacks, verdict, foresight: foresightOf(first, last, rollout), doing: null }
}

/** What the group that bakes can tell at the traffic of this rollout so far; null while that is not known. */
function foresightOf(first: TrafficSample, last: TrafficSample, rollout: Rollout): string | null {
  const elapsed = last.at - first.at
  if (rollout.stage.at !== 'baking' || elapsed < FORESEEN_FROM_MS) return null
  const control = between(first, last, controlStack(rollout))
  const requests = control.requests + between(first, last, candidateStack(rollout)).requests
  const perSecond = (requests * SECOND) / elapsed
  if (perSecond === 0) return null
  const errorRate = control.requests === 0 ? 0 : control.errors / control.requests
  const group = groupAt(rollout, rollout.stage.index)
  const traffic = { perSecond, errorRate }
  const said = sayGroupForesight(rollout.strategy, group, traffic)
  return said === null ? null : `${sayTraffic(traffic)}: ${said}`
}
