import type { DatabaseSync } from 'node:sqlite'
import { type Result, yes } from '../../core/kernel/result.ts'
import { prepareAppend, preparePokes } from '../prepare-append.ts'
import type { Store } from '../store.ts'
import { emptiedStreams, hashesAt, readAnchors, walkStreams, writeAnchor } from './anchors.ts'
import { appendEvents } from './append.ts'
import { bellOf, ringForOthers } from './change-bell.ts'
import { loadCheckpoint, saveCheckpoint } from './checkpoints.ts'
import { connect, immediately, migrate } from './connect.ts'
import { followLog, headPosition, readStream } from './events.ts'
import { allViews, allWork, listViews, readView } from './lists.ts'
import { restoreBatch } from './restore.ts'
import { statementsOf } from './statements.ts'
import { sayingWhere } from './trouble.ts'
import { claimWork, nextClaimable, releaseWork, renewLeases, writePoke } from './work.ts'

/** How often we ask whether another process wrote to the file: soon enough for a person who is watching. */
const POLL_MS = 250

export type SqliteOptions =
  | {
      /** A file, which is made when it is missing, or `:memory:`. */
      readonly path: string
      readonly pollMs?: number
    }
  | {
      /** The database of another handle: a second process on the same memory, in a simulation. */
      readonly database: DatabaseSync
    }

/** A store together with the connection that another handle may share. */
export interface SqliteStore extends Store {
  readonly database: DatabaseSync
}

/**
 * Opens the embedded event store. Every call does its work before it returns, so that a database
 * in memory (which has no timers and asks no clock) can stand inside a deterministic simulation.
 * Leases run by the `now` of the callers: all of them are on one machine.
 */
export function openSqliteStore(options: SqliteOptions): SqliteStore {
  const shared = 'database' in options
  const inMemory = shared || options.path === ':memory:'
  const where = inMemory ? 'in memory' : `at ${options.path}`
  const db = shared ? options.database : connect(options.path, where)
  try {
    migrate(db, where)
  } catch (error) {
    if (!shared) db.close()
    throw error
  }

  const watch = watching(db, inMemory ? null : (options.pollMs ?? POLL_MS))
  return {
    where,
    database: db,
    ...logOf(db, where),
    ...workOf(db, where),
    ...upkeepOf(db, where),
    onChange: watch.subscribe,
    close: () =>
      at(where, () => {
        watch.stop()
        if (!shared && db.isOpen) db.close()
      }),
  }
}

type Log = Pick<
  Store,
  'read' | 'append' | 'follow' | 'head' | 'list' | 'view' | 'saveCheckpoint' | 'loadCheckpoint'
>

function logOf(db: DatabaseSync, where: string): Log {
  const sql = statementsOf(db)
  return {
    read: (stream, afterVersion = 0) => at(where, () => readStream(sql, stream, afterVersion)),
    append: (appends, provenance, options = {}) =>
      at(where, () => {
        const append = prepareAppend(appends, provenance, options)
        const outcome = immediately(db, () => appendEvents(sql, append))
        if (outcome.ok && !outcome.value.repeated)
          bellOf(db).ring(append.pokes.map(({ key }) => key))
        return outcome
      }),
    follow: (after, limit) => at(where, () => followLog(sql, after, limit)),
    head: () => at(where, () => headPosition(sql)),
    list: (kind, page) => at(where, () => listViews(sql, kind, page)),
    view: (kind, id) => at(where, () => readView(sql, kind, id)),
    saveCheckpoint: (key, value) => at(where, () => saveCheckpoint(sql, key, value)),
    loadCheckpoint: (key) => at(where, () => loadCheckpoint(sql, key)),
  }
}

type Work = Pick<Store, 'claim' | 'renew' | 'release' | 'poke' | 'nextDue'>

function workOf(db: DatabaseSync, where: string): Work {
  const sql = statementsOf(db)
  return {
    claim: (owner, now, limit, leaseMs) =>
      at(where, () => claimWork(sql, { owner, now, limit, leaseMs })),
    renew: (fences, now, leaseMs) =>
      at(where, () => written(db, () => renewLeases(sql, fences, now + leaseMs))),
    release: (lease, nextAt) => at(where, () => releaseWork(sql, lease, nextAt)),
    poke: (poke) =>
      at(where, () => {
        for (const one of preparePokes([poke])) writePoke(sql, one)
        bellOf(db).ring([poke.key])
      }),
    nextDue: () => at(where, () => nextClaimable(sql)),
  }
}

type Upkeep = Pick<
  Store,
  'walk' | 'emptied' | 'anchors' | 'hashesAt' | 'anchor' | 'allViews' | 'allWork' | 'restore'
>

function upkeepOf(db: DatabaseSync, where: string): Upkeep {
  const sql = statementsOf(db)
  return {
    walk: (after, limit) => at(where, () => walkStreams(sql, after, limit)),
    emptied: (limit) => at(where, () => emptiedStreams(sql, limit)),
    anchors: (afterNumber, limit) => at(where, () => readAnchors(sql, afterNumber, limit)),
    hashesAt: (heads) => at(where, () => hashesAt(sql, heads)),
    anchor: (now) => at(where, () => written(db, () => writeAnchor(sql, now))),
    allViews: (after, limit) => at(where, () => allViews(sql, after, limit)),
    allWork: (after, limit) => at(where, () => allWork(sql, after, limit)),
    restore: (batch) => at(where, () => written(db, () => restoreBatch(sql, batch))),
  }
}

/** Does the work at once; what goes wrong becomes a rejection that says where. */
async function at<T>(where: string, work: () => T): Promise<T> {
  return sayingWhere(where, work)
}

/** One write transaction that nothing but an error undoes. */
function written<T>(db: DatabaseSync, work: () => T): T {
  const outcome: Result<T, never> = immediately(db, () => yes(work()))
  return outcome.ok ? outcome.value : outcome.problem
}

/** Who wants to hear of changes. Other processes are watched only once somebody does. */
function watching(
  db: DatabaseSync,
  pollMs: number | null,
): { readonly subscribe: Store['onChange']; readonly stop: () => void } {
  let stopPolling: (() => void) | null = null
  const leave = new Set<() => void>()
  return {
    subscribe(callback) {
      if (pollMs !== null) stopPolling ??= ringForOthers(db, bellOf(db), pollMs)
      const mine = bellOf(db).subscribe(callback)
      leave.add(mine)
      return mine
    },
    stop() {
      stopPolling?.()
      for (const mine of leave) mine()
    },
  }
}
