import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { durableStoreContract, eventStoreContract } from '../../../test/contracts/event-store.ts'
import { countedTo, type Database, provenance } from '../../../test/contracts/event-store-world.ts'
import { sharedPostgres, type TestPostgres } from '../../../test/support/postgres.ts'
import { verifyAudit } from '../audit.ts'
import type { Store } from '../store.ts'
import { migrate } from './migrate.ts'
import { openPostgresStore } from './open-postgres-store.ts'

let server: TestPostgres
beforeAll(async () => {
  server = await sharedPostgres()
})
afterAll(() => server.stop())

eventStoreContract('PostgreSQL', postgresDatabase)
durableStoreContract('PostgreSQL', postgresDatabase)

/** Databases that a test has left, emptied for the next one: making one costs a copy of 7 MB. */
const left: string[] = []

async function postgresDatabase(): Promise<Database> {
  const url = left.pop() ?? (await server.createDatabase())
  const stores: Store[] = []
  const others: Database[] = []
  const behind = new Client({ connectionString: url })
  await behind.connect()
  await behind.query('set search_path = goaround')
  return {
    url,
    async open() {
      const store = await openPostgresStore({ url })
      stores.push(store)
      return store
    },
    async sql(text) {
      await behind.query(text)
    },
    async dropGuards() {
      await behind.query('alter table event disable trigger user')
    },
    now: Date.now,
    pass: (ms) => sleep(ms),
    async another() {
      const other = await postgresDatabase()
      others.push(other)
      return other
    },
    async remove() {
      for (const store of stores) await store.close()
      await behind.query('rollback; drop schema if exists goaround cascade')
      await behind.end()
      left.push(url)
      for (const other of others) await other.remove()
    },
  }
}

/** The position that a reader of the whole log remembered. */
async function lastPosition(url: string): Promise<string> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ position: string }>(
    `select '0001-' || lpad(to_hex((xid::text)::bigint), 16, '0') || '-' || lpad(to_hex(seq), 16, '0') as position
     from goaround.event order by seq desc limit 1`,
  )
  await client.end()
  return rows[0]?.position ?? ''
}

const appendTo = (store: Store, stream: string, expected: number, count = 1) =>
  store.append([{ stream, expected, events: countedTo(count) }], provenance(Date.now()))

describe('the order of the log', () => {
  let database: Database
  let store: Store
  beforeEach(async () => {
    database = await postgresDatabase()
    store = await database.open()
  })
  afterEach(() => database.remove())

  const insertion = `insert into event (stream, version, type, data, recorded_at, recorded_by, hash)
    values ('slow', 1, 't', '{}', 1, 'x', 'h')`

  test('a reader waits for a writer who began earlier, and then misses nothing', async () => {
    await database.sql(`begin; ${insertion}`)
    await appendTo(store, 'quick', 0)
    expect(await store.read('quick')).toHaveLength(1)
    expect(await store.follow(null, 10)).toEqual([])
    expect(await store.head()).toBeNull()
    await database.sql('commit')
    await vi.waitFor(async () => expect(await store.follow(null, 10)).toHaveLength(2), 10_000)
    const streams = (await store.follow(null, 10)).map(({ stream }) => stream)
    expect(streams).toEqual(['slow', 'quick'])
  })

  test('events are in the order of numbers, and not of their texts', async () => {
    await appendTo(store, 's', 0, 3)
    await database.sql(`update event set xid = '99' where version = 1`)
    await database.sql(`update event set xid = '100' where version = 2`)
    await vi.waitFor(async () => expect(await store.follow(null, 10)).toHaveLength(3), 10_000)
    const all = await store.follow(null, 10)
    expect(all.map(({ version }) => version)).toEqual([1, 2, 3])
    expect(await store.follow(all[0]?.position ?? null, 1)).toEqual(all.slice(1, 2))
    expect(await store.head()).toBe(all[2]?.position)
  })

  test('a log that was restored into another cluster starts its readers again', async () => {
    await appendTo(store, 's', 0, 3)
    await vi.waitFor(async () => expect(await store.head()).not.toBeNull(), 10_000)
    // As a dump from a cluster that had counted a thousand million transactions more.
    await database.sql(`update event set xid = ((xid::text)::bigint + 1000000000)::text::xid8`)
    const position = await lastPosition(database.url ?? '')
    expect(await store.follow(null, 10)).toEqual([])

    const moved = await database.open()
    await appendTo(moved, 's', 3)
    const versions = async (after: string | null) =>
      (await moved.follow(after, 10)).map(({ version }) => version)
    await vi.waitFor(async () => expect(await versions(null)).toEqual([1, 2, 3, 4]), 10_000)
    expect(await versions(position)).toEqual([1, 2, 3, 4])
    expect((await verifyAudit(moved)).problems).toEqual([])

    const head = await moved.head()
    const reopened = await database.open()
    expect(await reopened.head()).toBe(head)
  })
})

describe('a database in trouble', () => {
  let url: URL
  let line: Line
  let store: Store
  beforeEach(async () => {
    url = new URL(await server.createDatabase())
    url.password = 's3cret'
    line = await lineTo(url)
    store = await openPostgresStore({ url: line.url })
  })
  afterEach(async () => {
    await store.close()
    await line.close()
  })

  test('that cannot be reached says so without the password, and the store goes on afterwards', async () => {
    await appendTo(store, 's', 0)
    line.cut()
    const trouble = await store.read('s').catch((error: unknown) => error)
    expect(trouble).toMatchObject({
      name: 'StoreTrouble',
      kind: 'down',
      message: `The event store at ${url.hostname}:${line.port}${url.pathname} cannot be reached. Start PostgreSQL, or check its address and the network in between; a running goaround goes on by itself once it answers, one that was being started has to be started again.`,
    })
    await expect(openPostgresStore({ url: line.url })).rejects.toMatchObject({ kind: 'down' })
    await expect(appendTo(store, 's', 1)).rejects.not.toThrow(/s3cret/)

    line.mend()
    expect(await appendTo(store, 's', 1)).toMatchObject({ ok: true })
  })

  test('that is lost during a commit says that nobody knows, and the stream tells', async () => {
    // With the end of the statement: every transaction begins as "read committed".
    line.cutAfter('commit\0')
    const trouble = await appendTo(store, 's', 0).catch((error: unknown) => error)
    expect(trouble).toMatchObject({
      kind: 'unclear',
      message: expect.stringMatching(/may or may not be recorded\. Read the stream before/),
    })
    line.mend()
    await vi.waitFor(async () => expect(await store.read('s')).toHaveLength(1), 10_000)
  })

  test('that ends idle connections, as at a restart, ends nothing of ours', async () => {
    await store.head()
    const admin = new Client({ connectionString: server.url })
    await admin.connect()
    const { rowCount } = await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = $1 and application_name = 'goaround'`,
      [url.pathname.slice(1)],
    )
    expect(rowCount).toBe(1)
    await admin.end()
    await vi.waitFor(async () => expect(await appendTo(store, 's', 0)).toBeDefined(), 10_000)
    expect(await store.read('s')).toHaveLength(1)
  })

  test('that drops its connections is listened to again', async () => {
    const heard = vi.fn<(key: string | null) => void>()
    store.onChange(heard)
    await vi.waitFor(() => expect(heard).toHaveBeenCalled(), 10_000)
    line.cut()
    heard.mockClear()
    await vi.waitFor(() => expect(heard).toHaveBeenCalledWith(null), 10_000)
    line.mend()
    const other = await openPostgresStore({ url: url.href })
    await vi.waitFor(
      async () => {
        await other.poke({ key: 'k', at: 1 })
        expect(heard).toHaveBeenCalledWith('k')
      },
      { timeout: 15_000, interval: 100 },
    )
    await other.close()
  })

  test('that does not exist, or refuses writes, or keeps us waiting is named', async () => {
    const nowhere = new URL(url)
    nowhere.pathname = '/nowhere'
    await expect(openPostgresStore({ url: nowhere.href })).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringMatching(/\/nowhere does not exist\. Make it with createdb/),
    })
    await expect(openPostgresStore({ url: 'postgres://u:s3cret@[' })).rejects.toThrow(
      /^The URL of the event store cannot be read(?!.*s3cret)/,
    )

    const admin = new Client({ connectionString: url.href })
    await admin.connect()
    await appendTo(store, 's', 0)
    await admin.query(`begin; select * from goaround.stream_head for update`)
    await expect(appendTo(store, 's', 1)).rejects.toMatchObject({
      kind: 'locked',
      message: expect.stringMatching(/kept us waiting for a lock\. Look for long transactions/),
    })
    await admin.query('rollback')

    await admin.query(
      `alter database "${url.pathname.slice(1)}" set default_transaction_read_only = on`,
    )
    const reader = await openPostgresStore({ url: url.href })
    await expect(appendTo(reader, 's', 1)).rejects.toMatchObject({ kind: 'read-only' })
    await reader.close()
    await admin.end()
  })

  test('that a newer goaround has used is refused', async () => {
    const admin = new Client({ connectionString: url.href })
    await admin.connect()
    await admin.query(`insert into goaround.migration values (2, 'later', 'x')`)
    await expect(openPostgresStore({ url: url.href })).rejects.toThrow(
      /has schema version 2, and this goaround knows 1\. A newer goaround has used it/,
    )
    await admin.end()
  })

  test('whose role may not build a schema is served once the schema is there', async () => {
    const admin = new Client({ connectionString: url.href })
    await admin.connect()
    const role = `app_${url.pathname.slice(1)}`
    await admin.query(`create role ${role} login; grant usage on schema goaround to ${role};
      grant select, insert, update, delete on all tables in schema goaround to ${role}`)
    const its = new URL(url)
    its.username = role
    const served = await openPostgresStore({ url: its.href })
    expect(await appendTo(served, 's', 0)).toMatchObject({ ok: true })
    await served.close()

    its.pathname = new URL(await server.createDatabase()).pathname
    await expect(openPostgresStore({ url: its.href })).rejects.toMatchObject({ kind: 'denied' })
    await admin.query(`drop owned by ${role}; drop role ${role}`)
    await admin.end()
  })
})

describe('migrating', () => {
  const first = {
    number: 1,
    name: 'one',
    sql: 'create table goaround.log_generation (number integer); create table goaround.event (xid xid8)',
    digest: 'd1',
  }
  const second = {
    number: 2,
    name: 'two',
    sql: 'create table goaround.two (n integer)',
    digest: 'd2',
  }

  test('replicas that start at once migrate once, and a step that fails leaves nothing behind', async () => {
    const url = await server.createDatabase()
    await Promise.all([1, 2, 3, 4].map(() => migrate(url, 'here', [first])))
    const broken = { ...second, sql: `${second.sql}; create table goaround.event (n integer)` }
    await expect(migrate(url, 'here', [first, broken])).rejects.toThrow(/already exists/)
    await migrate(url, 'here', [first, second])
    await expect(migrate(url, 'here', [first])).rejects.toThrow(/schema version 2/)
  })
})

/** A line between the store and its server that can be cut and mended. */
interface Line {
  readonly url: string
  readonly port: number
  readonly cut: () => void
  readonly mend: () => void
  /** Cuts as soon as the store has sent this text and the server has it. */
  readonly cutAfter: (text: string) => void
  readonly close: () => Promise<void>
}

async function lineTo(target: URL): Promise<Line> {
  const sockets = new Set<Socket>()
  let isCut = false
  let trigger: string | null = null
  const relay: Server = createServer((near) => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = connect(Number(target.port), target.hostname)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        near.destroy()
        far.destroy()
      })
    }
    far.pipe(near)
    near.on('data', (chunk) => {
      const isLast = trigger !== null && chunk.includes(trigger)
      if (isLast) far.unpipe(near)
      far.write(chunk, () => {
        if (isLast) setTimeout(cut, 50)
      })
    })
  })
  await new Promise<void>((resolve) => {
    relay.listen(0, '127.0.0.1', resolve)
  })
  const address = relay.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given to us')
  const url = new URL(target)
  url.port = String(address.port)
  return {
    url: url.href,
    port: address.port,
    cut,
    mend() {
      isCut = false
      trigger = null
    },
    cutAfter(text) {
      trigger = text
    },
    async close() {
      cut()
      await new Promise((resolve) => {
        relay.close(resolve)
      })
    },
  }

  function cut(): void {
    isCut = true
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
}
