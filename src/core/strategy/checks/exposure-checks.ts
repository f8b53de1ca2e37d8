import { sayDuration } from '../../kernel/instant.ts'
import { BUCKETS, sayShare } from '../../words/exposure-share.ts'
import type { Path } from '../problem.ts'
import type { Remark } from '../remark.ts'
import type { Group, Strategy } from '../schema.ts'
import { type Check, check } from './check.ts'
import { repeatedNames } from './names.ts'

const GROUPS: Path = ['exposure', 'groups']

/** The groups as steps: they must lead outwards and end with everybody. */
export const EXPOSURE_CHECKS: readonly Check[] = [
  check(['exposure'], ({ exposure: { groups } }) => repeatedNames(groups, GROUPS, 'group')),
  check(['exposure'], ({ exposure: { groups } }) => groups.flatMap(growsFrom)),
  check(['exposure'], ({ exposure: { groups } }) => endsWithEverybody(groups)),
  check(['exposure'], ({ exposure: { groups } }) => groups.flatMap(bakesAsLong)),
  check(['exposure'], ({ exposure: { groups } }) => groups.flatMap(canPass)),
  check(['exposure'], ({ exposure: { groups } }) => groups.flatMap(windowsOpen)),
  check(['exposure'], ({ exposure: { groups } }) => groups.flatMap(smokeIsOneThing)),
  check(['exposure', 'traffic'], ({ exposure: { groups }, traffic }) =>
    groups.flatMap((group, index) => cohortIsKnown(group, index, traffic)),
  ),
]

function growsFrom(group: Group, index: number, groups: readonly Group[]): readonly Remark[] {
  const before = groups[index - 1]
  if (before === undefined || group.share > before.share) return []
  return [
    {
      severity: 'error',
      path: [...GROUPS, index, 'share'],
      found: `${sayShare(group.share)} after ${sayShare(before.share)}`,
      expected: `more than the ${sayShare(before.share)} of the group "${before.name}" before it`,
      fix: 'let each group be larger than the one before',
    },
  ]
}

function endsWithEverybody(groups: readonly Group[]): readonly Remark[] {
  const last = groups.at(-1)
  if (last === undefined || last.share === BUCKETS) return []
  return [
    {
      severity: 'error',
      path: [...GROUPS, groups.length - 1, 'share'],
      found: `${sayShare(last.share)} in the last group "${last.name}"`,
      expected: '100 %: a rollout that ends below never ends, and two releases stay in production',
      fix: 'add a group with "share: 100%"',
    },
  ]
}

function bakesAsLong(group: Group, index: number, groups: readonly Group[]): readonly Remark[] {
  const before = groups[index - 1]
  if (before === undefined || group.bake >= before.bake) return []
  return [
    {
      severity: 'error',
      path: [...GROUPS, index, 'bake'],
      found: `${sayDuration(group.bake)} after ${sayDuration(before.bake)}`,
      expected: `at least the ${sayDuration(before.bake)} of the group "${before.name}": more users and more zones need more time, not less`,
      fix: 'lengthen this bake, or shorten the one before',
    },
  ]
}

/** A group that can never pass would wait for a person every time. */
function canPass(group: Group, index: number): readonly Remark[] {
  const remarks: Remark[] = []
  if (group.share === 0 && group.minExposure > 0 && group.cohort.length === 0) {
    remarks.push({
      severity: 'error',
      path: [...GROUPS, index, 'minExposure'],
      found: `a share of 0 % that needs ${group.minExposure} requests to pass`,
      expected: 'no minimum where nobody gets the candidate',
      fix: 'add "minExposure: 0", or a share above 0%',
    })
  }
  if (group.giveUpAfter !== undefined && group.giveUpAfter <= group.bake) {
    remarks.push({
      severity: 'error',
      path: [...GROUPS, index, 'giveUpAfter'],
      found: `giving up after ${sayDuration(group.giveUpAfter)}, within the bake of ${sayDuration(group.bake)}`,
      expected: 'longer than the bake, which the group always needs',
      fix: 'lengthen it, or remove it',
    })
  }
  return remarks
}

function windowsOpen(group: Group, index: number): readonly Remark[] {
  return group.windows.flatMap(({ from, to, zone }, place) => {
    const path = [...GROUPS, index, 'windows', place]
    const remarks: Remark[] = []
    if (from >= to) {
      remarks.push({
        severity: 'error',
        path: [...path, 'to'],
        found: `a window from ${from} to ${to}`,
        expected: 'an end after the start, on the same day',
        fix: 'write a window over midnight as two',
      })
    }
    if (!isZone(zone)) {
      remarks.push({
        severity: 'error',
        path: [...path, 'zone'],
        found: `the time zone "${zone}"`,
        expected: 'a name of the IANA time zone database',
        fix: 'use a name such as "Europe/Oslo" or "UTC"',
      })
    }
    return remarks
  })
}

function smokeIsOneThing(group: Group, index: number): readonly Remark[] {
  const at = [...GROUPS, index, 'smoke']
  const wrong = group.smoke.flatMap((smoke, place): readonly Remark[] => {
    const ways = (['http', 'command', 'junit'] as const).filter((way) => smoke[way] !== undefined)
    if (ways.length === 1) return []
    const [many, named] = [ways.length > 1, ways.map((way) => `"${way}"`).join(' and ')]
    return [
      {
        severity: 'error',
        path: [...at, place],
        found: `the smoke test "${smoke.name}" with ${many ? `both ${named}` : 'neither "http" nor "command" nor "junit"'}`,
        expected: 'exactly one of "http", "command" and "junit"',
        fix: many ? 'make it several tests' : 'say what it does, as in "http: { path: / }"',
      },
    ]
  })
  return [...wrong, ...repeatedNames(group.smoke, at, 'smoke test')]
}

function cohortIsKnown(
  { cohort }: Group,
  index: number,
  traffic: Strategy['traffic'],
): readonly Remark[] {
  if (cohort.length === 0) return []
  const told = {
    severity: 'error',
    path: [...GROUPS, index, 'cohort'],
    found: 'a cohort of users, and a router that cannot tell users apart',
  } as const
  if (traffic.driver === 'haproxy') {
    const expected = 'shares only: HAProxy splits by weight'
    return [{ ...told, expected, fix: 'leave the cohort out, or use the builtin router' }]
  }
  if (traffic.subjectHeader !== undefined) return []
  const expected = 'a request header that names the user'
  return [{ ...told, expected, fix: 'add "subjectHeader: x-user-id" to traffic' }]
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
