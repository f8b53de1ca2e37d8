import {
  latencyInformation,
  ratesInformation,
  secondsToDetect,
  type Traffic,
} from '../../src/core/detect/statistics/information-limit.ts'
import { bucketMasses } from './latency-shape.ts'
import type { World } from './world.ts'

/** The chance of a false alarm that every limit is for. */
const ALPHA = 0.01
/** Buckets finer than any source has, so that the limit is of the latency itself: from 1 ms to 1000 s, 3 % each. */
const FINE_EDGES_MS: readonly number[] = Array.from({ length: 460 }, (_, k) => 1.0305 ** k)

/**
 * The least time in seconds, on average, in which any sequential test at α = 1 % could find what is
 * wrong in a world, with all of the old release as control; null where nothing is.
 */
export function limitSeconds({ fault, endpoints, perSecond }: World): number | null {
  const [endpoint] = endpoints
  if (fault === null || endpoint === undefined) return null
  const traffic: Traffic = {
    candidate: perSecond.candidate,
    control: perSecond.baseline + perSecond.fleet,
  }
  const p0 = endpoint.errors
  const errors = ratesInformation(traffic, { p1: fault.errors ?? p0, p0 }, { ratio: 1, offset: 0 })
  const latency = latencyInformation(
    traffic,
    bucketMasses(fault.latency ?? endpoint.latency, FINE_EDGES_MS),
    bucketMasses(endpoint.latency, FINE_EDGES_MS),
  )
  return secondsToDetect(errors + latency, ALPHA)
}
