import type { ProbeOutcome } from '../../ports/prober.ts'

/** What one part of a smoke test found; how long the whole took is measured around it. */
export type Finding = Pick<ProbeOutcome, 'passed' | 'because'>

export function passed(because: string): Finding {
  return { passed: true, because }
}

export function failed(because: string): Finding {
  return { passed: false, because }
}
