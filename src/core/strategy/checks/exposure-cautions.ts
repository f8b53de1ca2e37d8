import { HOUR, sayDuration } from '../../kernel/instant.ts'
import { BUCKETS, sayShare } from '../../words/exposure-share.ts'
import type { Path } from '../problem.ts'
import type { Strategy } from '../schema.ts'
import type { Caution } from './caution.ts'

/** Memory leaks, caches, nightly work: what a bake is for shows in hours and days, not minutes. */
const BAKE_USUAL_MIN_MS = HOUR
/** HAProxy's weights end at 256; a smaller share than one part of it would be none at all. */
const HAPROXY_STEP = BUCKETS / 256
const GROUPS: Path = ['exposure', 'groups']

/** Steps that are too large, too short, or blind. */
export function exposureCautions({ groups }: Strategy['exposure']): readonly Caution[] {
  const cautions: Caution[] = []
  if (groups.length === 1) {
    cautions.push({
      path: GROUPS,
      atName: true,
      found: 'a single group: everybody gets the candidate at once',
      expected: 'a small group first',
      fix: 'add a group with a small share before it',
    })
  }
  const short = groups.find(({ bake }) => bake < BAKE_USUAL_MIN_MS)
  if (short !== undefined) {
    cautions.push({
      path: [...GROUPS, groups.indexOf(short), 'bake'],
      found: `a bake of ${sayDuration(short.bake)}`,
      expected: 'hours or days: leaks, caches and nightly work do not show in minutes',
      fix: 'lengthen it, unless this is a rehearsal or an emergency',
    })
  }
  if (groups.every(({ smoke }) => smoke.length === 0)) {
    cautions.push({
      path: GROUPS,
      atName: true,
      found: 'no smoke test in any group',
      expected: 'a test of the candidate before the first user reaches it',
      fix: 'add "smoke: [{ name: home, http: { path: / } }]" to the first group',
    })
  }
  const blind = groups.findIndex(({ minExposure, share }) => minExposure === 0 && share > 0)
  if (blind !== -1) {
    cautions.push({
      path: [...GROUPS, blind, 'minExposure'],
      found: 'a group that may pass without a single request',
      expected: 'enough requests to notice a failure',
      fix: 'remove it; the default is 50',
    })
  }
  return cautions
}

/** What weights cannot do. */
export function haproxyCautions({ groups }: Strategy['exposure']): readonly Caution[] {
  return groups.flatMap(({ share }, index) =>
    share > 0 && share < HAPROXY_STEP
      ? [
          {
            path: [...GROUPS, index, 'share'],
            found: sayShare(share),
            expected: `at least ${sayShare(Math.ceil(HAPROXY_STEP))}, HAProxy's smallest step`,
            fix: 'raise it, or the group exposes nobody',
          },
        ]
      : [],
  )
}

/** A mission-critical workload is expected to keep two full stacks. */
export function sideBySide(
  { criticality }: Strategy['workload'],
  { model }: Strategy['exposure'],
): readonly Caution[] {
  if (criticality !== 'mission-critical' || model === 'blue-green') return []
  return [
    {
      path: ['exposure', 'model'],
      found: `"${model}" for a mission-critical workload`,
      expected: '"blue-green": two full stacks side by side, so that falling back loses no time',
      fix: 'change the model, or the criticality',
    },
  ]
}
