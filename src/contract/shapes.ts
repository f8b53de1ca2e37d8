import { z } from 'zod'

/** Names of rollouts are short; anything longer was not made by goaround. */
const ID_MAX = 128
/** A cursor is a rollout's name with its place in the order of a list. */
const CURSOR_MAX = 256
/** A reason is a sentence or two. It is kept for ever and read out in postmortems. */
const REASON_MAX = 2_000
/** More rows than this is a download, not a page. */
const PAGE_MAX = 100
const PAGE_USUAL = 50
/** The farthest instant that a `Date` can hold, in epoch milliseconds. */
const INSTANT_MAX = 8.64e15

/** A point in time on the wire: epoch milliseconds, UTC. */
export const At = z.int().min(-INSTANT_MAX).max(INSTANT_MAX)

/** The name of a rollout, as the server gave it. */
export const RolloutId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected the id of a rollout')
  .max(ID_MAX)

/** Why a person does something. It may not be blank: the timeline quotes it. */
export const Because = z
  .string()
  .max(REASON_MAX)
  .regex(/\S/, 'expected a reason, such as "error rate looks wrong"')

/** A share of the traffic, in buckets of 10,000: 500 is 5 %. */
export const Buckets = z.int().min(0).max(10_000)

/** How a list is paged: `after` is the `next` of the page before. */
export const PageQuery = z.strictObject({
  after: z.string().min(1).max(CURSOR_MAX).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_USUAL),
})

/** One page of rows; `next` is null on the last page. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({ items: z.array(row), next: z.string().nullable() })
}
