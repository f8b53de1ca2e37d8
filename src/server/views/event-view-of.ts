import type { EventView } from '../../contract/event-view.ts'
import type { StoredEvent } from '../../ports/event-store.ts'

/** Fields in which a strategy quotes literally what is sent or set; a careless one may hold a secret. */
const LITERAL = new Set(['strategy', 'env', 'headers', 'body', 'command'])
const LEFT_OUT = '(left out here)'

/** A fact as people may read it. */
export function eventViewOf(event: StoredEvent): EventView {
  const { stream, version, type, recordedAt, recordedBy, authority, causedBy, hash, data } = event
  return {
    stream,
    version,
    type,
    at: recordedAt,
    by: recordedBy,
    authority,
    causedBy,
    hash,
    data: sayable(data),
  }
}

function sayable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sayable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      LITERAL.has(key) ? LEFT_OUT : sayable(inner),
    ]),
  )
}
