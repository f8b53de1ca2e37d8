import type { TestCounts } from '../../core/words/test-outcome.ts'
import type { ProbeOutcome } from '../../ports/prober.ts'

/** What one part of a smoke test found; how long the whole took is measured around it. */
export type Finding = Omit<ProbeOutcome, 'tookMs'>

type Extras = Partial<Pick<Finding, 'counts' | 'artefacts'>>

export function passed(because: string, extras: Extras = {}): Finding {
  return { ...NOTHING_BESIDES, ...extras, verdict: 'pass', because }
}

export function failed(because: string, extras: Extras = {}): Finding {
  return { ...NOTHING_BESIDES, ...extras, verdict: 'fail', because }
}

/** It ran, and what it said is not about the release under test or cannot be believed. */
export function erred(because: string, extras: Extras = {}): Finding {
  return { ...NOTHING_BESIDES, ...extras, verdict: 'error', because }
}

const NOTHING_BESIDES: {
  readonly counts: TestCounts | null
  readonly artefacts: readonly string[]
} = { counts: null, artefacts: [] }
