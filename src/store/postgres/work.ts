import type { Instant, Millis } from '../../core/kernel/instant.ts'
import type { Fence, Lease, Poke } from '../../ports/event-store.ts'
import { PAGE_MAX } from '../limits.ts'
import type { Queryable } from './connection.ts'
import { DATABASE_NOW } from './database-clock.ts'

/** The channel on which the keys of poked work are announced. */
export const POKED_CHANNEL = 'goaround_poked'

/**
 * Locks the work that an append is made under or pokes, in the order of keys. False when the
 * fence is no longer held.
 */
export async function lockWork(
  db: Queryable,
  fence: Fence | null,
  pokes: readonly Poke[],
): Promise<boolean> {
  const keys = pokes.map(({ key }) => key)
  if (fence !== null) keys.push(fence.key)
  if (keys.length === 0) return true
  const { rows } = await db.query<{
    key: string
    owner: string | null
    epoch: number
    live: boolean
  }>(
    `select key, owner, epoch, lease_until > ${DATABASE_NOW} as live from goaround.work
     where key = any($1::text[]) order by key for update`,
    [keys],
  )
  if (fence === null) return true
  const held = rows.find(({ key }) => key === fence.key)
  return held !== undefined && held.owner === fence.owner && held.epoch === fence.epoch && held.live
}

/**
 * Asks for looks no later than `at`, and tells all processes. Free work becomes due then, unless it
 * is due sooner; work that is held keeps the wish beside its due time until it is given back.
 */
export async function writePokes(db: Queryable, pokes: readonly Poke[]): Promise<void> {
  if (pokes.length === 0) return
  const keys = pokes.map(({ key }) => key)
  await db.query(
    `insert into goaround.work as work (key, run_at, want)
     select key, at, 1 from unnest($1::text[], $2::bigint[]) as poke (key, at) order by key collate "C"
     on conflict (key) do update set
       want = work.want + 1,
       run_at = case when work.owner is null then least(work.run_at, excluded.run_at) else work.run_at end,
       poked_at = case when work.owner is null then null else least(work.poked_at, excluded.run_at) end`,
    [keys, pokes.map(({ at }) => at)],
  )
  await db.query(`select pg_notify('${POKED_CHANNEL}', key) from unnest($1::text[]) as key`, [keys])
}

/**
 * Leases due work that nobody holds, the longest due first. What is due is decided by the caller's
 * clock, whose instants they are; what is held, by the clock of the database.
 */
export async function claimWork(
  db: Queryable,
  wish: {
    readonly owner: string
    readonly now: Instant
    readonly limit: number
    readonly leaseMs: Millis
  },
): Promise<readonly Lease[]> {
  const { owner, now, limit, leaseMs } = wish
  const { rows } = await db.query<Omit<Lease, 'leaseUntil'>>(
    `update goaround.work as work
     set owner = $1, epoch = work.epoch + 1, lease_until = ${DATABASE_NOW} + $2, poked_at = null
     from (select key from goaround.work
           where run_at <= $3 and (owner is null or lease_until <= ${DATABASE_NOW})
           order by run_at, key limit $4 for update skip locked) as due
     where work.key = due.key
     returning work.key, work.owner, work.epoch, work.run_at as "dueAt", work.want`,
    [owner, leaseMs, now, Math.min(limit, PAGE_MAX)],
  )
  return rows
    .map((row) => ({ ...row, leaseUntil: now + leaseMs }))
    .toSorted((a, b) => a.dueAt - b.dueAt || (a.key < b.key ? -1 : 1))
}

/**
 * Extends the leases that nobody has taken over, even those that have just run out, and answers
 * how often each key has been poked.
 */
export async function renewLeases(
  db: Queryable,
  fences: readonly Fence[],
  leaseMs: Millis,
): Promise<readonly { readonly key: string; readonly want: number }[]> {
  if (fences.length === 0) return []
  const { rows } = await db.query<{ key: string; want: number }>(
    `with held as (
       select work.key from goaround.work as work
       join unnest($1::text[], $2::text[], $3::int[]) as fence (key, owner, epoch)
         on work.key = fence.key and work.owner = fence.owner and work.epoch = fence.epoch
       order by work.key for update of work)
     update goaround.work as work set lease_until = ${DATABASE_NOW} + $4
     from held where work.key = held.key returning work.key, work.want`,
    [
      fences.map(({ key }) => key),
      fences.map(({ owner }) => owner),
      fences.map(({ epoch }) => epoch),
      leaseMs,
    ],
  )
  return rows
}

/** Gives work back, due at `nextAt` or at the earliest poke since the claim. */
export async function releaseWork(
  db: Queryable,
  { key, owner, epoch }: Fence,
  nextAt: Instant | null,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update goaround.work
     set owner = null, lease_until = 0, run_at = least($1::bigint, poked_at), poked_at = null
     where key = $2 and owner = $3 and epoch = $4`,
    [nextAt, key, owner, epoch],
  )
  return rowCount === 1
}

/**
 * When the next work can be claimed: free work when it is due, held work when its lease runs out
 * as well, which is converted to the caller's clock by the time that is left.
 */
export async function nextClaimable(db: Queryable, now: Instant): Promise<Instant | null> {
  const { rows } = await db.query<{ at: Instant | null }>(
    `select least(
       (select run_at from goaround.work
        where run_at is not null and owner is null order by run_at limit 1),
       (select min(greatest(run_at, lease_until - ${DATABASE_NOW} + $1::bigint)) from goaround.work
        where owner is not null)) as at`,
    [now],
  )
  return rows[0]?.at ?? null
}
