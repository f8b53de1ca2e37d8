import { xxHash32 } from 'js-xxhash'
import { BUCKETS } from '../words/exposure-share.ts'

/** Who gets the candidate of one rollout: a share of all subjects, and some by name. */
export interface Exposure {
  /** The candidate's share, in buckets of 10,000. */
  readonly buckets: number
  /** Makes the buckets of one rollout independent of those of another. */
  readonly salt: string
  /** Subjects that get the candidate whatever their bucket, while there is any share at all. */
  readonly cohort: readonly string[]
}

/**
 * The bucket of a subject, 0 to 9,999: xxHash32 with seed 0 over the UTF-8 bytes of
 * `salt/subject`, modulo 10,000. That is what HAProxy computes with `xxh32,mod(10000)` on the
 * same text, so that routers, flags and "which group is this user in" agree. 2^32 is not a
 * multiple of 10,000; the first buckets are too likely by one part in 430,000, which no rollout
 * is large enough to notice.
 */
export function bucketOf(subject: string, salt: string): number {
  return xxHash32(`${salt}/${subject}`) % BUCKETS
}

/**
 * Whether a subject gets the candidate. A share takes the lowest buckets, so a growing share only
 * ever adds subjects; at a share of nothing nobody is exposed, not even the cohort.
 */
export function isExposed(subject: string, exposure: Exposure): boolean {
  if (exposure.buckets <= 0) return false
  return exposure.cohort.includes(subject) || bucketOf(subject, exposure.salt) < exposure.buckets
}
