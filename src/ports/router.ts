import type { Instant } from '../core/kernel/instant.ts'
import type { Answer, Ask } from './driver.ts'

/** Who gets the candidate. Everything else goes to the control. */
export interface RoutePlan {
  readonly control: string
  readonly candidate: string
  /** The candidate's share, in buckets of 10,000. */
  readonly buckets: number
  /** Makes the buckets of one rollout independent of those of another. */
  readonly salt: string
  /** Subjects that get the candidate whatever their bucket; only while `buckets` is above 0. */
  readonly cohort: readonly string[]
}

export interface RouteSighting {
  /** The share of new requests that each stack receives, in buckets of 10,000, read back from the router. */
  readonly buckets: Readonly<Record<string, number>>
  /** Requests being served by each stack at this moment. */
  readonly inFlight: Readonly<Record<string, number>>
  /** Stacks that have a share and nobody up to serve it: the share is set, and reaches no one. */
  readonly unreachable: readonly string[]
  /** One sentence: what was seen, where. */
  readonly evidence: string
}

/** Upper edges in milliseconds of the latency histogram that routers keep; factor 1.19 (2^¼) from 1 ms to about 1 minute. */
export const LATENCY_EDGES_MS: readonly number[] = Array.from(
  { length: 65 },
  (_, i) => 2 ** (i / 4),
)

/** Counters since the router began to count; they only grow, or restart from zero with a new `epoch`. */
export interface StackCounts {
  readonly requests: number
  /** Answers with status 5xx, and requests that got no answer. */
  readonly errors: number
  /** Requests per latency bucket: one per edge, and one for everything above the last. Not cumulative. Empty when unknown. */
  readonly latency: readonly number[]
  /** The same two counters by route, for at most 50 routes: the path's first two segments. */
  readonly routes: Readonly<Record<string, { readonly requests: number; readonly errors: number }>>
}

export interface TrafficSample {
  /** When the router was read. */
  readonly at: Instant
  /** Changes when the counters restarted. */
  readonly epoch: string
  readonly stacks: Readonly<Record<string, StackCounts>>
}

/** Splits the traffic of one workload between its two stacks. */
export interface Router {
  /** Where each stack can be reached; to be called before a share is asked for. Idempotent. */
  readonly attach: (stack: string, endpoints: readonly string[], ask: Ask) => Answer<null>
  /** Asks for a share. The candidate is raised before the control is lowered. Idempotent. */
  readonly route: (plan: RoutePlan, ask: Ask) => Answer<null>
  /** Looks, and changes nothing. */
  readonly observe: (signal: AbortSignal) => Answer<RouteSighting>
  /** Reads the counters of both stacks. */
  readonly count: (signal: AbortSignal) => Answer<TrafficSample>
  /** The smallest step between two shares, in buckets; a driver rounds a share down to it, never up. */
  readonly granularity: number
  /** Gives sockets and listeners back; the traffic goes on as it is. */
  readonly close: () => Promise<void>
}
