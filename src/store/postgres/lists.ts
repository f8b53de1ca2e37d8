import type { View } from '../../ports/event-store.ts'
import { PAGE_MAX } from '../limits.ts'
import type { PortedWork } from '../store.ts'
import type { Queryable } from './connection.ts'

/** A page of one list, newest id first. */
export async function listViews(
  db: Queryable,
  kind: string,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<readonly View[]> {
  const { rows } = await db.query<View>(
    `select kind, id, summary from goaround.list_row
     where kind = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
    [kind, after, Math.min(limit, PAGE_MAX)],
  )
  return rows
}

/** One row of a list; null when there is none. */
export async function readView(db: Queryable, kind: string, id: string): Promise<View | null> {
  const { rows } = await db.query<View>(
    'select kind, id, summary from goaround.list_row where kind = $1 and id = $2',
    [kind, id],
  )
  return rows[0] ?? null
}

/** A page of the rows of all lists. */
export async function allViews(
  db: Queryable,
  after: Pick<View, 'kind' | 'id'> | null,
  limit: number,
): Promise<readonly View[]> {
  const { rows } = await db.query<View>(
    'select kind, id, summary from goaround.list_row where (kind, id) > ($1, $2) order by kind, id limit $3',
    [after?.kind ?? '', after?.id ?? '', Math.min(limit, PAGE_MAX)],
  )
  return rows
}

/** A page of all work that is due some day. */
export async function allWork(
  db: Queryable,
  after: string | null,
  limit: number,
): Promise<readonly PortedWork[]> {
  const { rows } = await db.query<PortedWork>(
    `select key, least(run_at, poked_at) as "dueAt" from goaround.work
     where run_at is not null and key > $1 order by key limit $2`,
    [after ?? '', Math.min(limit, PAGE_MAX)],
  )
  return rows
}
