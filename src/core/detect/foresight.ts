import { DAY, type Millis, SECOND } from '../kernel/instant.ts'
import type { Group, Metric } from '../strategy/schema.ts'
import { BUCKETS } from '../words/exposure-share.ts'
import { warmAfter } from './cold-start.ts'
import { CONTROL_SHARE_MIN } from './metric-watch.ts'
import { LOG_CERTIFIED, marginOf } from './not-worse.ts'
import { noticeableRatio } from './noticeable.ts'
import { USUAL_NOISE } from './statistics/calibrate-noise.ts'
import { towards } from './statistics/two-prop.ts'

/** A bake is at most this long in practice; what takes longer is said to take too long. */
const AHEAD_MAX: Millis = 60 * DAY
/** Halving the logarithm of the time this often leaves a hundredth of it. */
const BISECTIONS = 16
/** A service that never fails at all still cannot be told from one that does so once in a million. */
const RATE_MIN = 1e-6

/** The traffic that is expected, or was seen. */
export interface ExpectedTraffic {
  /** Requests per second to both arms together. */
  readonly perSecond: number
  /** The share of them that fails while all is well. */
  readonly errorRate: number
}

/** What of the strategy matters to how much a group can tell. */
export interface ForeseenGroup {
  readonly group: Pick<Group, 'share' | 'bake' | 'minExposure'>
  readonly metric: Pick<Metric, 'tolerance' | 'allow'>
  /** ln E at which the metric fires. */
  readonly logEToFire: number
}

/** What a group will be able to tell, before it has begun. */
export interface Foresight {
  /** Whether a control runs beside the candidate. */
  readonly isBeside: boolean
  /** When it may pass at the earliest: warm, exposed and certified. Null: never at this traffic. */
  readonly canPassAfter: Millis | null
  /** From how many times the control's errors would be noticed by the end of the bake. Null: from none. */
  readonly noticedInBake: number | null
  /** After how long `times` as many errors would be noticed, in about every second case. Null: never. */
  readonly noticedAfter: (times: number) => Millis | null
}

/**
 * Works out in advance what a group can promise at its traffic: when it may pass, and what it would
 * notice by when; so that a bake that cannot see what it is meant to see is known before it begins.
 * Source: expected growth of the tests (Wald 1947), as in `detectableRatio`.
 */
export function foresee(of: ForeseenGroup, traffic: ExpectedTraffic): Foresight {
  const ratioAfter = (after: Millis) => noticedBy(of, traffic, after)
  return {
    isBeside: runsBeside(of),
    canPassAfter: passesAfter(of, traffic),
    noticedInBake: ratioAfter(of.group.bake),
    noticedAfter(times) {
      const isNoticed = (after: Millis) => (ratioAfter(after) ?? Number.POSITIVE_INFINITY) <= times
      if (!isNoticed(AHEAD_MAX)) return null
      let [low, high] = [0, Math.log(AHEAD_MAX)]
      for (let step = 0; step < BISECTIONS; step += 1) {
        const middle = (low + high) / 2
        if (isNoticed(Math.exp(middle))) high = middle
        else low = middle
      }
      return Math.exp(high)
    },
  }
}

function runsBeside({ group }: Pick<ForeseenGroup, 'group'>): boolean {
  return group.share <= BUCKETS * (1 - CONTROL_SHARE_MIN)
}

function noticedBy(
  { group, metric, logEToFire }: ForeseenGroup,
  { perSecond, errorRate }: ExpectedTraffic,
  after: Millis,
): number | null {
  // What a cold start is forgiven for is hardly evidence.
  const seen = (perSecond * Math.max(0, after - warmAfter(group.bake))) / SECOND
  const share = group.share / BUCKETS
  const isBeside = runsBeside({ group })
  return noticeableRatio({
    candidate: seen * share,
    // Without a control beside it, it is compared with what was learnt before: here, for as long as the bake.
    control: isBeside ? seen * (1 - share) : (perSecond * group.bake) / SECOND,
    rate: Math.max(RATE_MIN, errorRate),
    isBeside,
    tolerance: metric.tolerance,
    allow: metric.allow?.amount ?? 0,
    hosts: USUAL_NOISE.hosts,
    logEToFire,
  })
}

function passesAfter(
  { group, metric }: ForeseenGroup,
  { perSecond, errorRate }: ExpectedTraffic,
): Millis | null {
  const share = group.share / BUCKETS
  const [n1, n0] = [perSecond * share, perSecond * (1 - share)]
  if (n1 <= 0) return null
  const allow = metric.allow?.amount ?? 0
  const rate = Math.max(RATE_MIN, errorRate)
  const truth = { p1: rate + allow / 2, p0: rate }
  const border = { ratio: metric.tolerance, offset: allow + marginOf(group.minExposure) }
  const beside = { n1, x1: n1 * rate, n0: Math.max(n0, RATE_MIN), x0: n0 * rate }
  const perSecondCertified = towards(beside, border, truth)
  if (perSecondCertified <= 0) return null
  const certified = (LOG_CERTIFIED / perSecondCertified) * SECOND
  const exposed = (Math.max(1, group.minExposure) / n1) * SECOND
  const needed = Math.max(certified, exposed, warmAfter(group.bake))
  return needed <= AHEAD_MAX ? needed : null
}
