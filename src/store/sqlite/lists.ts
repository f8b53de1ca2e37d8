import type { View } from '../../ports/event-store.ts'
import { PAGE_MAX } from '../limits.ts'
import type { PortedWork } from '../store.ts'
import type { Statements } from './statements.ts'

interface ListRow extends Pick<View, 'kind' | 'id'> {
  readonly summary: string
}

/** A page of one list, newest id first. */
export function listViews(
  sql: Statements,
  kind: string,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): readonly View[] {
  const most = Math.min(limit, PAGE_MAX)
  const rows =
    after === null
      ? sql.all<ListRow>(
          'select kind, id, summary from list_row where kind = ? order by id desc limit ?',
          kind,
          most,
        )
      : sql.all<ListRow>(
          'select kind, id, summary from list_row where kind = ? and id < ? order by id desc limit ?',
          kind,
          after,
          most,
        )
  return rows.map(toView)
}

/** One row of a list; null when there is none. */
export function readView(sql: Statements, kind: string, id: string): View | null {
  const row = sql.first<ListRow>(
    'select kind, id, summary from list_row where kind = ? and id = ?',
    kind,
    id,
  )
  return row === null ? null : toView(row)
}

/** A page of the rows of all lists. */
export function allViews(
  sql: Statements,
  after: Pick<View, 'kind' | 'id'> | null,
  limit: number,
): readonly View[] {
  const rows = sql.all<ListRow>(
    'select kind, id, summary from list_row where (kind, id) > (?, ?) order by kind, id limit ?',
    after?.kind ?? '',
    after?.id ?? '',
    Math.min(limit, PAGE_MAX),
  )
  return rows.map(toView)
}

/** A page of all work that is due some day. */
export function allWork(
  sql: Statements,
  after: string | null,
  limit: number,
): readonly PortedWork[] {
  return sql.all(
    `select key, coalesce(min(run_at, poked_at), run_at) as dueAt from work
     where run_at is not null and key > ? order by key limit ?`,
    after ?? '',
    Math.min(limit, PAGE_MAX),
  )
}

function toView({ kind, id, summary }: ListRow): View {
  return { kind, id, summary: JSON.parse(summary) }
}
