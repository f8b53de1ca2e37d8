/**
 * The clock of the database in epoch milliseconds. Leases run by it and not by the callers' `now`,
 * because it is the only clock that all replicas share: a replica whose clock is a minute ahead
 * must not take over what is still held.
 */
export const DATABASE_NOW = '(extract(epoch from clock_timestamp()) * 1000)::bigint'
