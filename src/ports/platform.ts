import type { Answer, Ask } from './driver.ts'

/** The wanted state of one component on one stack. */
export interface StackWant {
  readonly workload: string
  readonly component: string
  readonly stack: string
  readonly release: string
  /** 0 means stopped. */
  readonly replicas: number
}

export interface StackSighting {
  /** The release that is there; null when nothing is. */
  readonly release: string | null
  readonly replicas: number
  readonly ready: number
  /** Base URLs of the ready instances, where the platform knows them. */
  readonly endpoints: readonly string[]
  readonly evidence: string
}

/** Starts, scales and stops the releases of one component. */
export interface Platform {
  /** Asks for a state. Returns when it is asked for, not when it is reached. Idempotent by `effectId` and by state. */
  readonly apply: (want: StackWant, ask: Ask) => Answer<null>
  /** Looks, and changes nothing. */
  readonly observe: (
    at: Pick<StackWant, 'workload' | 'component' | 'stack'>,
    signal: AbortSignal,
  ) => Answer<StackSighting>
  readonly close: () => Promise<void>
}
