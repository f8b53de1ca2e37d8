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
  /**
   * How the release that was last asked for died, when it ended by itself and nothing starts it
   * again: exit code and last words. Null otherwise, and where the platform cannot tell.
   */
  readonly crashed: string | null
  /**
   * Differs as soon as any instance was started anew. Two looks with the same one saw the same
   * processes. Null where the platform cannot tell.
   */
  readonly incarnation: string | null
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
