import type { Instant } from '../../core/kernel/instant.ts'
import { type Anchor, type AnchoredHead, anchorHash, NOTHING_BEFORE } from '../event-hash.ts'
import { PAGE_MAX } from '../limits.ts'
import type { WalkedEvent } from '../store.ts'
import type { Queryable } from './connection.ts'
import { EVENT_COLUMNS, type PostgresEvent, toStored } from './events.ts'

/** Makes anchors take turns: each continues from the one before. `anch` in ASCII. */
const ANCHOR_LOCK = 0x61_6e_63_68

/**
 * Anchors the heads that moved since the last anchor, at most a page of them; null when none did.
 * Heads that an append holds at this moment are left for the next anchor, so nobody waits.
 */
export async function writeAnchor(db: Queryable, at: Instant): Promise<Anchor | null> {
  await db.query('select pg_advisory_xact_lock($1)', [ANCHOR_LOCK])
  const moved = await db.query<{ stream: string; version: number; hash: string }>(
    `select stream, version, hash from goaround.stream_head
     where anchored < version order by stream limit $1 for update skip locked`,
    [PAGE_MAX],
  )
  if (moved.rows.length === 0) return null

  const last = await db.query<{ number: number; hash: string }>(
    'select number, hash from goaround.anchor order by number desc limit 1',
  )
  const [before] = last.rows
  const heads = moved.rows.map(({ stream, version, hash }): AnchoredHead => [stream, version, hash])
  const unsealed = { number: (before?.number ?? 0) + 1, at, heads }
  const anchor = { ...unsealed, hash: anchorHash(before?.hash ?? NOTHING_BEFORE, unsealed) }
  await insertAnchor(db, anchor)
  return anchor
}

/** Records an anchor, and in the heads how far they are covered. */
export async function insertAnchor(db: Queryable, anchor: Anchor): Promise<void> {
  const { number, at, heads, hash } = anchor
  await db.query('insert into goaround.anchor values ($1, $2, $3, $4)', [
    number,
    at,
    JSON.stringify(heads),
    hash,
  ])
  await db.query(
    `update goaround.stream_head as head set anchored = covered.version
     from unnest($1::text[], $2::int[]) as covered (stream, version) where head.stream = covered.stream`,
    [heads.map(([stream]) => stream), heads.map(([, version]) => version)],
  )
}

/** A page of anchors, oldest first. */
export async function readAnchors(
  db: Queryable,
  afterNumber: number,
  limit: number,
): Promise<readonly Anchor[]> {
  const { rows } = await db.query<Anchor>(
    'select number, at, heads, hash from goaround.anchor where number > $1 order by number limit $2',
    [afterNumber, Math.min(limit, PAGE_MAX)],
  )
  return rows
}

/** A page of all events, stream by stream, with the head that each stream claims. */
export async function walkStreams(
  db: Queryable,
  generation: number,
  after: { readonly stream: string; readonly version: number } | null,
  limit: number,
): Promise<readonly WalkedEvent[]> {
  const { rows } = await db.query<
    PostgresEvent & { headVersion: number | null; headHash: string | null }
  >(
    `select e.*, h.version as "headVersion", h.hash as "headHash"
     from (select ${EVENT_COLUMNS} from goaround.event
           where (stream, version) > ($1, $2) order by stream, version limit $3) as e
     left join goaround.stream_head as h on h.stream = e.stream order by e.stream, e.version`,
    [after?.stream ?? '', after?.version ?? 0, Math.min(limit, PAGE_MAX)],
  )
  return rows.map(({ headVersion, headHash, ...event }) => ({
    event: toStored(event, generation),
    head:
      headVersion === null || headHash === null ? null : { version: headVersion, hash: headHash },
  }))
}

/** Streams that have a head and not one event. */
export async function emptiedStreams(
  db: Queryable,
  limit: number,
): Promise<readonly { readonly stream: string; readonly version: number }[]> {
  const { rows } = await db.query<{ stream: string; version: number }>(
    `select stream, version from goaround.stream_head as h
     where not exists (select 1 from goaround.event as e where e.stream = h.stream)
     order by stream limit $1`,
    [limit],
  )
  return rows
}

/** The hash of each event as the log has it now. */
export async function hashesAt(
  db: Queryable,
  heads: readonly AnchoredHead[],
): Promise<readonly (string | null)[]> {
  const { rows } = await db.query<{ hash: string | null }>(
    `select e.hash from unnest($1::text[], $2::int[]) with ordinality as head (stream, version, place)
     left join goaround.event as e on e.stream = head.stream and e.version = head.version order by place`,
    [heads.map(([stream]) => stream), heads.map(([, version]) => version)],
  )
  return rows.map(({ hash }) => hash)
}
