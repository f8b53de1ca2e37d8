import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { durableStoreContract, eventStoreContract } from '../../../test/contracts/event-store.ts'
import {
  counted,
  countedTo,
  type Database,
  provenance,
} from '../../../test/contracts/event-store-world.ts'
import type { Store } from '../store.ts'
import { migrate } from './connect.ts'
import { openSqliteStore } from './open-sqlite-store.ts'

eventStoreContract('SQLite in memory', memoryDatabase)
eventStoreContract('an SQLite file', fileDatabase)
durableStoreContract('an SQLite file', fileDatabase)

async function memoryDatabase(): Promise<Database> {
  const first = openSqliteStore({ path: ':memory:' })
  return databaseOf(
    null,
    () => openSqliteStore({ database: first.database }),
    first.database,
    memoryDatabase,
    () => first.close(),
  )
}

async function fileDatabase(): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), 'goaround-sqlite-'))
  const path = join(folder, 'goaround.db')
  let behind: DatabaseSync | null = null
  return {
    ...databaseOf(
      `sqlite:${path}`,
      () => openSqliteStore({ path, pollMs: 10 }),
      {
        exec(text) {
          behind ??= new DatabaseSync(path)
          behind.exec(text)
        },
      },
      fileDatabase,
      async () => {
        behind?.close()
        rmSync(folder, { recursive: true })
      },
    ),
  }
}

function databaseOf(
  url: string | null,
  open: () => Store,
  behind: Pick<DatabaseSync, 'exec'>,
  make: () => Promise<Database>,
  removeData: () => Promise<void>,
): Database {
  const stores: Store[] = []
  const others: Database[] = []
  let now = Date.UTC(2026, 10, 23)
  return {
    url,
    async open() {
      const store = open()
      stores.push(store)
      return store
    },
    sql: async (text) => behind.exec(text),
    dropGuards: async () =>
      behind.exec('drop trigger event_is_never_changed; drop trigger event_is_never_removed'),
    now: () => now,
    async pass(ms) {
      now += ms
    },
    async another() {
      const other = await make()
      others.push(other)
      return other
    },
    async remove() {
      for (const store of stores) await store.close()
      for (const other of others) await other.remove()
      await removeData()
    },
  }
}

const appendTo = (store: Store, expected = 0, count = 1) =>
  store.append([{ stream: 's', expected, events: countedTo(count) }], provenance(1))

const tables = (db: DatabaseSync) =>
  db.prepare(`select name from sqlite_schema where type = 'table' order by name`).all()

describe('a database in memory', () => {
  test('is shared with a handle that is opened on it, and outlives that handle', async () => {
    const first = openSqliteStore({ path: ':memory:' })
    const restarted = openSqliteStore({ database: first.database })
    await first.append([{ stream: 's', expected: 0, events: [counted(1)] }], provenance(1))
    expect(await restarted.read('s')).toHaveLength(1)
    await restarted.close()
    expect(await first.read('s')).toHaveLength(1)
    await first.close()
  })

  test('neither waits nor asks for the time, so that a simulation decides both', async () => {
    vi.useFakeTimers()
    const clock = vi.spyOn(Date, 'now')
    const store = openSqliteStore({ path: ':memory:' })
    const heard = vi.fn<() => void>()
    store.onChange(heard)
    const append = [{ stream: 's', expected: 0, events: countedTo(200) }]
    const options = { commandId: 'c', pokes: [{ key: 'k', at: 5 }] }
    const appending = store.append(append, provenance(5), options)
    // Nothing was awaited yet, and it is done.
    const count = store.database.prepare('select count(*) as n from event').get()
    expect(count).toMatchObject({ n: 200 })
    expect(await appending).toMatchObject({ ok: true })
    expect(heard).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
    expect(clock).not.toHaveBeenCalled()
    await store.close()
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
})

describe('a file in trouble', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'goaround-sqlite-'))
    path = join(folder, 'deeper', 'goaround.db')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('syncs at every commit, and its folder is made', async () => {
    const store = openSqliteStore({ path })
    const setting = (name: string) => store.database.prepare(`pragma ${name}`).get()?.[name]
    expect(setting('journal_mode')).toBe('wal')
    expect(setting('synchronous')).toBe(2)
    await store.saveCheckpoint('k', 1)
    expect(setting('synchronous')).toBe(2)
    await store.close()
  })

  test('that is locked says so after a while, and works again afterwards', async () => {
    const store = openSqliteStore({ path })
    store.database.exec('pragma busy_timeout = 20')
    const rival = new DatabaseSync(path)
    rival.exec('begin immediate')
    await expect(appendTo(store)).rejects.toMatchObject({
      name: 'StoreTrouble',
      kind: 'locked',
      message: `The event store at ${path} is locked by another process. Look for one that holds it open in a transaction, and try again.`,
    })
    rival.exec('rollback')
    expect(await appendTo(store)).toMatchObject({ ok: true })
    rival.close()
    await store.close()
  })

  test('that cannot grow or may not be written says so, and keeps what it has', async () => {
    const store = openSqliteStore({ path })
    await appendTo(store)
    store.database.exec('pragma max_page_count = 1')
    await expect(appendTo(store, 1, 1_000)).rejects.toMatchObject({ kind: 'full' })
    store.database.exec('pragma max_page_count = 100000; pragma query_only = on')
    await expect(appendTo(store, 1)).rejects.toMatchObject({ kind: 'read-only' })
    store.database.exec('pragma query_only = off')
    expect(await appendTo(store, 1)).toMatchObject({ ok: true })
    expect(await store.read('s')).toHaveLength(2)
    await store.close()
  })

  test('that is damaged says so', async () => {
    const store = openSqliteStore({ path })
    await appendTo(store, 0, 500)
    await store.close()
    truncateSync(path, 16_384)
    await expect(async () => {
      const again = openSqliteStore({ path })
      try {
        await again.read('s')
      } finally {
        await again.close()
      }
    }).rejects.toMatchObject({ kind: 'corrupt', message: expect.stringContaining(path) })
  })

  test('that belongs to something else is left alone', () => {
    const text = join(folder, 'notes.txt')
    writeFileSync(text, 'not a database, but long enough to look for a header in it'.repeat(20))
    expect(() => openSqliteStore({ path: text })).toThrow(/is not an SQLite database/)

    const foreign = join(folder, 'foreign.db')
    const other = new DatabaseSync(foreign)
    other.exec('create table recipes (name text)')
    other.close()
    expect(() => openSqliteStore({ path: foreign })).toThrow(/the database of another program/)
    expect(() => openSqliteStore({ path: join(text, 'goaround.db') })).toThrow(/cannot be made/)
    expect(() => openSqliteStore({ path: folder })).toThrow(/cannot be opened/)
  })

  test('that a newer goaround has used, or one with other texts, is refused', async () => {
    const store = openSqliteStore({ path })
    store.database.exec(`insert into migration values (2, 'later', 'x')`)
    await store.close()
    expect(() => openSqliteStore({ path })).toThrow(
      /has schema version 2, and this goaround knows 1\. A newer goaround has used it/,
    )
    const database = new DatabaseSync(path)
    database.exec(`delete from migration where number = 2; update migration set digest = 'y'`)
    expect(() => openSqliteStore({ path })).toThrow(/built by another text of migration 1 \(log\)/)
    database.close()
  })
})

describe('migrating', () => {
  const first = { number: 1, name: 'one', sql: 'create table one (n integer)', digest: 'd1' }
  const second = { number: 2, name: 'two', sql: 'create table two (n integer)', digest: 'd2' }
  test('goes forward step by step, each step once', () => {
    const db = new DatabaseSync(':memory:')
    migrate(db, 'here', [first])
    migrate(db, 'here', [first, second])
    migrate(db, 'here', [first, second])
    expect(tables(db)).toMatchObject([{ name: 'migration' }, { name: 'one' }, { name: 'two' }])
  })

  test('leaves nothing behind when a step fails', () => {
    const db = new DatabaseSync(':memory:')
    const broken = {
      ...second,
      sql: 'create table three (n integer); create table one (n integer)',
    }
    migrate(db, 'here', [first])
    expect(() => migrate(db, 'here', [first, broken])).toThrow(/already exists/)
    expect(tables(db)).toMatchObject([{ name: 'migration' }, { name: 'one' }])
    migrate(db, 'here', [first, second])
  })
})
