import { canonicalJson } from '../core/kernel/hash.ts'
import type { StoredEvent } from '../ports/event-store.ts'
import type { EventRow } from './prepare-append.ts'

/** The row of an event that comes from another database, with the hash that it came with. */
export function restoredRow(event: StoredEvent): EventRow {
  const { stream, version, type, recordedAt, recordedBy, authority, causedBy, hash } = event
  const dataJson = canonicalJson(event.data)
  return { stream, version, type, dataJson, recordedAt, recordedBy, authority, causedBy, hash }
}
