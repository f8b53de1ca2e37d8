import type { Counts } from '../../src/core/detect/counter.ts'
import type { RouteCounters } from '../../src/core/detect/reading.ts'
import { LATENCY_EDGES_MS } from '../../src/ports/router.ts'
import type { Host } from './hosts.ts'
import { bucketMasses, slower } from './latency-shape.ts'
import { binomial, poisson, type Random } from './random.ts'
import type { Endpoint, Side, World } from './world.ts'

/** What one side served within one stretch of time. */
export interface Served extends Counts {
  readonly latency: number[]
  readonly routes: Readonly<Record<string, RouteCounters>>
}

/** The probability of each latency bucket, and of what it was worked out. */
interface Masses {
  readonly key: string
  readonly perBucket: readonly number[]
}

/**
 * Draws what one side serves. Requests arrive as a Poisson process and fall on a random host, so
 * the side as a whole fails with the mean of its hosts' rates and takes the mixture of their
 * latencies; and the counts per bucket are independent Poisson numbers, which are drawn directly.
 */
export class SideTraffic {
  readonly #world: World
  readonly #side: Side
  readonly #hosts: readonly Host[]
  readonly #random: Random
  readonly #masses = new Map<string, Masses>()

  constructor(world: World, side: Side, hosts: readonly Host[], random: Random) {
    this.#world = world
    this.#side = side
    this.#hosts = hosts
    this.#random = random
  }

  /** What comes from `seconds` on, for `forSeconds`; rates are those at the beginning. */
  serve(seconds: number, forSeconds: number): Served {
    const { perSecond, load, mix, endpoints } = this.#world
    const mean = perSecond[this.#side] * load(seconds) * forSeconds
    const shares = mix(this.#side, seconds)
    const latency = Array.from({ length: LATENCY_EDGES_MS.length + 1 }, () => 0)
    const routes: Record<string, RouteCounters> = {}
    let [allRequests, allErrors] = [0, 0]
    for (const [k, endpoint] of endpoints.entries()) {
      const expected = mean * (shares[k] ?? 0)
      let requests = 0
      for (const [bucket, mass] of this.#latencyOf(endpoint, seconds).entries()) {
        const count = poisson(expected * mass, this.#random)
        latency[bucket] = (latency[bucket] ?? 0) + count
        requests += count
      }
      const errors = binomial(requests, this.#errorRate(endpoint, seconds), this.#random)
      routes[endpoint.route] = { requests, errors }
      allRequests += requests
      allErrors += errors
    }
    return { requests: allRequests, errors: allErrors, latency, routes }
  }

  #errorRate(endpoint: Endpoint, seconds: number): number {
    const rate = this.#fault(seconds)?.errors ?? endpoint.errors
    const factor = meanOf(this.#hosts.map((host) => host.errors(seconds)))
    return Math.min(1, rate * factor * this.#world.trouble(seconds))
  }

  /** Worked out anew only when something changed, which is rare. */
  #latencyOf(endpoint: Endpoint, seconds: number): readonly number[] {
    const fault = this.#fault(seconds)?.latency
    const factors = this.#hosts.map((host) => host.latency(seconds))
    const key = `${fault === undefined} ${factors.join(' ')}`
    const known = this.#masses.get(endpoint.route)
    if (known?.key === key) return known.perBucket
    const shape = (fault ?? endpoint.latency).map((part) => ({
      ...part,
      share: part.share / factors.length,
    }))
    const mixture = factors.flatMap((factor) => slower(shape, factor))
    const perBucket = bucketMasses(mixture, LATENCY_EDGES_MS)
    this.#masses.set(endpoint.route, { key, perBucket })
    return perBucket
  }

  #fault(seconds: number): World['fault'] {
    const { fault } = this.#world
    return this.#side === 'candidate' && fault !== null && seconds >= fault.fromSeconds
      ? fault
      : null
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
