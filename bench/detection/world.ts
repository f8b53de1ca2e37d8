import { MINUTE, type Millis, SECOND } from '../../src/core/kernel/instant.ts'
import { type LatencyShape, USUAL_LATENCY } from './latency-shape.ts'

/** Who serves: the new release, a fresh instance of the old one beside it, and the rest of the fleet. */
export type Side = 'candidate' | 'baseline' | 'fleet'

/** One kind of request, with the error rate and the latency that it has on a healthy release. */
export interface Endpoint {
  readonly route: string
  readonly errors: number
  readonly latency: LatencyShape
}

/** What the release does wrong, from some second of the rollout on. */
export interface Fault {
  readonly fromSeconds: number
  /** The candidate's error rate; as on a healthy release when absent. */
  readonly errors?: number
  readonly latency?: LatencyShape
}

/** How hosts of one release differ, as standard deviations of the logarithm. */
export interface HostNoise {
  /** Of the error rate, for as long as the host lives. */
  readonly lasting: number
  /** Of the error rate, drawn afresh every minute. */
  readonly passing: number
  /** Of the latency, for as long as the host lives. */
  readonly latency: number
}

/** What fresh processes do at first: `errors` times the errors and `latency` times the latency, until `forMs`. */
export interface ColdStart {
  readonly errors: number
  readonly latency: number
  readonly forMs: Millis
}

/**
 * A world in which a release is rolled out: everything that decides how its traffic looks, as data
 * and as functions of the seconds since the rollout began (negative before it).
 */
export interface World {
  readonly name: string
  readonly says: string
  readonly perSecond: Readonly<Record<Side, number>>
  readonly hosts: Readonly<Record<Side, number>>
  /** Multiplies the traffic of every side. */
  readonly load: (seconds: number) => number
  /** Multiplies the error rate of every side. */
  readonly trouble: (seconds: number) => number
  readonly endpoints: readonly Endpoint[]
  /** The share of each endpoint in a side's traffic; sums to one. */
  readonly mix: (side: Side, seconds: number) => readonly number[]
  readonly noise: HostNoise
  readonly coldStart: ColdStart | null
  /** Whether counters restart, with and without notice, and hosts leave sums. */
  readonly resets: boolean
  readonly fault: Fault | null
}

/** For how long a rollout is watched. */
export const BAKE_MS: Millis = 60 * MINUTE

/** How often everybody looks. */
export const TICK_MS: Millis = 5 * SECOND

/**
 * Nothing happens: a canary of 10 requests per second on one host, a fresh instance of the old
 * release of the same size, and a fleet of 18 hosts that serve 180.
 */
export function calm(name: string, says: string, errors: number): World {
  return {
    name,
    says,
    perSecond: { candidate: 10, baseline: 10, fleet: 180 },
    hosts: { candidate: 1, baseline: 1, fleet: 18 },
    load: () => 1,
    trouble: () => 1,
    endpoints: [{ route: '/', errors, latency: USUAL_LATENCY }],
    mix: () => [1],
    noise: { lasting: 0, passing: 0, latency: 0 },
    coldStart: null,
    resets: false,
    fault: null,
  }
}
