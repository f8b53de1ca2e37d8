import { DAY, isoInstant, sayDuration, startOfDay } from '../kernel/instant.ts'
import { sayShare } from '../words/exposure-share.ts'
import { SEVERITIES } from './alerts.ts'
import type { Smoke } from './connections.ts'
import type { Branch, Group, Metric, Strategy } from './schema.ts'

/** Characters of an ISO instant that are the date. */
const DATE_CHARS = 10

/**
 * What will happen, in sentences: for the review of a strategy by people who do not know the
 * format. The same strategy always gives the same text, so that two versions can be compared.
 */
export function explainStrategy(strategy: Strategy): string {
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['What', whatLines(strategy)],
    ['Who gets a release, and when', strategy.exposure.groups.map(groupLine)],
    ['What halts it', haltLines(strategy)],
    ['Then', thenLines(strategy)],
    ['Who hears of it', audienceLines(strategy)],
  ]
  return parts
    .map(([title, lines]) => `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`)
    .join('\n')
}

function whatLines({ workload, traffic, exposure }: Strategy): readonly string[] {
  const [first, second] = workload.stacks
  const router = traffic.driver === 'builtin' ? `goaround itself on ${traffic.listen}` : 'HAProxy'
  const parts = workload.components.map(
    ({ name, replicas }) => `${name} (${amount(replicas, 'instance')} per stack)`,
  )
  return [
    `${workload.name} is a workload of ${workload.criticality} criticality on ${workload.infrastructure} infrastructure.`,
    `It has two stacks, ${first} and ${second}; ${first} serves at the beginning. Each runs ${listed(parts)}.`,
    `A release starts on the stack that does not serve. ${router} then moves traffic to it, as ${exposure.model}, in ${amount(exposure.groups.length, 'step')}.`,
    ...(workload.configuration.length === 0
      ? []
      : [`To go back also means to put back ${listed(workload.configuration)}.`]),
  ]
}

function groupLine(group: Group, index: number): string {
  const named = (when: readonly Smoke['when'][]) =>
    group.smoke.filter((smoke) => when.includes(smoke.when)).map(({ name }) => `"${name}"`)
  const [first, later] = [named(['before', 'both']), named(['after', 'both'])]
  const before = [
    ...(group.manual ? ['a person has said "promote"'] : []),
    ...group.windows.map(
      ({ days, from, to, zone }) => `it is ${days.join(', ')} between ${from} and ${to} in ${zone}`,
    ),
  ]
  const opening = before.length === 0 ? '' : `, opened when ${before.join(' and ')}`
  const cohort =
    group.cohort.length === 0 ? '' : ` and ${amount(group.cohort.length, 'named user')}`
  const passing =
    group.minExposure === 0
      ? `for ${sayDuration(group.bake)}`
      : `for at least ${sayDuration(group.bake)} and ${amount(group.minExposure, 'request')}`
  const tests = [
    first.length === 0 ? '' : ` First ${listed(first)} must pass on the release itself.`,
    later.length === 0
      ? ''
      : ` Once users reach it and again after its bake ${listed(later)} must pass.`,
  ].join('')
  const asking =
    group.giveUpAfter === undefined
      ? ''
      : ` If that takes longer than ${sayDuration(group.giveUpAfter)}, a person is asked.`
  return `${index + 1}. ${group.name}: ${sayShare(group.share)}${cohort}, ${passing}${opening}.${tests}${asking}`
}

function haltLines({ detection }: Strategy): readonly string[] {
  const { every, falseAlarms, staleAfter, onNoData } = detection
  return [
    `Every ${sayDuration(every)} the release is compared with the other stack:`,
    ...detection.metrics.map(metricLine),
    `Failing evidence, a failing smoke test, a failed start or a person halts the rollout at once; nobody is asked.`,
    ...alertLines(detection.alerts),
    `At most ${percent(falseAlarms)} of good rollouts are halted by mistake.`,
    `Data older than ${sayDuration(staleAfter)} is no data. Without data a group never passes; ${onNoData === 'halt' ? 'the rollout halts' : 'it waits'}.`,
  ]
}

/** What is heard from outside; effects that no severity has are not spoken of. */
function alertLines({ effects, heartbeats, reports }: Strategy['detection']['alerts']) {
  const of = (effect: string) => SEVERITIES.filter((severity) => effects[severity] === effect)
  const [halts, holds] = [of('halt'), of('hold')]
  return [
    ...(halts.length === 0
      ? []
      : [`An alert about it that is ${halts.join(' or ')} halts it at once.`]),
    ...(holds.length === 0
      ? []
      : [`While one that is ${holds.join(' or ')} fires, no group passes or is opened.`]),
    ...heartbeats.map(
      ({ source, every }) =>
        `When ${source} is not heard for ${sayDuration(every)}, no group passes or is opened.`,
    ),
    ...(reports.haltAfter === undefined
      ? []
      : [
          `Reports of ${amount(reports.haltAfter, 'user')} of the release halt it, if they are more than usual.`,
        ]),
  ]
}

const MEASURED: Readonly<Record<Metric['kind'], string>> = {
  'error-rate': 'failed requests',
  latency: 'response times',
  gauge: 'its mean',
}

const WORSE: Readonly<Record<NonNullable<Metric['direction']>, string>> = {
  increase: 'higher',
  decrease: 'lower',
  either: 'higher or lower',
}

function metricLine(metric: Metric): string {
  const { name, kind, source, shadow, severity } = metric
  const only = shadow ? '; this is only recorded' : ''
  const acts =
    severity === 'minor' ? '; that alone holds the group and asks, and does not halt' : ''
  return `- ${name}: ${MEASURED[kind]}, measured by ${source}; failing when ${sayWorse(metric)}${acts}${only}.`
}

function sayWorse({ kind, direction, tolerance, allow }: Metric): string {
  const isGauge = kind === 'gauge'
  const bad = isGauge ? WORSE[direction ?? 'increase'] : 'worse'
  const more = allow === undefined ? null : sayAllowance(allow)
  if (tolerance === 1) return more === null ? bad : `${bad} by more than ${more}`
  const times = `more than ${tolerance} times ${isGauge ? bad : 'as bad'}`
  return more === null ? times : `${times}, and ${more} on top`
}

function sayAllowance(allow: NonNullable<Metric['allow']>): string {
  switch (allow.unit) {
    case 'share':
      return `${percent(allow.amount)} of the requests`
    case 'ms':
      return sayDuration(allow.amount)
    case 'own':
      return String(allow.amount)
  }
}

function thenLines(strategy: Strategy): readonly string[] {
  const { tree } = strategy.decision
  const branches = tree.flatMap((branch, index) => {
    const when = branch.when === undefined ? 'in any case' : `if ${oneLine(branch.when)}`
    return [
      `${index + 1}. ${branch.name}: ${when}: ${wayOut(branch, strategy)}.`,
      `   ${authority(branch, strategy)} Because: ${branch.because}`,
    ]
  })
  return [
    'The first that applies and is possible is taken:',
    ...branches,
    `After it, users must be seen to be well for ${sayDuration(strategy.mitigations.verifyFor)}; otherwise the next is taken.`,
  ]
}

function wayOut(branch: Branch, { mitigations }: Strategy): string {
  const { fallback, rollback, hotfix, bypasses } = mitigations
  switch (branch.choose) {
    case 'fallback': {
      const within = fallback === undefined ? '' : `, within ${sayDuration(fallback.within)}`
      const capacity = sayShare(fallback?.capacity ?? 0)
      return `fall back: the old stack is brought to ${capacity} of the capacity, then takes all traffic${within}`
    }
    case 'rollback': {
      const within = rollback === undefined ? '' : `, within ${sayDuration(rollback.within)}`
      return `roll back: the whole last known good state is restored${within}`
    }
    case 'hotfix': {
      const effort =
        hotfix === undefined ? '' : `, which usually takes ${sayDuration(hotfix.effort)}`
      return `fix it and roll forward${effort}`
    }
    case 'bypass': {
      const bypass = bypasses.find(({ name }) => name === branch.bypass)
      if (bypass === undefined) return 'switch the faulty part off'
      return `switch ${bypass.flag.key} to "${bypass.flag.off}" for at most ${sayDuration(bypass.expiresAfter)}; users lose: ${bypass.usersLose}`
    }
    case 'hold':
      return 'hold everything as it is until a person decides'
  }
}

/** Who is asked. It follows the same rule as the decision itself. */
function authority(branch: Branch, { practice }: Strategy): string {
  if (branch.choose === 'hold' && branch.approvals.length === 0) return 'Nothing needs a yes.'
  const roles = branch.approvals.map(({ role, count }) =>
    count === 1 ? role : `${count} people of ${role}`,
  )
  const asksUsers = branch.choose === 'bypass' && !branch.approvals.some(isStakeholder)
  const asked = asksUsers ? [...roles, 'stakeholder'] : roles
  if (asked.length > 0) {
    return `Needs the yes of ${listed(asked)} within ${sayDuration(branch.approveWithin)}.`
  }
  const until = practice.credits
    .filter(({ mitigation }) => mitigation === branch.choose)
    .map(({ rehearsedOn, freshFor }) => startOfDay(rehearsedOn) + DAY + freshFor)
  if (until.length === 0) return 'Asks on-call first, because it was never rehearsed.'
  const last = isoInstant(Math.max(...until)).slice(0, DATE_CHARS)
  return `Acts alone until ${last}, because it was rehearsed; after that it asks on-call first.`
}

function isStakeholder({ role }: Branch['approvals'][number]): boolean {
  return role === 'stakeholder'
}

function audienceLines({ communication: { audiences } }: Strategy): readonly string[] {
  if (audiences.length === 0) return ['Nobody is told.']
  return audiences.map(
    ({ name, channel, detail, cadence }) =>
      `${name}, by ${channel}, in ${detail} words: at the start, at least every ${sayDuration(cadence)}, and at the end.`,
  )
}

function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}

function amount(count: number, of: string): string {
  return `${count} ${of}${count === 1 ? '' : 's'}`
}

function percent(part: number): string {
  return `${Number((part * 100).toPrecision(3))} %`
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ')
}
