import { join } from 'node:path'
import { Client } from 'pg'
import {
  type AppliedMigration,
  type Migration,
  pendingMigrations,
  readMigrations,
} from '../migrations.ts'
import { StoreTrouble } from '../store-trouble.ts'
import { connectionConfig } from './connection.ts'

/** The oldest server that the contract suite runs on. */
const SERVER_VERSION_MIN = 150_000

/** One number per program is the custom for advisory locks: `goar` in ASCII. */
const MIGRATION_LOCK = 0x67_6f_61_72

/** How long a replica waits for another one that migrates, and a migration may take: a large table may need an index. */
const MIGRATION_TIMEOUT_MS = 10 * 60_000

const MIGRATIONS = join(import.meta.dirname, 'migrations')

/**
 * Brings the schema up to this code in one transaction, under a lock that all replicas share, and
 * answers the generation of the log. Changes nothing when there is nothing to change, so that a
 * role without the right to do so can run goaround.
 */
export async function migrate(
  url: string,
  where: string,
  migrations: readonly Migration[] = readMigrations(MIGRATIONS),
): Promise<number> {
  const client = new Client({
    ...connectionConfig(url),
    statement_timeout: MIGRATION_TIMEOUT_MS,
    lock_timeout: MIGRATION_TIMEOUT_MS,
    query_timeout: MIGRATION_TIMEOUT_MS,
  })
  // The query that is under way reports a lost connection.
  client.on('error', () => {})
  try {
    await client.connect()
    await checkVersion(client, where)
    await client.query('begin isolation level read committed')
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
    for (const { number, name, digest, sql } of pendingMigrations(
      migrations,
      await appliedTo(client),
      where,
    )) {
      await client.query(sql)
      await client.query('insert into goaround.migration values ($1, $2, $3)', [
        number,
        name,
        digest,
      ])
    }
    const generation = await rebase(client)
    await client.query('commit')
    return generation
  } finally {
    // Ending the connection undoes whatever was not committed.
    await client.end().catch(() => {})
  }
}

async function checkVersion(client: Client, where: string): Promise<void> {
  const { rows } = await client.query<{ number: string; name: string }>(
    "select current_setting('server_version_num') as number, current_setting('server_version') as name",
  )
  if (Number(rows[0]?.number) >= SERVER_VERSION_MIN) return
  throw new StoreTrouble(
    'unusable',
    `The server of the event store ${where} is PostgreSQL ${rows[0]?.name}, and goaround needs 15 or newer. Upgrade it, or name another server.`,
  )
}

async function appliedTo(client: Client): Promise<readonly AppliedMigration[]> {
  const { rows } = await client.query<{ exists: boolean }>(
    "select to_regclass('goaround.migration') is not null as exists",
  )
  if (rows[0]?.exists !== true) {
    await client.query(
      `create schema if not exists goaround;
       create table goaround.migration (number integer primary key, name text not null, digest text not null)`,
    )
  }
  const applied = await client.query<AppliedMigration>(
    'select number, digest from goaround.migration order by number',
  )
  return applied.rows
}

/**
 * Transaction ids start again when a dump is restored into another cluster, and new events would
 * then sort before old ones. If the log holds ids that this cluster has not given out yet, all of
 * it is put first, in the order of `seq`, and a new generation makes old positions void.
 */
async function rebase(client: Client): Promise<number> {
  const { rows } = await client.query<{ moved: boolean }>(
    'select exists (select 1 from goaround.event where xid >= pg_snapshot_xmax(pg_current_snapshot())) as moved',
  )
  if (rows[0]?.moved === true) {
    await client.query("update goaround.event set xid = '0'")
    await client.query('update goaround.log_generation set number = number + 1')
  }
  const generation = await client.query<{ number: number }>(
    'select number from goaround.log_generation',
  )
  return generation.rows[0]?.number ?? 1
}
