import type { StoredEvent } from '../../ports/event-store.ts'
import { PAGE_MAX } from '../limits.ts'
import type { Queryable } from './connection.ts'

/**
 * The columns of an event, in the words of the port except for the two that make its position.
 * The text of `xid` has a name of its own: `order by xid` has to mean the number.
 */
export const EVENT_COLUMNS = `xid::text as transaction, seq, stream, version, type, data,
  recorded_at as "recordedAt", recorded_by as "recordedBy", authority, caused_by as "causedBy", hash`

/** One row of EVENT_COLUMNS. */
export interface PostgresEvent extends Omit<StoredEvent, 'position'> {
  readonly transaction: string
  readonly seq: number
}

/** Hex digits of each 64-bit part of a position: equal lengths make text order log order. */
const PART_DIGITS = 16

const GENERATION_DIGITS = 4

/** An event as the port gives it. */
export function toStored(row: PostgresEvent, generation: number): StoredEvent {
  const { transaction, seq, ...rest } = row
  return { ...rest, position: positionOf(generation, transaction, seq) }
}

/** All events of a stream behind a version, read in pages so that no statement is huge. */
export async function readStream(
  db: Queryable,
  generation: number,
  stream: string,
  afterVersion: number,
): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = []
  for (;;) {
    const { rows } = await db.query<PostgresEvent>(
      `select ${EVENT_COLUMNS} from goaround.event
       where stream = $1 and version > $2 order by version limit $3`,
      [stream, events.at(-1)?.version ?? afterVersion, PAGE_MAX],
    )
    events.push(...rows.map((row) => toStored(row, generation)))
    if (rows.length < PAGE_MAX) return events
  }
}

/**
 * One page of the whole log, up to the oldest transaction that is still running: what comes later
 * can only come behind it. A position from before the log was moved starts at the beginning, since
 * hearing of an event twice is allowed and missing one is not.
 */
export async function followLog(
  db: Queryable,
  generation: number,
  after: string | null,
  limit: number,
): Promise<readonly StoredEvent[]> {
  const [xid, seq] = placeOf(after, generation)
  const { rows } = await db.query<PostgresEvent>(
    `select ${EVENT_COLUMNS} from goaround.event
     where (xid, seq) > ($1::xid8, $2::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
     order by xid, seq limit $3`,
    [xid, seq, Math.min(limit, PAGE_MAX)],
  )
  return rows.map((row) => toStored(row, generation))
}

/** The position of the newest event that readers can see. */
export async function headPosition(db: Queryable, generation: number): Promise<string | null> {
  const { rows } = await db.query<{ transaction: string; seq: number }>(
    `select xid::text as transaction, seq from goaround.event
     where xid < pg_snapshot_xmin(pg_current_snapshot()) order by xid desc, seq desc limit 1`,
  )
  const [last] = rows
  return last === undefined ? null : positionOf(generation, last.transaction, last.seq)
}

function positionOf(generation: number, xid: string, seq: number): string {
  const parts = [
    generation.toString(16).padStart(GENERATION_DIGITS, '0'),
    BigInt(xid).toString(16).padStart(PART_DIGITS, '0'),
    seq.toString(16).padStart(PART_DIGITS, '0'),
  ]
  return parts.join('-')
}

function placeOf(position: string | null, generation: number): readonly [string, string] {
  const [of = '', xid = '', seq = ''] = position?.split('-') ?? []
  if (Number.parseInt(of, 16) !== generation) return ['0', '0']
  return [BigInt(`0x${xid}`).toString(), BigInt(`0x${seq}`).toString()]
}
