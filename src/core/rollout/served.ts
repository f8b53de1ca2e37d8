import { type Instant, isoInstant } from '../kernel/instant.ts'
import { BUCKETS } from '../words/exposure-share.ts'
import { isExposed } from './exposure.ts'
import { groupAt, type Rollout } from './state.ts'

/** What one user had at one moment. */
export interface Served {
  readonly arm: 'candidate' | 'control' | 'unknown'
  /** The first group that holds the user; null when it cannot be told. */
  readonly group: string | null
  /** Null when it cannot be told, and when nothing served before. */
  readonly release: string | null
  readonly because: string
}

/**
 * Which release served a user, by the same hash that routes them. Where requests are drawn one by
 * one there is no such thing as the user's release, and nothing is guessed.
 */
export function servedTo(rollout: Rollout, user: string, at: Instant): Served {
  const { strategy, id: salt, exposures, release, baseline } = rollout
  const { traffic, exposure } = strategy
  const isSticky = traffic.driver === 'builtin' && traffic.subjectHeader !== undefined
  const first = exposure.groups.find(({ share, cohort }) =>
    isExposed(user, { buckets: share, salt, cohort }),
  )
  const group = isSticky ? (first?.name ?? null) : null
  const control = { arm: 'control', group, release: baseline?.release ?? null } as const
  const candidate = { arm: 'candidate', group, release } as const
  const latest = exposures.findLast((one) => one.at <= at)
  const when = isoInstant(at)
  if (latest === undefined || latest.buckets === 0)
    return { ...control, because: `nobody had ${release} at ${when}` }
  if (latest.buckets >= BUCKETS) return { ...candidate, because: `everybody had ${release}` }
  if (!isSticky) {
    const because =
      'each request is drawn by itself, so the user may have had both (traffic.subjectHeader makes users sticky)'
    return { arm: 'unknown', group, release: null, because }
  }
  const { cohort } = groupAt(rollout, latest.index)
  const has = isExposed(user, { buckets: latest.buckets, salt, cohort })
  return has
    ? { ...candidate, because: `the user is in group '${group ?? ''}', which had ${release}` }
    : {
        ...control,
        because: `the user is in group '${group ?? ''}', which did not have ${release}`,
      }
}
