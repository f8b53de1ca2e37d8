import { prepareViews } from '../prepare-append.ts'
import { lastRows, restoredRow } from '../restored-rows.ts'
import type { Store } from '../store.ts'
import { insertAnchor } from './anchors.ts'
import { insertEvents, writeViews } from './append.ts'
import type { Queryable } from './connection.ts'

/** Records what another database held; the caller has begun a transaction. */
export async function restoreBatch(
  db: Queryable,
  { events, anchors, views }: Parameters<Store['restore']>[0],
): Promise<void> {
  const rows = events.map(restoredRow)
  const last = lastRows(rows)
  await insertEvents(db, rows)
  await db.query(
    `insert into goaround.stream_head (stream, version, hash)
     select * from unnest($1::text[], $2::int[], $3::text[])
     on conflict (stream) do update set version = excluded.version, hash = excluded.hash`,
    [
      last.map(({ stream }) => stream),
      last.map(({ version }) => version),
      last.map(({ hash }) => hash),
    ],
  )
  for (const anchor of anchors) await insertAnchor(db, anchor)
  await writeViews(db, prepareViews(views))
}
