import type { Arm, Poll, Reading } from '../../src/core/detect/reading.ts'

/** Upper edges in ms, factor 2^¼, as routers keep them. */
const EDGES_MS: readonly number[] = Array.from({ length: 65 }, (_, i) => 2 ** (i / 4))

/** A seeded source of numbers in [0, 1): mulberry32. The seed is part of a test's name or message. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A Poisson number by inversion; exact enough for means up to a few hundred. */
export function poisson(mean: number, random: () => number): number {
  let left = Math.exp(-mean)
  let sum = left
  const target = random()
  let k = 0
  while (target > sum && k < 10_000) {
    k += 1
    left *= mean / k
    sum += left
  }
  return k
}

/** How one arm behaves: requests per second, share of failures, and a latency in ms per request. */
export interface Behaviour {
  readonly rps: number
  readonly errors: number
  readonly latencyMs?: (random: () => number) => number
}

function zero() {
  return { requests: 0, errors: 0, latency: EDGES_MS.map(() => 0).concat(0) }
}

/** Two stacks behind a router, with cumulative counters that a test can read as the engine does. */
export class FakeTraffic {
  readonly #random: () => number
  readonly #counters: Record<Arm, { requests: number; errors: number; latency: number[] }>
  #at: number

  constructor(seed: number, startedAt: number) {
    this.#random = seeded(seed)
    this.#at = startedAt
    this.#counters = { candidate: zero(), control: zero() }
  }

  /** Lets requests arrive for a while. */
  run(ms: number, behaviour: Readonly<Record<Arm, Behaviour>>): void {
    this.#at += ms
    for (const arm of ['candidate', 'control'] as const) {
      const { rps, errors, latencyMs } = behaviour[arm]
      const arrivals = poisson((rps * ms) / 1000, this.#random)
      for (let i = 0; i < arrivals; i += 1) this.#serve(arm, errors, latencyMs)
    }
  }

  #serve(arm: Arm, errors: number, latencyMs: Behaviour['latencyMs']): void {
    const counter = this.#counters[arm]
    counter.requests += 1
    if (this.#random() < errors) counter.errors += 1
    const took = latencyMs?.(this.#random) ?? 20
    const bucket = EDGES_MS.findIndex((edge) => took <= edge)
    const index = bucket < 0 ? EDGES_MS.length : bucket
    counter.latency[index] = (counter.latency[index] ?? 0) + 1
  }

  get at(): number {
    return this.#at
  }

  reading(metric: string, arm: Arm): Reading {
    const { requests, errors, latency } = this.#counters[arm]
    return {
      metric,
      arm,
      at: this.#at,
      epoch: 'e1',
      requests,
      errors,
      edgesMs: EDGES_MS,
      latency: [...latency],
      routes: { '/': { requests, errors } },
    }
  }

  poll(...metrics: readonly string[]): Poll {
    const readings = metrics.flatMap((metric) => [
      this.reading(metric, 'candidate'),
      this.reading(metric, 'control'),
    ])
    return { source: 'router', readings }
  }
}

/** A latency drawn from a lognormal distribution: median in ms, sigma of the logarithm. */
export function lognormal(medianMs: number, sigma: number): (random: () => number) => number {
  return (random) => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return medianMs * Math.exp(sigma * normal)
  }
}
