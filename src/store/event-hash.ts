import { hash } from 'node:crypto'
import { canonicalJson } from '../core/kernel/hash.ts'
import type { StoredEvent } from '../ports/event-store.ts'

/** What the first event of a stream, and the first anchor, continue from. */
export const NOTHING_BEFORE = '0'.repeat(64)

/** All of an event that its hash vouches for, except for its data. */
type Sealed = Omit<StoredEvent, 'data' | 'position' | 'hash'>

/**
 * The SHA-256, in hex, that seals an event to the one before it: over the previous hash, the
 * event's place and provenance, and its data, both as canonical JSON. The position is left out,
 * since it changes when a log moves to another database.
 */
export function eventHash(before: string, event: Sealed, dataJson: string): string {
  const { stream, version, type, recordedAt, recordedBy, authority, causedBy } = event
  const sealed = { stream, version, type, recordedAt, recordedBy, authority, causedBy }
  return hash('sha256', `${before}\n${canonicalJson(sealed)}\n${dataJson}`)
}

/** Where a stream stood: its name, how many events it had, and the hash of the last of them. */
export type AnchoredHead = readonly [stream: string, version: number, hash: string]

/** A seal over the heads that had moved since the anchor before it. */
export interface Anchor {
  /** 1 for the first, without gaps. */
  readonly number: number
  readonly at: number
  readonly heads: readonly AnchoredHead[]
  readonly hash: string
}

/** The SHA-256, in hex, that seals an anchor to the one before it. */
export function anchorHash(before: string, anchor: Omit<Anchor, 'hash'>): string {
  const { number, at, heads } = anchor
  return hash('sha256', `${before}\n${canonicalJson({ number, at, heads })}`)
}
