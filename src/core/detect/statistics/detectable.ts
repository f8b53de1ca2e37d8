import { forgive, type Histogram, total } from './histogram.ts'
import { latencyInformation } from './information-limit.ts'

/** Halving the logarithm of the ratio this often leaves a thousandth: more than anybody reads. */
const BISECTIONS = 14
/** A worse candidate than a thousand times is seen by anything. */
const RATIO_MAX = 1_000
/**
 * What the tests pay for not knowing how much worse, since when, and whether outright, in nats: ln 9 for
 * the ratios, ln 2 each for the onset and the quick test, and about as much for a healthy host being any
 * host. Measured: with 5, what is said to be noticed is noticed in about every second rollout.
 */
const MIXTURE_COST = 5
/** Where the lasting difference between hosts is looked for, in standard deviations. */
const HOST_STEPS: readonly number[] = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]

/** What was seen so far, and what would be tolerated. */
export interface Seen {
  readonly candidate: number
  readonly control: number
  /** The control's event rate. */
  readonly rate: number
  /** How many times the control's rate is still fine. */
  readonly tolerated: number
  /** Standard deviation of the lasting difference between healthy hosts, in the logarithm. */
  readonly hosts: number
  /** ln E at which the metric fires. */
  readonly logEToFire: number
}

/**
 * The smallest ratio of event rates that would have been noticed by now in about every second case:
 * where the expected evidence of the conditional test reaches what it takes to fire. Null when
 * nothing would have been. Source: the information of a conditional binomial, Σ events ·
 * KL(θ‖θ₀), weakened by the host effect that explains it best.
 */
export function detectableRatio(seen: Seen): number | null {
  const needed = seen.logEToFire + MIXTURE_COST
  const most = Math.min(RATIO_MAX, 1 / seen.rate)
  if (most <= seen.tolerated || evidenceAt(most, seen) < needed) return null
  let [low, high] = [Math.log(seen.tolerated), Math.log(most)]
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2
    if (evidenceAt(Math.exp(middle), seen) >= needed) high = middle
    else low = middle
  }
  return Math.exp(high)
}

/** Nats that a candidate of this ratio would have brought on average. */
function evidenceAt(ratio: number, seen: Seen): number {
  const { candidate, control, rate, tolerated, hosts } = seen
  const events = rate * (ratio * candidate + control)
  const share = (ratio * candidate) / (ratio * candidate + control)
  let least = Number.POSITIVE_INFINITY
  for (const sigmas of HOST_STEPS) {
    const fair = tolerated * Math.exp(sigmas * hosts)
    if (fair >= ratio) return Math.min(least, sigmas ** 2 / 2)
    const odds = fair * candidate
    const fairShare = odds / (odds + control)
    const kl =
      share * Math.log(share / fairShare) + (1 - share) * Math.log((1 - share) / (1 - fairShare))
    least = Math.min(least, events * kl + sigmas ** 2 / 2)
    if (hosts === 0) break
  }
  return least
}

/**
 * The same for a rate that is compared with a known one: the smallest rate that would have been
 * noticed after `n` requests, or null. `eta` is how far the test is tempered.
 */
export function detectableRate(
  n: number,
  known: number,
  eta: number,
  logEToFire: number,
): number | null {
  const needed = logEToFire + MIXTURE_COST
  const evidence = (rate: number) =>
    eta *
    n *
    (rate * Math.log(rate / known) +
      (rate < 1 ? (1 - rate) * Math.log((1 - rate) / (1 - known)) : 0))
  if (evidence(1) < needed) return null
  let [low, high] = [Math.log(known), 0]
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2
    if (evidence(Math.exp(middle)) >= needed) high = middle
    else low = middle
  }
  return Math.exp(high)
}

/** The two latency tests are mixtures over dozens of alternatives each, and over onsets. */
const LATENCY_COST = 5
/** A shift by so many buckets of a factor of 1.19 is 250 times as slow. */
const SHIFT_MAX = 32

/**
 * The same for latency: how many times as slow every request of the candidate would have to be, in
 * steps of the buckets, counted at the control's median; null when no shift would have been noticed.
 */
export function detectableShift(
  seen: { readonly candidate: number; readonly control: number },
  control: Histogram,
  forgiven: {
    readonly edgesMs: readonly number[]
    readonly tolerance: number
    readonly allowMs: number
  },
  logEToFire: number,
): number | null {
  const all = total(control)
  if (all === 0 || seen.candidate === 0) return null
  const p0 = control.map((count) => count / all)
  const needed = logEToFire + LATENCY_COST
  const isSeen = (shift: number) => {
    const slower = forgive(
      shifted(p0, shift),
      forgiven.edgesMs,
      forgiven.tolerance,
      forgiven.allowMs,
    )
    return isSlower(slower, p0) && latencyInformation(seen, slower, p0) >= needed
  }
  let [low, high] = [0, SHIFT_MAX]
  if (!isSeen(high)) return null
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (isSeen(middle)) high = middle
    else low = middle
  }
  const median = medianBucket(p0)
  const { edgesMs } = forgiven
  const [from, to] = [edgesMs[median], edgesMs[median + high]]
  return from === undefined || to === undefined ? null : to / from
}

function shifted(p0: Histogram, by: number): Histogram {
  const last = p0.length - 1
  return p0.map((_, k) => {
    const moved = k >= by ? (p0[k - by] ?? 0) : 0
    return k === last ? p0.slice(Math.max(0, last - by)).reduce((sum, p) => sum + p, 0) : moved
  })
}

/** Whether the mean bucket lies higher: what was forgiven may leave the candidate faster, which is no failure. */
function isSlower(one: Histogram, other: Histogram): boolean {
  let sum = 0
  for (const [k, p] of one.entries()) sum += k * (p - (other[k] ?? 0))
  return sum > 0
}

function medianBucket(p0: Histogram): number {
  let sum = 0
  return Math.max(
    0,
    p0.findIndex((p) => (sum += p) >= 0.5),
  )
}
