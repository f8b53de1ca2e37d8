import type { Instant } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { NOTHING_BEFORE } from '../event-hash.ts'
import { ANCHOR_EVERY, COMMAND_IDS_KEPT_MS, COMMAND_IDS_SWEPT } from '../limits.ts'
import {
  type EventRow,
  type PreparedAppend,
  type PreparedStream,
  type PreparedView,
  sealedRows,
} from '../prepare-append.ts'
import { writeAnchor } from './anchors.ts'
import type { Statements } from './statements.ts'
import { holds, writePoke } from './work.ts'

type Outcome = Result<{ readonly repeated: boolean }, 'stream-moved-on' | 'fenced'>

/** The body of an append; the caller holds the write lock, and undoes everything after a problem. */
export function appendEvents(sql: Statements, append: PreparedAppend): Outcome {
  const { streams, provenance, fence, commandId } = append
  if (commandId !== null && !recordCommand(sql, commandId, provenance.at)) {
    return yes({ repeated: true })
  }
  if (fence !== null && !holds(sql, fence, provenance.at)) return no('fenced')

  let anchorDue = false
  for (const one of streams) {
    const rows = sealAtHead(sql, one, append)
    if (rows === null) return no('stream-moved-on')
    for (const row of rows) anchorDue = insertEvent(sql, row) % ANCHOR_EVERY === 0 || anchorDue
    moveHead(sql, rows.at(-1))
  }
  for (const view of append.views) writeView(sql, view)
  for (const poke of append.pokes) writePoke(sql, poke)
  if (anchorDue) writeAnchor(sql, provenance.at)
  return yes({ repeated: false })
}

/** Adds an event and answers its place in the log. */
export function insertEvent(sql: Statements, row: EventRow): number {
  const added = sql.first<{ seq: number }>(
    `insert into event (stream, version, type, data, recorded_at, recorded_by, authority, caused_by, hash)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning seq`,
    row.stream,
    row.version,
    row.type,
    row.dataJson,
    row.recordedAt,
    row.recordedBy,
    row.authority,
    row.causedBy,
    row.hash,
  )
  return added?.seq ?? 0
}

/** Records where a stream now ends; nothing when no event was added to it. */
export function moveHead(sql: Statements, last: EventRow | undefined): void {
  if (last === undefined) return
  sql.run(
    `insert into stream_head (stream, version, hash) values (?, ?, ?)
     on conflict (stream) do update set version = excluded.version, hash = excluded.hash`,
    last.stream,
    last.version,
    last.hash,
  )
}

/** Replaces a row of a list. */
export function writeView(sql: Statements, { kind, id, summaryJson }: PreparedView): void {
  sql.run(
    `insert into list_row (kind, id, summary) values (?, ?, ?)
     on conflict (kind, id) do update set summary = excluded.summary`,
    kind,
    id,
    summaryJson,
  )
}

/** The rows for one stream; null when it does not stand where the writer believes. */
function sealAtHead(
  sql: Statements,
  one: PreparedStream,
  { provenance }: PreparedAppend,
): readonly EventRow[] | null {
  const head = sql.first<{ version: number; hash: string }>(
    'select version, hash from stream_head where stream = ?',
    one.stream,
  )
  if ((head?.version ?? 0) !== one.expected) return null
  return sealedRows(one, head?.hash ?? NOTHING_BEFORE, provenance)
}

/** False when the command was carried out before. Forgets the oldest ones on the way. */
function recordCommand(sql: Statements, id: string, at: Instant): boolean {
  sql.run(
    'delete from command where id in (select id from command where at < ? order by at limit ?)',
    at - COMMAND_IDS_KEPT_MS,
    COMMAND_IDS_SWEPT,
  )
  return sql.run('insert into command (id, at) values (?, ?) on conflict do nothing', id, at) === 1
}
