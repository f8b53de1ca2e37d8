import type { Instant } from '../../core/kernel/instant.ts'
import { type Anchor, type AnchoredHead, anchorHash, NOTHING_BEFORE } from '../event-hash.ts'
import { PAGE_MAX } from '../limits.ts'
import type { WalkedEvent } from '../store.ts'
import { EVENT_COLUMNS, type SqliteEvent, toStored } from './events.ts'
import type { Statements } from './statements.ts'

/** Anchors the heads that moved since the last anchor, at most a page of them; null when none did. */
export function writeAnchor(sql: Statements, at: Instant): Anchor | null {
  const moved = sql.all<{ stream: string; version: number; hash: string }>(
    'select stream, version, hash from stream_head where anchored < version order by stream limit ?',
    PAGE_MAX,
  )
  if (moved.length === 0) return null

  const last = sql.first<{ number: number; hash: string }>(
    'select number, hash from anchor order by number desc limit 1',
  )
  const heads = moved.map(({ stream, version, hash }): AnchoredHead => [stream, version, hash])
  const unsealed = { number: (last?.number ?? 0) + 1, at, heads }
  const anchor = { ...unsealed, hash: anchorHash(last?.hash ?? NOTHING_BEFORE, unsealed) }
  insertAnchor(sql, anchor)
  return anchor
}

/** Records an anchor, and in the heads how far they are covered. */
export function insertAnchor(sql: Statements, { number, at, heads, hash }: Anchor): void {
  sql.run('insert into anchor values (?, ?, ?, ?)', number, at, JSON.stringify(heads), hash)
  for (const [stream, version] of heads) {
    sql.run('update stream_head set anchored = ? where stream = ?', version, stream)
  }
}

/** A page of anchors, oldest first. */
export function readAnchors(
  sql: Statements,
  afterNumber: number,
  limit: number,
): readonly Anchor[] {
  const rows = sql.all<Omit<Anchor, 'heads'> & { heads: string }>(
    'select number, at, heads, hash from anchor where number > ? order by number limit ?',
    afterNumber,
    Math.min(limit, PAGE_MAX),
  )
  return rows.map(({ heads, ...rest }) => ({ ...rest, heads: JSON.parse(heads) }))
}

/** A page of all events, stream by stream, with the head that each stream claims. */
export function walkStreams(
  sql: Statements,
  after: { readonly stream: string; readonly version: number } | null,
  limit: number,
): readonly WalkedEvent[] {
  const rows = sql.all<SqliteEvent & { headVersion: number | null; headHash: string | null }>(
    `select e.*, h.version as headVersion, h.hash as headHash
     from (select ${EVENT_COLUMNS} from event
           where (stream, version) > (?, ?) order by stream, version limit ?) e
     left join stream_head h on h.stream = e.stream order by e.stream, e.version`,
    after?.stream ?? '',
    after?.version ?? 0,
    Math.min(limit, PAGE_MAX),
  )
  return rows.map(({ headVersion, headHash, ...event }) => ({
    event: toStored(event),
    head:
      headVersion === null || headHash === null ? null : { version: headVersion, hash: headHash },
  }))
}

/** Streams that have a head and not one event. */
export function emptiedStreams(
  sql: Statements,
  limit: number,
): readonly { readonly stream: string; readonly version: number }[] {
  return sql.all(
    `select stream, version from stream_head h
     where not exists (select 1 from event e where e.stream = h.stream) order by stream limit ?`,
    limit,
  )
}

/** The hash of each event as the log has it now. */
export function hashesAt(
  sql: Statements,
  heads: readonly AnchoredHead[],
): readonly (string | null)[] {
  return heads.map(([stream, version]) => {
    const row = sql.first<{ hash: string }>(
      'select hash from event where stream = ? and version = ?',
      stream,
      version,
    )
    return row?.hash ?? null
  })
}
