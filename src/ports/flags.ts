import type { Answer, Ask } from './driver.ts'

export interface FlagSighting {
  /** The variant that is served by default; null when the flag is disabled. */
  readonly variant: string | null
  readonly evidence: string
}

/** Reads and sets feature flags in one flag system. */
export interface Flags {
  readonly observe: (key: string, signal: AbortSignal) => Answer<FlagSighting>
  /** Makes the variant the one that everybody gets; null puts the flag back to disabled. Idempotent. */
  readonly set: (key: string, variant: string | null, ask: Ask) => Answer<null>
}
