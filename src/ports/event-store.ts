import type { Instant } from '../core/kernel/instant.ts'
import type { Result } from '../core/kernel/result.ts'

/** A fact to be recorded. */
export interface NewEvent {
  readonly type: string
  readonly data: unknown
}

export interface StoredEvent extends NewEvent {
  readonly stream: string
  /** 1 for the first event of a stream, without gaps. */
  readonly version: number
  /** Place in the whole log, for readers that follow it. Opaque but ordered; see `follow`. */
  readonly position: string
  readonly recordedAt: Instant
  readonly recordedBy: string
  /** On whose authority, in words: a role, a rule, `strategy`. */
  readonly authority: string | null
  /** What led to it: an effect id, a request id. */
  readonly causedBy: string | null
  /** SHA-256 over the previous hash of the stream and this event, hex. */
  readonly hash: string
}

export interface Provenance {
  readonly by: string
  readonly authority: string | null
  readonly causedBy: string | null
  readonly at: Instant
}

export interface Append {
  readonly stream: string
  /** How many events the writer believes the stream to have. */
  readonly expected: number
  readonly events: readonly NewEvent[]
}

/** The lease under which an append is made; it is refused when somebody else has taken over. */
export interface Fence {
  readonly key: string
  readonly owner: string
  readonly epoch: number
}

/** Work keys whose holder should look at once, or at an instant. */
export interface Poke {
  readonly key: string
  readonly at: Instant
}

/** One row of a list that people page through. */
export interface View {
  readonly kind: string
  readonly id: string
  readonly summary: unknown
}

export interface Lease extends Fence {
  /** When the work was due. */
  readonly dueAt: Instant
  readonly leaseUntil: Instant
  /** How often the key had been poked when it was claimed. */
  readonly want: number
}

/** Everything durable. SQLite and PostgreSQL keep the same promises; one contract suite runs on both. */
export interface EventStore {
  readonly read: (stream: string, afterVersion?: number) => Promise<readonly StoredEvent[]>
  /**
   * Appends to several streams, or to none of them. A wrong `expected` on any is `stream-moved-on`;
   * a fence that is no longer held is `fenced`. Pokes are recorded in the same transaction.
   * `commandId` makes a repeated call answer `yes` without a second effect.
   */
  readonly append: (
    appends: readonly Append[],
    provenance: Provenance,
    options?: {
      readonly fence?: Fence
      readonly pokes?: readonly Poke[]
      readonly commandId?: string
      /** Rows of the lists that this append changes. */
      readonly views?: readonly View[]
    },
  ) => Promise<Result<{ readonly repeated: boolean }, 'stream-moved-on' | 'fenced'>>
  /** Events of all streams behind a position (null: from the start), in an order that never inserts behind a reader. At most `limit`. */
  readonly follow: (after: string | null, limit: number) => Promise<readonly StoredEvent[]>
  /** The position behind which nothing has happened yet. */
  readonly head: () => Promise<string | null>

  /** Claims due work for `leaseMs`. The same key is never held by two owners. */
  readonly claim: (
    owner: string,
    now: Instant,
    limit: number,
    leaseMs: number,
  ) => Promise<readonly Lease[]>
  /**
   * Extends all of an owner's leases in one go. Answers those that are still held, each with how
   * often its key has been poked (`want`), so that the holder learns of others' commands; a fence
   * that is missing from the answer was lost.
   */
  readonly renew: (
    fences: readonly Fence[],
    now: Instant,
    leaseMs: number,
  ) => Promise<readonly { readonly key: string; readonly want: number }[]>
  /** Gives the work back, to be due again at `nextAt` (null: only when poked). A poke since the claim wins. False when the lease was lost. */
  readonly release: (lease: Lease, nextAt: Instant | null, now: Instant) => Promise<boolean>
  readonly poke: (poke: Poke) => Promise<void>
  /**
   * When the next work can be claimed; null when there is none. Work that is held counts from the
   * end of its lease on, since its holder may be gone by then.
   */
  readonly nextDue: () => Promise<Instant | null>
  /**
   * Calls back when work was poked by any process, with the key, or null when the keys are not
   * known. May call too often, and is backed by polling: a missed call only delays.
   */
  readonly onChange: (callback: (key: string | null) => void) => () => void

  /** Small state that may be lost (a lost tick only delays): detection state, cursors. */
  readonly saveCheckpoint: (key: string, value: unknown) => Promise<void>
  readonly loadCheckpoint: (key: string) => Promise<unknown>

  /** Rows of one kind, newest id first; `after` is the last id of the page before. */
  readonly list: (
    kind: string,
    page: { readonly after: string | null; readonly limit: number },
  ) => Promise<readonly View[]>
  readonly view: (kind: string, id: string) => Promise<View | null>

  readonly close: () => Promise<void>
}
