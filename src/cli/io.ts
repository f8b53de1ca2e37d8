import type { Readable, Writable } from 'node:stream'
import type { Instant } from '../core/kernel/instant.ts'

/** A stream that may be a terminal. */
export type Out = Writable & {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** Everything that a command touches outside itself, so that tests can hold all of it. */
export interface Io {
  readonly stdout: Out
  readonly stderr: Out
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  /** The directory that relative paths start from. */
  readonly cwd: string
  /** The same as the server's clock port. */
  readonly clock: {
    readonly now: () => Instant
    readonly until: (at: Instant, signal?: AbortSignal) => Promise<void>
  }
  /** Aborted when the person at the terminal wants to stop (Ctrl-C). */
  readonly interrupted: AbortSignal
}
