import type { Forgiveness } from './limit.ts'
import type { Look } from './look.ts'
import type { World } from './world.ts'

/** Something that watches one rollout and may stop it. */
export interface Detector {
  /** Takes in one look; true once the rollout is to be stopped. Never called again after that. */
  readonly look: (look: Look) => boolean
}

/** What a detector may know before a rollout begins. */
export interface Briefing {
  /** Only oracles read it: the world as it is, with what is wrong. */
  readonly world: World
  /** Rollouts of the same workload have the same past (`pastRollouts`). */
  readonly workload: number
}

/** One way of watching, with one configuration for all worlds. */
export interface DetectorKind {
  readonly name: string
  /** The settings, in a sentence. */
  readonly says: string
  /**
   * `ours` is what the promises are about and is measured on every rollout, the others on fewer. A
   * `variant` is ours with something left out; an `oracle` knows what nobody knows and marks what
   * is possible.
   */
  readonly role: 'ours' | 'variant' | 'peer' | 'oracle'
  /** Whether it looks at errors, at latency, or at both; worlds of the other kind are not given to it. */
  readonly watches: 'errors' | 'latency' | 'both'
  /** What it is told to forgive in latencies, so that it is held against the limit of its own question. */
  readonly forgives?: Forgiveness
  readonly open: (briefing: Briefing) => Detector
}
