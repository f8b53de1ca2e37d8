import type { Instant } from '../../core/kernel/instant.ts'
import type { Fence, Lease, Poke } from '../../ports/event-store.ts'
import { PAGE_MAX } from '../limits.ts'
import type { Statements } from './statements.ts'

/** True while the lease is still the fence's own and has not run out. */
export function holds(sql: Statements, { key, owner, epoch }: Fence, now: Instant): boolean {
  const held = sql.first(
    'select 1 from work where key = ? and owner = ? and epoch = ? and lease_until > ?',
    key,
    owner,
    epoch,
    now,
  )
  return held !== null
}

/**
 * Asks for a look no later than `at`. Free work becomes due then, unless it is due sooner; work
 * that is held keeps the wish beside its due time until it is given back.
 */
export function writePoke(sql: Statements, { key, at }: Poke): void {
  sql.run(
    `insert into work (key, run_at, want) values (?, ?, 1)
     on conflict (key) do update set
       want = want + 1,
       run_at = case when owner is null then min(coalesce(run_at, excluded.run_at), excluded.run_at) else run_at end,
       poked_at = case when owner is null then null else min(coalesce(poked_at, excluded.run_at), excluded.run_at) end`,
    key,
    at,
  )
}

/** Leases due work that nobody holds, the longest due first. The due time stays, should the holder die. */
export function claimWork(
  sql: Statements,
  { owner, now, limit, leaseMs }: ClaimWish,
): readonly Lease[] {
  const claimed = sql.all<Lease>(
    `update work set owner = ?, epoch = epoch + 1, lease_until = ?, poked_at = null
     where key in (
       select key from work where run_at <= ? and (owner is null or lease_until <= ?)
       order by run_at, key limit ?)
     returning key, owner, epoch, run_at as dueAt, lease_until as leaseUntil, want`,
    owner,
    now + leaseMs,
    now,
    now,
    Math.min(limit, PAGE_MAX),
  )
  return claimed.toSorted((a, b) => a.dueAt - b.dueAt || (a.key < b.key ? -1 : 1))
}

interface ClaimWish {
  readonly owner: string
  readonly now: Instant
  readonly limit: number
  readonly leaseMs: number
}

/**
 * Extends the leases that nobody has taken over, even those that have just run out, and answers
 * how often each key has been poked.
 */
export function renewLeases(
  sql: Statements,
  fences: readonly Fence[],
  until: Instant,
): readonly Renewed[] {
  return fences.flatMap(({ key, owner, epoch }) =>
    sql.all<Renewed>(
      `update work set lease_until = ? where key = ? and owner = ? and epoch = ?
       returning key, want`,
      until,
      key,
      owner,
      epoch,
    ),
  )
}

interface Renewed {
  readonly key: string
  readonly want: number
}

/** Gives work back, due at `nextAt` or at the earliest poke since the claim. */
export function releaseWork(
  sql: Statements,
  { key, owner, epoch }: Fence,
  nextAt: Instant | null,
): boolean {
  const released = sql.run(
    `update work set owner = null, lease_until = 0, poked_at = null,
       run_at = coalesce(min(?, poked_at), ?, poked_at)
     where key = ? and owner = ? and epoch = ?`,
    nextAt,
    nextAt,
    key,
    owner,
    epoch,
  )
  return released === 1
}

/** When the next work can be claimed: free work when it is due, held work when its lease runs out as well. */
export function nextClaimable(sql: Statements): Instant | null {
  const free = sql.first<{ at: Instant }>(
    'select run_at as at from work where run_at is not null and owner is null order by run_at limit 1',
  )
  const held = sql.first<{ at: Instant | null }>(
    'select min(max(run_at, lease_until)) as at from work where owner is not null',
  )
  const times = [free?.at ?? null, held?.at ?? null].filter((at) => at !== null)
  return times.length === 0 ? null : Math.min(...times)
}
