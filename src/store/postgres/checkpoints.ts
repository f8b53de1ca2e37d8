import { jsonOf } from '../prepare-append.ts'
import type { Queryable } from './connection.ts'

/** Keeps a small state that may be lost: its commit does not wait for the disk. */
export async function saveCheckpoint(db: Queryable, key: string, value: unknown): Promise<void> {
  await db.query(
    `insert into goaround.checkpoint (key, value)
     select $1, $2::json from set_config('synchronous_commit', 'off', true) as quiet
     where quiet is not null
     on conflict (key) do update set value = excluded.value`,
    [key, jsonOf(value)],
  )
}

/** The state as it was last kept; null when there is none. */
export async function loadCheckpoint(db: Queryable, key: string): Promise<unknown> {
  const { rows } = await db.query<{ value: unknown }>(
    'select value from goaround.checkpoint where key = $1',
    [key],
  )
  return rows[0]?.value ?? null
}
