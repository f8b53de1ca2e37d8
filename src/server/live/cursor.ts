import type { StoredEvent } from '../../ports/event-store.ts'

/** How far somebody has read the streams that a rollout is about: stream → version. */
export type Cursor = Readonly<Record<string, number>>

/** The cursor behind all of these facts. */
export function cursorOf(history: readonly StoredEvent[]): Cursor {
  const cursor: Record<string, number> = {}
  for (const { stream, version } of history) {
    cursor[stream] = Math.max(cursor[stream] ?? 0, version)
  }
  return cursor
}

/** A cursor as the id of a server-sent event: `rollout/shop-1:12,incident/shop-1:3`. */
export function writeCursor(cursor: Cursor): string {
  return Object.entries(cursor)
    .map(([stream, version]) => `${stream}:${version}`)
    .join(',')
}

/** Reads what `Last-Event-ID` brings back. Whatever is not one of ours is read as "nothing yet". */
export function readCursor(text: string | undefined): Cursor {
  const cursor: Record<string, number> = {}
  for (const part of (text ?? '').split(',')) {
    const found = /^([a-z]+\/[A-Za-z0-9._-]+):(\d{1,9})$/.exec(part)
    if (found?.[1] !== undefined) cursor[found[1]] = Number(found[2])
  }
  return cursor
}

/** The facts that a cursor has passed. */
export function upTo(cursor: Cursor, history: readonly StoredEvent[]): readonly StoredEvent[] {
  return history.filter(({ stream, version }) => version <= (cursor[stream] ?? 0))
}
