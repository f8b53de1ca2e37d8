import type { Smoke, VersionProof } from '../core/strategy/connections.ts'
import type { TestCounts, TestVerdict } from '../core/words/test-outcome.ts'
import type { Answer, Ask } from './driver.ts'

export interface ProbeTarget {
  /** Base URL of one instance of the candidate; null when the platform does not know any. */
  readonly endpoint: string | null
  readonly workload: string
  readonly release: string
  readonly stack: string
  readonly group: string
}

export interface ProbeOutcome {
  /** `error`: it ran and still says nothing of the release, such as a runner without results. */
  readonly verdict: TestVerdict
  /** One sentence: what was asked, what came back. */
  readonly because: string
  readonly counts: TestCounts | null
  /** Paths of what it left behind. */
  readonly artefacts: readonly string[]
  readonly tookMs: number
}

/** Whose version is asked for. */
export interface ProofTarget {
  readonly release: string
  readonly stack: string
  /** Base URLs of every instance that is known. */
  readonly endpoints: readonly string[]
}

/**
 * Runs one smoke test once. A failing test is an outcome; a test that could not be run is a failure.
 */
export interface Prober {
  /** `saw` hears, while a long test goes on, what it said last. */
  readonly probe: (
    smoke: Smoke,
    target: ProbeTarget,
    ask: Ask,
    saw?: (says: string) => void,
  ) => Answer<ProbeOutcome>
  /**
   * Asks every instance which release it runs. A failure when any says another one, or cannot be
   * asked; its sentence names both versions. Changes nothing.
   */
  readonly prove: (
    version: VersionProof,
    target: ProofTarget,
    signal: AbortSignal,
  ) => Answer<{ readonly says: string }>
}
