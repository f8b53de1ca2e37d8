import {
  latencyInformation,
  ratesInformation,
  secondsToDetect,
  type Traffic,
} from '../../src/core/detect/statistics/information-limit.ts'
import { isotonic } from './isotonic.ts'
import { bucketMasses } from './latency-shape.ts'
import type { World } from './world.ts'

/** The chance of a false alarm that every limit is for. */
const ALPHA = 0.01
/** Buckets finer than any source has, so that the limit is of the latency itself: from 1 ms to 1000 s, 3 % each. */
const FINE_EDGES_MS: readonly number[] = Array.from({ length: 460 }, (_, k) => 1.0305 ** k)
/** Stands for "never": a bucket without any probability would have no logarithm. */
const MASS_MIN = 1e-15
/** Less is what rounding leaves where nothing is to be found at all. */
const INFORMATION_MIN = 1e-9

/** How much slower than the control is still fine: `tolerance` times, and `allowMs` on top. */
export interface Forgiveness {
  readonly tolerance: number
  readonly allowMs: number
}

export const NOTHING_FORGIVEN: Forgiveness = { tolerance: 1, allowMs: 0 }

/**
 * The least time in seconds, on average, in which any sequential test at α = 1 % could find what is
 * wrong in a world, with all of the old release as control. Null where nothing is wrong, or
 * nothing beyond what is forgiven. Where nothing is forgiven it is the limit against "both alike",
 * which is the smaller one by up to a seventh and the one that is usually quoted.
 */
export function limitSeconds(
  { fault, endpoints, perSecond }: World,
  forgiven: Forgiveness = NOTHING_FORGIVEN,
): number | null {
  const [endpoint] = endpoints
  if (fault === null || endpoint === undefined) return null
  const traffic: Traffic = {
    candidate: perSecond.candidate,
    control: perSecond.baseline + perSecond.fleet,
  }
  const p0 = endpoint.errors
  const rates = { p1: fault.errors ?? p0, p0 }
  const { tolerance, allowMs } = forgiven
  const strict = tolerance === 1 && allowMs === 0
  const edges = FINE_EDGES_MS.map((edge) => edge * tolerance + allowMs)
  const informationOf = strict ? latencyInformation : orderInformation
  const information =
    ratesInformation(traffic, rates, { ratio: 1, offset: 0 }) +
    informationOf(
      traffic,
      bucketMasses(fault.latency ?? endpoint.latency, edges),
      bucketMasses(endpoint.latency, FINE_EDGES_MS),
    )
  return information < INFORMATION_MIN ? null : secondsToDetect(information, ALPHA)
}

/**
 * Nats per second against "the candidate is stochastically not slower": the distance to the nearest
 * pair of distributions in that order, which isotonic regression finds (Barlow, Bartholomew,
 * Bremner and Brunk 1972, two samples under stochastic order).
 */
export function orderInformation(
  { candidate, control }: Traffic,
  candidateMasses: readonly number[],
  controlMasses: readonly number[],
): number {
  const p = candidateMasses.map((mass) => Math.max(mass, MASS_MIN))
  const q = controlMasses.map((mass) => Math.max(mass, MASS_MIN))
  const all = candidate + control
  const mixed = p.map((mass, k) => (candidate * mass + control * (q[k] ?? 0)) / all)
  const up = isotonic(
    mixed.map((mass, k) => mass / (q[k] ?? 1)),
    q,
  )
  const down = isotonic(
    mixed.map((mass, k) => -mass / (p[k] ?? 1)),
    p,
  )
  return candidate * divergence(p, down) + control * divergence(q, up)
}

/** From a distribution to itself multiplied by factors, whose sign does not matter. */
function divergence(masses: readonly number[], factors: readonly number[]): number {
  return masses.reduce((sum, mass, k) => sum - mass * Math.log(Math.abs(factors[k] ?? 1)), 0)
}
