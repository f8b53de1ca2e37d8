import type { Smoke } from '../core/strategy/connections.ts'
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
  readonly passed: boolean
  /** One sentence: what was asked, what came back. */
  readonly because: string
  readonly tookMs: number
}

/** Runs one smoke test once. A failing test is an outcome; a test that could not be run is a failure. */
export interface Prober {
  readonly probe: (smoke: Smoke, target: ProbeTarget, ask: Ask) => Answer<ProbeOutcome>
}
