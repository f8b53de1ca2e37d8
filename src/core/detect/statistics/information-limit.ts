import type { Border, RatePair } from './two-prop.ts'
import { projection } from './two-prop.ts'

/** Requests per second of both arms. */
export interface Traffic {
  readonly candidate: number
  readonly control: number
}

/**
 * The least time, in seconds on average, in which any sequential test can find what brings
 * `information` nats per second, at a false-alarm rate `alpha`. Wald 1947; without overshoot and
 * the wait for a tick.
 */
export function secondsToDetect(information: number, alpha: number): number {
  return Math.log(1 / alpha) / information
}

/** Nats per second against "p₁ ≤ ratio·p₀ + offset" with an unknown control rate. */
export function ratesInformation(traffic: Traffic, truth: RatePair, border: Border): number {
  const fair = projection({ n1: traffic.candidate, n0: traffic.control }, border, truth)
  return (
    traffic.candidate * divergence(truth.p1, fair.p1) +
    traffic.control * divergence(truth.p0, fair.p0)
  )
}

/** Nats per second against a known rate. */
export function knownRateInformation(perSecond: number, truth: number, known: number): number {
  return perSecond * divergence(truth, known)
}

/** Nats per second between two latency distributions over the same fine buckets. */
export function latencyInformation(
  traffic: Traffic,
  candidate: readonly number[],
  control: readonly number[],
): number {
  const all = traffic.candidate + traffic.control
  return candidate.reduce((sum, p1, k) => {
    const p0 = control[k] ?? 0
    const mixed = (traffic.candidate * p1 + traffic.control * p0) / all
    return sum + traffic.candidate * part(p1, mixed) + traffic.control * part(p0, mixed)
  }, 0)
}

/** Kullback-Leibler divergence between two Bernoulli distributions, in nats per request. */
function divergence(p: number, q: number): number {
  return part(p, q) + part(1 - p, 1 - q)
}

function part(p: number, q: number): number {
  return p > 0 ? p * Math.log(p / q) : 0
}
