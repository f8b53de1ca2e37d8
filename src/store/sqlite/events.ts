import type { StoredEvent } from '../../ports/event-store.ts'
import { PAGE_MAX } from '../limits.ts'
import type { Statements } from './statements.ts'

/** The columns of an event, in the words of the port except for `seq` and `data`. */
export const EVENT_COLUMNS = `seq, stream, version, type, data, recorded_at as recordedAt,
  recorded_by as recordedBy, authority, caused_by as causedBy, hash`

/** One row of EVENT_COLUMNS. */
export interface SqliteEvent extends Omit<StoredEvent, 'position' | 'data'> {
  readonly seq: number
  readonly data: string
}

/** Digits of a position: 13 hex digits count to 2^52, and equal lengths make text order log order. */
const POSITION_DIGITS = 13

/** An event as the port gives it. */
export function toStored({ seq, data, ...rest }: SqliteEvent): StoredEvent {
  return { ...rest, data: JSON.parse(data), position: positionOf(seq) }
}

/** All events of a stream behind a version. */
export function readStream(
  sql: Statements,
  stream: string,
  afterVersion: number,
): readonly StoredEvent[] {
  const rows = sql.all<SqliteEvent>(
    `select ${EVENT_COLUMNS} from event where stream = ? and version > ? order by version`,
    stream,
    afterVersion,
  )
  return rows.map(toStored)
}

/** One page of the whole log. Writers take turns, so `seq` is the order of commits. */
export function followLog(
  sql: Statements,
  after: string | null,
  limit: number,
): readonly StoredEvent[] {
  const rows = sql.all<SqliteEvent>(
    `select ${EVENT_COLUMNS} from event where seq > ? order by seq limit ?`,
    after === null ? 0 : Number.parseInt(after, 16),
    Math.min(limit, PAGE_MAX),
  )
  return rows.map(toStored)
}

/** The position of the newest event. */
export function headPosition(sql: Statements): string | null {
  const seq = sql.first<{ seq: number | null }>('select max(seq) as seq from event')?.seq ?? null
  return seq === null ? null : positionOf(seq)
}

function positionOf(seq: number): string {
  return seq.toString(16).padStart(POSITION_DIGITS, '0')
}
