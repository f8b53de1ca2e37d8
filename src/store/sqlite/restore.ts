import { lastRows, prepareViews } from '../prepare-append.ts'
import { restoredRow } from '../restored-row.ts'
import type { Store } from '../store.ts'
import { insertAnchor } from './anchors.ts'
import { insertEvent, moveHead, writeView } from './append.ts'
import type { Statements } from './statements.ts'

/** Records what another database held; the caller holds the write lock. */
export function restoreBatch(
  sql: Statements,
  { events, anchors, views }: Parameters<Store['restore']>[0],
): void {
  const rows = events.map(restoredRow)
  for (const row of rows) insertEvent(sql, row)
  for (const last of lastRows(rows)) moveHead(sql, last)
  for (const anchor of anchors) insertAnchor(sql, anchor)
  for (const view of prepareViews(views)) writeView(sql, view)
}
