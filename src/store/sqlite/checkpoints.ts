import { jsonOf } from '../prepare-append.ts'
import type { Statements } from './statements.ts'

/**
 * Keeps a small state that may be lost. Without the sync that every other commit waits for: in
 * WAL mode that costs a checkpoint its durability at a power cut and nothing else.
 */
export function saveCheckpoint(sql: Statements, key: string, value: unknown): void {
  sql.run('pragma synchronous = normal')
  try {
    sql.run(
      `insert into checkpoint (key, value) values (?, ?)
       on conflict (key) do update set value = excluded.value`,
      key,
      jsonOf(value),
    )
  } finally {
    sql.run('pragma synchronous = full')
  }
}

/** The state as it was last kept; null when there is none. */
export function loadCheckpoint(sql: Statements, key: string): unknown {
  const row = sql.first<{ value: string }>('select value from checkpoint where key = ?', key)
  return row === null ? null : JSON.parse(row.value)
}
