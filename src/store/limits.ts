import { DAY } from '../core/kernel/instant.ts'

/** Bytes of JSON that one event may hold. A verdict with 200 metrics takes about 60 kB. */
export const EVENT_BYTES_MAX = 256 * 1024

/** Events that one append may add, and rows that one page may hold: 1,000 typical events are about 500 kB. */
export const PAGE_MAX = 1_000

/** Length of a stream, key, id or event type. PostgreSQL indexes at most about 2,700 bytes per row. */
export const NAME_LENGTH_MAX = 500

/** How long a command id is remembered. Clients repeat within minutes; a week covers a stopped pipeline. */
export const COMMAND_IDS_KEPT_MS = 7 * DAY

/** Forgotten command ids removed per append: more than one append adds, so the table cannot grow. */
export const COMMAND_IDS_SWEPT = 100

/**
 * Every how many events the heads are anchored. An anchor costs about as much as an append, so
 * this adds 1 %; only the events since the last anchor can be cut off without a trace.
 */
export const ANCHOR_EVERY = 100
