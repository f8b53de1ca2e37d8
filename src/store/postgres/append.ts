import type { Instant } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { NOTHING_BEFORE } from '../event-hash.ts'
import { ANCHOR_EVERY, COMMAND_IDS_KEPT_MS, COMMAND_IDS_SWEPT } from '../limits.ts'
import {
  type EventRow,
  lastRows,
  type PreparedAppend,
  type PreparedView,
  sealedRows,
} from '../prepare-append.ts'
import type { Queryable } from './connection.ts'
import { lockWork, writePokes } from './work.ts'

/** What became of an append, and whether the heads are due to be anchored. */
export type Outcome = Result<
  { readonly repeated: boolean; readonly anchorDue: boolean },
  'stream-moved-on' | 'fenced'
>

/**
 * The body of an append; the caller has begun a transaction, and undoes it after a problem. Locks
 * are taken in one order by everybody (command, work, heads, lists, each sorted), so that two
 * appends never wait for each other in a circle.
 */
export async function appendEvents(db: Queryable, append: PreparedAppend): Promise<Outcome> {
  const { pokes, fence, commandId, provenance } = append
  if (commandId !== null && !(await recordCommand(db, commandId, provenance.at))) {
    return yes({ repeated: true, anchorDue: false })
  }
  // Held until the commit: nobody can take over between this look and our events.
  if (!(await lockWork(db, fence, pokes))) return no('fenced')

  const rows = await sealAtHeads(db, append)
  if (rows === null) return no('stream-moved-on')
  await moveHeads(db, rows)
  // Where a rival made the stream since we looked, the unique (stream, version) refuses this.
  const anchorDue = await insertEvents(db, rows)
  await writeViews(db, append.views)
  await writePokes(db, pokes)
  return yes({ repeated: false, anchorDue })
}

/** Adds events in the order given. True when the heads are due to be anchored. */
export async function insertEvents(db: Queryable, rows: readonly EventRow[]): Promise<boolean> {
  if (rows.length === 0) return false
  const added = await db.query<{ seq: number }>(
    `insert into goaround.event
       (stream, version, type, data, recorded_at, recorded_by, authority, caused_by, hash)
     select stream, version, type, data::json, recorded_at, recorded_by, authority, caused_by, hash
     from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[])
       with ordinality as new
         (stream, version, type, data, recorded_at, recorded_by, authority, caused_by, hash, place)
     order by place returning seq`,
    [
      rows.map((row) => row.stream),
      rows.map((row) => row.version),
      rows.map((row) => row.type),
      rows.map((row) => row.dataJson),
      rows.map((row) => row.recordedAt),
      rows.map((row) => row.recordedBy),
      rows.map((row) => row.authority),
      rows.map((row) => row.causedBy),
      rows.map((row) => row.hash),
    ],
  )
  return added.rows.some(({ seq }) => seq % ANCHOR_EVERY === 0)
}

/** Records where the streams of these rows now end. */
export async function moveHeads(db: Queryable, rows: readonly EventRow[]): Promise<void> {
  const last = lastRows(rows)
  if (last.length === 0) return
  await db.query(
    `insert into goaround.stream_head (stream, version, hash)
     select stream, version, hash from unnest($1::text[], $2::int[], $3::text[]) as new (stream, version, hash)
     order by stream collate "C"
     on conflict (stream) do update set version = excluded.version, hash = excluded.hash`,
    [
      last.map(({ stream }) => stream),
      last.map(({ version }) => version),
      last.map(({ hash }) => hash),
    ],
  )
}

/** Replaces rows of lists. */
export async function writeViews(db: Queryable, views: readonly PreparedView[]): Promise<void> {
  if (views.length === 0) return
  await db.query(
    `insert into goaround.list_row (kind, id, summary)
     select kind, id, summary::json from unnest($1::text[], $2::text[], $3::text[]) as new (kind, id, summary)
     order by kind collate "C", id collate "C"
     on conflict (kind, id) do update set summary = excluded.summary`,
    [
      views.map((view) => view.kind),
      views.map((view) => view.id),
      views.map((view) => view.summaryJson),
    ],
  )
}

/** The rows for all streams; null when one of them does not stand where the writer believes. */
async function sealAtHeads(
  db: Queryable,
  { streams, provenance }: PreparedAppend,
): Promise<readonly EventRow[] | null> {
  if (streams.length === 0) return []
  const { rows } = await db.query<{ stream: string; version: number; hash: string }>(
    `select stream, version, hash from goaround.stream_head
     where stream = any($1::text[]) order by stream for update`,
    [streams.map(({ stream }) => stream)],
  )
  const heads = new Map(rows.map((row) => [row.stream, row]))
  const moved = streams.some((one) => (heads.get(one.stream)?.version ?? 0) !== one.expected)
  if (moved) return null
  return streams.flatMap((one) =>
    sealedRows(one, heads.get(one.stream)?.hash ?? NOTHING_BEFORE, provenance),
  )
}

/** False when the command was carried out before. Forgets the oldest ones on the way. */
async function recordCommand(db: Queryable, id: string, at: Instant): Promise<boolean> {
  await db.query(
    `delete from goaround.command where id in
       (select id from goaround.command where at < $1 order by at limit $2 for update skip locked)`,
    [at - COMMAND_IDS_KEPT_MS, COMMAND_IDS_SWEPT],
  )
  const { rowCount } = await db.query(
    'insert into goaround.command (id, at) values ($1, $2) on conflict do nothing',
    [id, at],
  )
  return rowCount === 1
}
