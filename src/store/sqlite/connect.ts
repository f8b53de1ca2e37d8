import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import {
  type AppliedMigration,
  type Migration,
  pendingMigrations,
  readMigrations,
} from '../migrations.ts'
import { StoreTrouble } from '../store-trouble.ts'
import { isBusy, sayingWhere } from './trouble.ts'

/**
 * How long a writer waits for another process. It blocks this whole process, so it is short;
 * appends take less than a millisecond and take turns.
 */
const BUSY_TIMEOUT_MS = 5_000

/** How often the switch to WAL is tried again: SQLite does not wait for that lock by itself. */
const WAL_RETRY_MS = 20

/** `goar` in ASCII, written into the header of our files, so that no other program's file is taken for ours. */
const APPLICATION_ID = 0x67_6f_61_72

const MIGRATIONS = join(import.meta.dirname, 'migrations')

/** Opens a file, or memory, and sets what every connection needs: WAL, and a sync at every commit. */
export function connect(path: string, where: string): DatabaseSync {
  return sayingWhere(where, () => {
    if (path !== ':memory:') makeFolder(dirname(path), where)
    const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
    try {
      switchToWal(db)
      db.exec('pragma synchronous = full')
      return db
    } catch (error) {
      db.close()
      throw error
    }
  })
}

/** Brings the schema up to this code, under the write lock, or refuses a database that is not ours. */
export function migrate(
  db: DatabaseSync,
  where: string,
  migrations: readonly Migration[] = readMigrations(MIGRATIONS),
): void {
  sayingWhere(where, () =>
    immediately(db, () => {
      claimFile(db, where)
      db.exec(
        'create table if not exists migration (number integer primary key, name text not null, digest text not null) strict',
      )
      const applied = db.prepare('select number, digest from migration order by number').all()
      for (const { number, name, digest, sql } of pendingMigrations(
        migrations,
        // The table's own columns, two lines above.
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion
        applied as unknown as readonly AppliedMigration[],
        where,
      )) {
        db.exec(sql)
        db.prepare('insert into migration values (?, ?, ?)').run(number, name, digest)
      }
      return yes(null)
    }),
  )
}

/** One write transaction. A problem undoes it, as an error does. */
export function immediately<Value, Problem>(
  db: DatabaseSync,
  work: () => Result<Value, Problem>,
): Result<Value, Problem> {
  db.exec('begin immediate')
  try {
    const outcome = work()
    db.exec(outcome.ok ? 'commit' : 'rollback')
    return outcome.ok ? outcome : no(outcome.problem)
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}

function makeFolder(folder: string, where: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StoreTrouble(
      'denied',
      `The folder of the event store ${where} cannot be made. Name another path, or give this user write access.`,
      error,
    )
  }
}

function switchToWal(db: DatabaseSync): void {
  const tries = BUSY_TIMEOUT_MS / WAL_RETRY_MS
  for (let attempt = 1; ; attempt += 1) {
    try {
      db.exec('pragma journal_mode = wal')
      return
    } catch (error) {
      if (!isBusy(error) || attempt >= tries) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_RETRY_MS)
    }
  }
}

function claimFile(db: DatabaseSync, where: string): void {
  const mark = db.prepare('pragma application_id').get()?.['application_id']
  if (mark === APPLICATION_ID) return
  const tables = db.prepare('select count(*) as n from sqlite_schema').get()?.['n']
  if (mark !== 0 || tables !== 0) {
    throw new StoreTrouble(
      'unusable',
      `The file ${where} is the database of another program. Name another path for the event store.`,
    )
  }
  db.exec(`pragma application_id = ${APPLICATION_ID}`)
}
