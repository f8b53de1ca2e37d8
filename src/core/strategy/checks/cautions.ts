import { DAY, type Instant, sayDuration, startOfDay } from '../../kernel/instant.ts'
import type { Remark } from '../remark.ts'
import type { Branch, Strategy } from '../schema.ts'
import type { Caution } from './caution.ts'
import { type Check, check } from './check.ts'
import { exposureCautions, haproxyCautions, sideBySide } from './exposure-cautions.ts'
import { treeCautions, wayOutCautions } from './way-out-cautions.ts'

/** What experience warns of. None of it refuses a strategy: there are reasons for each. */
export const CAUTIONS: readonly Check[] = [
  check(['exposure'], ({ exposure }) => warn(exposureCautions(exposure))),
  check(['exposure', 'traffic'], ({ exposure, traffic }) =>
    traffic.driver === 'haproxy' ? warn(haproxyCautions(exposure)) : [],
  ),
  check(['workload', 'exposure'], ({ workload, exposure }) => warn(sideBySide(workload, exposure))),
  check(['workload'], ({ workload }) => warn(releaseReaches(workload))),
  check(['detection'], ({ detection }) => warn(detectionCautions(detection))),
  check(['mitigations'], ({ mitigations }) => warn(wayOutCautions(mitigations))),
  check(['decision', 'mitigations', 'workload'], ({ decision, mitigations, workload }) =>
    warn(treeCautions(decision.tree, mitigations, workload)),
  ),
  check(['communication'], ({ communication }) => warn(audienceCautions(communication))),
  check(['practice', 'decision'], ({ practice, decision }) =>
    warn(nothingRehearsed(practice, decision.tree)),
  ),
]

/** Rehearsals that no longer count at this moment. */
export function cautionsAt(now: Instant): Check {
  return check(['practice'], ({ practice: { credits } }) =>
    warn(
      credits.flatMap(({ mitigation, rehearsedOn, freshFor }, index) => {
        const at = startOfDay(rehearsedOn)
        const path = ['practice', 'credits', index, 'rehearsedOn']
        if (at > now) {
          return [
            {
              path,
              found: `a rehearsal on ${rehearsedOn}, which is still to come`,
              expected: 'the day of a rehearsal that took place',
              fix: 'add the credit after the rehearsal',
            },
          ]
        }
        const until = at + DAY + freshFor
        if (now < until) return []
        return [
          {
            path,
            found: `a rehearsal that ran out ${sayDuration(now - until)} ago`,
            expected: `a rehearsal within ${sayDuration(freshFor)}`,
            fix: `rehearse the ${mitigation} again; until then goaround asks before it acts`,
          },
        ]
      }),
    ),
  )
}

function warn(cautions: readonly Caution[]): readonly Remark[] {
  return cautions.map((caution) => ({ severity: 'finding', ...caution }))
}

function releaseReaches({ components }: Strategy['workload']): readonly Caution[] {
  return components.flatMap(({ name, platform }, index) => {
    const path = ['workload', 'components', index, 'platform']
    const [field, text] =
      platform.driver === 'processes'
        ? ['command', JSON.stringify([platform.command, platform.env])]
        : ['deploy', JSON.stringify([platform.deploy, platform.env])]
    const lost: Caution[] = []
    if (!text.includes('{release}')) {
      lost.push({
        path: [...path, field],
        found: `a command for "${name}" that does not say which release`,
        expected: '"{release}" in it, or every release starts the same programme',
        fix: 'pass "{release}" on, unless it reads GOAROUND_RELEASE',
      })
    }
    if (platform.driver === 'processes' && !text.includes('{port}')) {
      lost.push({
        path: [...path, field],
        found: `a command for "${name}" that does not say which port`,
        expected: '"{port}" in it: both stacks run on one machine',
        fix: 'pass "{port}" on, unless it reads PORT',
      })
    }
    return lost
  })
}

function detectionCautions({ metrics, sources }: Strategy['detection']): readonly Caution[] {
  const cautions: Caution[] = []
  if (metrics.every(({ shadow }) => shadow)) {
    cautions.push({
      path: ['detection', 'metrics'],
      atName: true,
      found: 'only metrics that watch without acting',
      expected: 'a metric that can halt the rollout',
      fix: 'remove "shadow" from one of them',
    })
  }
  const used = new Set(metrics.map(({ source }) => source))
  sources.forEach(({ name }, index) => {
    if (used.has(name)) return
    cautions.push({
      path: ['detection', 'sources', index, 'name'],
      found: `the source "${name}", which no metric uses`,
      expected: 'a metric that is read from it',
      fix: 'remove it, or name it as a source',
    })
  })
  return cautions
}

function audienceCautions({ channels, audiences }: Strategy['communication']): readonly Caution[] {
  const cautions: Caution[] = []
  if (audiences.length === 0) {
    cautions.push({
      path: ['communication'],
      atName: true,
      found: 'nobody who hears of an incident',
      expected: 'at least the team itself',
      fix: 'add communication.audiences',
    })
  }
  channels.forEach((channel, index) => {
    const path = ['communication', 'channels', index]
    if (!audiences.some((audience) => audience.channel === channel.name)) {
      cautions.push({
        path: [...path, 'name'],
        found: `the channel "${channel.name}", which no audience uses`,
        expected: 'an audience that is reached by it',
        fix: 'remove it, or name it in an audience',
      })
    }
    if (channel.driver === 'smtp' && channel.tls === 'never' && channel.password !== undefined) {
      cautions.push({
        path: [...path, 'tls'],
        found: 'a password that is sent without encryption',
        expected: '"required" or "implicit"',
        fix: 'remove "tls", unless the relay is on the same host',
      })
    }
  })
  return cautions
}

function nothingRehearsed(
  { credits }: Strategy['practice'],
  tree: readonly Branch[],
): readonly Caution[] {
  if (credits.length > 0 || tree.every(({ choose }) => choose === 'hold')) return []
  return [
    {
      path: ['practice', 'credits'],
      atName: true,
      found: 'no rehearsal on record',
      expected: 'a fresh credit for what is to act alone',
      fix: 'rehearse a mitigation and add the credit; until then goaround recommends and asks',
    },
  ]
}
