import { type Instant, MINUTE, type Millis } from '../kernel/instant.ts'
import type { Arm } from './reading.ts'
import { sayCount, sayOdds, sayPercent } from './say-numbers.ts'
import { logBernoulliMixture } from './statistics/confidence-sequence.ts'

/** Routers round a share, and servers differ in weight: a fifth more or less than asked for is what was asked for. */
const RELATIVE_MAX = 0.2
/** The smallest step of the coarsest router is 0.4 % of the traffic. */
const ABSOLUTE_MAX = 0.005
/**
 * A split is looked at block by block, so that one that was put right is believed again. With odds of a
 * million to one per block, the 720 blocks of a whole day's bake cry wolf once in 1,400 days.
 */
const BLOCK: Millis = 2 * MINUTE
/** Thin traffic is gathered for longer: from fewer requests no share could be told. */
const BLOCK_REQUESTS = 2_000
const LOG_DOUBT = Math.log(1e6)

/** What is to be watched: the candidate's share of the requests, from 0 to 1. */
export interface AskedSplit {
  readonly share: number
  /**
   * How many requests of one subject are worth as many that were drawn each by itself: 1 where each is drawn, less
   * where users stick to their arm.
   */
  readonly worth: number
}

type Served = Readonly<Record<Arm, number>>

/** How the requests are seen to be split, against how they should be: O(1), JSON. */
export interface SplitWatch extends AskedSplit {
  readonly blockSince: Instant
  /** What each arm had served when the block began. */
  readonly from: Served
  /** The block in which the split was found to be another, until a whole block is as asked for. */
  readonly doubt: { readonly served: Served; readonly logE: number } | null
}

export function newSplitWatch(asked: AskedSplit, at: Instant): SplitWatch {
  return { ...asked, blockSince: at, from: { candidate: 0, control: 0 }, doubt: null }
}

/** Takes in how many requests each arm has served since the watch began. */
export function watchSplit(split: SplitWatch, total: Served, now: Instant): SplitWatch {
  const served = {
    candidate: total.candidate - split.from.candidate,
    control: total.control - split.from.control,
  }
  const logE = logAgainst(split, served)
  const isDoubtful = logE >= LOG_DOUBT
  const doubt = isDoubtful ? { served, logE } : split.doubt
  const enough = split.worth * (served.candidate + served.control) >= BLOCK_REQUESTS
  if (now - split.blockSince < BLOCK || !enough) return { ...split, doubt }
  return { ...split, doubt: isDoubtful ? doubt : null, blockSince: now, from: total }
}

/**
 * ln of a Beta mixture against the nearest share that would still be what was asked for, tempered by
 * `worth`; 0 while what is seen is. Anytime-valid within a block. Source: the sample ratio test of
 * Lindon & Malek, NeurIPS 2022, for two arms.
 */
function logAgainst({ share, worth }: AskedSplit, { candidate, control }: Served): number {
  const [x, n] = [worth * candidate, worth * (candidate + control)]
  if (n <= 0) return 0
  const seen = x / n
  const lowest = Math.max(nearlyLess(share), 1 - nearlyMore(1 - share))
  const highest = Math.min(nearlyMore(share), 1 - nearlyLess(1 - share))
  if (seen >= lowest && seen <= highest) return 0
  return logBernoulliMixture(x, n, seen < lowest ? lowest : highest)
}

function nearlyLess(share: number): number {
  return share * (1 - RELATIVE_MAX) - ABSOLUTE_MAX
}

function nearlyMore(share: number): number {
  return share * (1 + RELATIVE_MAX) + ABSOLUTE_MAX
}

/** What is wrong with the split, what that means, and where to look; null when it is as asked for. */
export function sayDoubt({ share, doubt }: SplitWatch): string | null {
  if (doubt === null) return null
  const { candidate, control } = doubt.served
  const n = candidate + control
  return `the split is not what was asked for: ${sayPercent(candidate / n)} of ${sayCount(n)} requests reached the candidate instead of ${sayPercent(share)}, by chance ${sayOdds(doubt.logE)}; the two sides may not serve the same kind of requests. Look at the router's weights, at instances that are down, and at sticky sessions`
}
