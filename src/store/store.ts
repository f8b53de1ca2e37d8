import type { Instant } from '../core/kernel/instant.ts'
import type { EventStore, StoredEvent, View } from '../ports/event-store.ts'
import type { Anchor, AnchoredHead } from './event-hash.ts'

/** An event on the way through all streams, with the head that its stream claims to have. */
export interface WalkedEvent {
  readonly event: StoredEvent
  readonly head: { readonly version: number; readonly hash: string } | null
}

/** What a check of the audit trail reads. Pages hold at most `limit` rows. */
export interface AuditSource {
  /** All events, stream by stream in the order of their versions. */
  readonly walk: (
    after: Pick<StoredEvent, 'stream' | 'version'> | null,
    limit: number,
  ) => Promise<readonly WalkedEvent[]>
  /** Streams that have a head and not one event. */
  readonly emptied: (
    limit: number,
  ) => Promise<readonly { readonly stream: string; readonly version: number }[]>
  readonly anchors: (afterNumber: number, limit: number) => Promise<readonly Anchor[]>
  /** The hash of each of these events as the log has it now; null where there is no such event. */
  readonly hashesAt: (heads: readonly AnchoredHead[]) => Promise<readonly (string | null)[]>
  /** Anchors the heads that moved since the last anchor. Null when none did. */
  readonly anchor: (at: Instant) => Promise<Anchor | null>
}

/** Work as it is moved between databases: leases stay behind. */
export interface PortedWork {
  readonly key: string
  readonly dueAt: Instant
}

/** What moving a log to another database reads and writes. */
export interface Portable {
  readonly allViews: (
    after: Pick<View, 'kind' | 'id'> | null,
    limit: number,
  ) => Promise<readonly View[]>
  readonly allWork: (after: string | null, limit: number) => Promise<readonly PortedWork[]>
  /** Records events with the hashes that they came with, in one transaction. The caller has checked the hashes. */
  readonly restore: (batch: {
    readonly events: readonly StoredEvent[]
    readonly anchors: readonly Anchor[]
    readonly views: readonly View[]
  }) => Promise<void>
}

/** What both engines offer: the port, and what its upkeep needs. */
export interface Store extends EventStore, AuditSource, Portable {
  /** Where the data is, for people: a path, or host, port and database. Never a secret. */
  readonly where: string
}
