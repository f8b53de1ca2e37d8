import type { Pool, PoolClient } from 'pg'
import type { Instant } from '../../core/kernel/instant.ts'
import { no, yes } from '../../core/kernel/result.ts'
import { type PreparedAppend, prepareAppend, preparePokes } from '../prepare-append.ts'
import type { Store } from '../store.ts'
import { emptiedStreams, hashesAt, readAnchors, walkStreams, writeAnchor } from './anchors.ts'
import { appendEvents } from './append.ts'
import { loadCheckpoint, saveCheckpoint } from './checkpoints.ts'
import { describeUrl, makePool } from './connection.ts'
import { followLog, headPosition, readStream } from './events.ts'
import { listenForPokes } from './listen.ts'
import { allViews, allWork, listViews, readView } from './lists.ts'
import { migrate } from './migrate.ts'
import { restoreBatch } from './restore.ts'
import { transaction } from './transaction.ts'
import { codeOf, sayingWhere } from './trouble.ts'
import { claimWork, nextClaimable, releaseWork, renewLeases, writePokes } from './work.ts'

const UNIQUE_VIOLATION = '23505'

export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database`. */
  readonly url: string
  /** The callers' clock, into which the end of a lease is converted. */
  readonly now?: () => Instant
}

/** What all parts of an open store share. */
interface Open {
  readonly pool: Pool
  readonly where: string
  readonly generation: number
}

/**
 * Opens the event store in PostgreSQL 15 or newer, for as many replicas as there are. Due times
 * are instants of the callers' clocks; leases run by the clock of the database alone.
 */
export async function openPostgresStore({ url, now = Date.now }: PostgresOptions): Promise<Store> {
  const where = describeUrl(url)
  const generation = await sayingWhere(where, () => migrate(url, where))
  const pool = makePool(url)
  const open = { pool, where, generation }
  const listening = listenForPokes(url)
  return {
    where,
    ...logOf(open),
    ...workOf(open, now),
    ...upkeepOf(open),
    onChange: listening.subscribe,
    async close() {
      await listening.close()
      if (!pool.ended) await pool.end()
    },
  }
}

type Log = Pick<
  Store,
  'read' | 'append' | 'follow' | 'head' | 'list' | 'view' | 'saveCheckpoint' | 'loadCheckpoint'
>

function logOf(open: Open): Log {
  const { pool, where, generation } = open
  return {
    read: (stream, afterVersion = 0) =>
      sayingWhere(where, () => readStream(pool, generation, stream, afterVersion)),
    append: (appends, provenance, options = {}) =>
      sayingWhere(where, () => append(open, prepareAppend(appends, provenance, options))),
    follow: (after, limit) => sayingWhere(where, () => followLog(pool, generation, after, limit)),
    head: () => sayingWhere(where, () => headPosition(pool, generation)),
    list: (kind, page) => sayingWhere(where, () => listViews(pool, kind, page)),
    view: (kind, id) => sayingWhere(where, () => readView(pool, kind, id)),
    saveCheckpoint: (key, value) => sayingWhere(where, () => saveCheckpoint(pool, key, value)),
    loadCheckpoint: (key) => sayingWhere(where, () => loadCheckpoint(pool, key)),
  }
}

type Work = Pick<Store, 'claim' | 'renew' | 'release' | 'poke' | 'nextDue'>

function workOf({ pool, where }: Open, now: () => Instant): Work {
  return {
    claim: (owner, at, limit, leaseMs) =>
      sayingWhere(where, () => claimWork(pool, { owner, now: at, limit, leaseMs })),
    renew: (fences, _at, leaseMs) => sayingWhere(where, () => renewLeases(pool, fences, leaseMs)),
    release: (lease, nextAt) => sayingWhere(where, () => releaseWork(pool, lease, nextAt)),
    poke: (poke) =>
      sayingWhere(where, async () => {
        await written(pool, where, (db) => writePokes(db, preparePokes([poke])))
      }),
    nextDue: () => sayingWhere(where, () => nextClaimable(pool, now())),
  }
}

type Upkeep = Pick<
  Store,
  'walk' | 'emptied' | 'anchors' | 'hashesAt' | 'anchor' | 'allViews' | 'allWork' | 'restore'
>

function upkeepOf({ pool, where, generation }: Open): Upkeep {
  return {
    walk: (after, limit) => sayingWhere(where, () => walkStreams(pool, generation, after, limit)),
    emptied: (limit) => sayingWhere(where, () => emptiedStreams(pool, limit)),
    anchors: (afterNumber, limit) =>
      sayingWhere(where, () => readAnchors(pool, afterNumber, limit)),
    hashesAt: (heads) => sayingWhere(where, () => hashesAt(pool, heads)),
    anchor: (at) => sayingWhere(where, () => written(pool, where, (db) => writeAnchor(db, at))),
    allViews: (after, limit) => sayingWhere(where, () => allViews(pool, after, limit)),
    allWork: (after, limit) => sayingWhere(where, () => allWork(pool, after, limit)),
    restore: (batch) =>
      sayingWhere(where, () => written(pool, where, (db) => restoreBatch(db, batch))),
  }
}

async function append(
  { pool, where }: Open,
  prepared: PreparedAppend,
): ReturnType<Store['append']> {
  try {
    const outcome = await transaction(pool, where, (db) => appendEvents(db, prepared))
    if (!outcome.ok) return no(outcome.problem)
    const { repeated, anchorDue } = outcome.value
    if (anchorDue) {
      // The append is recorded whatever happens here; heads that stay behind are in the next anchor.
      await written(pool, where, (db) => writeAnchor(db, prepared.provenance.at)).catch(() => null)
    }
    return yes({ repeated })
  } catch (error) {
    // Only events are inserted without looking first, so somebody else took the version.
    if (codeOf(error) === UNIQUE_VIOLATION) return no('stream-moved-on')
    throw error
  }
}

/** One transaction that nothing but an error undoes. */
async function written<T>(
  pool: Pool,
  where: string,
  work: (db: PoolClient) => Promise<T>,
): Promise<T> {
  const outcome = await transaction<T, never>(pool, where, async (db) => yes(await work(db)))
  return outcome.ok ? outcome.value : outcome.problem
}
