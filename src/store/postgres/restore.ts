import { prepareViews } from '../prepare-append.ts'
import { restoredRow } from '../restored-row.ts'
import type { Store } from '../store.ts'
import { insertAnchor } from './anchors.ts'
import { insertEvents, moveHeads, writeViews } from './append.ts'
import type { Queryable } from './connection.ts'

/** Records what another database held; the caller has begun a transaction. */
export async function restoreBatch(
  db: Queryable,
  { events, anchors, views }: Parameters<Store['restore']>[0],
): Promise<void> {
  const rows = events.map(restoredRow)
  await insertEvents(db, rows)
  await moveHeads(db, rows)
  for (const anchor of anchors) await insertAnchor(db, anchor)
  await writeViews(db, prepareViews(views))
}
