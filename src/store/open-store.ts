import { openPostgresStore } from './postgres/open-postgres-store.ts'
import { openSqliteStore } from './sqlite/open-sqlite-store.ts'
import type { Store } from './store.ts'
import { StoreTrouble } from './store-trouble.ts'

/** A URL scheme. One letter is a drive on Windows, so it takes two. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i

/**
 * Opens the event store that a URL names: `sqlite:PATH`, a plain path or `:memory:` for the
 * embedded one, `postgres://…` for PostgreSQL. Anything else is refused rather than guessed, and
 * never quoted, since it may hold a password.
 */
export async function openStore(url: string): Promise<Store> {
  const scheme = SCHEME.exec(url)?.[1]?.toLowerCase() ?? null
  if (scheme === 'postgres' || scheme === 'postgresql') return openPostgresStore({ url })
  if (scheme === null || scheme === 'sqlite') {
    const path = url.replace(/^sqlite:(\/\/(?=\/))?/i, '')
    if (path !== '') return openSqliteStore({ path })
  }
  throw new StoreTrouble(
    'unusable',
    `The event store is named by a URL that goaround does not know${scheme === null ? '' : ` (${scheme}:)`}. Write sqlite:PATH, a path, or postgres://user:password@host:5432/database.`,
  )
}
