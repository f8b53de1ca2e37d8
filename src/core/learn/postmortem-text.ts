import { sayMinute } from '../communicate/say-time.ts'
import { sayCount, sayPercent } from '../detect/say-numbers.ts'
import { type Instant, isoInstant, sayDuration } from '../kernel/instant.ts'
import { sayShare } from '../words/exposure-share.ts'
import { type Account, type Attempt, accountOf, sayInterval } from './account.ts'
import { actionsDueAt, suggestedActions } from './action-items.ts'
import type { Happened } from './history.ts'
import { list, plain, questions, table } from './markdown.ts'
import { couldImprove, wentWell } from './reflections.ts'
import { rolesForNames, sayAuthority, sayRole } from './say-roles.ts'
import { timelineOf } from './timeline.ts'

/**
 * The draft of a postmortem, in Markdown: what the log knows is filled in, what only people know
 * is asked. It names roles and systems and no one person. The same history gives the same text,
 * byte for byte, and its own drafting is no part of it.
 */
export function postmortemMarkdown(history: readonly Happened[]): string {
  const told = history.filter(({ event }) => event.type !== 'postmortem.drafted')
  const account = accountOf(told)
  if (account === null) return '# Postmortem\n\nThere is no rollout in this history.\n'
  const sections = [
    title(account),
    section('Summary', summary(account)),
    section('Impact', impact(account)),
    section('What was seen', seen(account)),
    section('Timeline', timeline(told)),
    section('Decisions', decisions(account)),
    section('Mitigation', mitigation(account)),
    section('Communication', communication(account)),
    section('How long each part took', durations(account)),
    section('What went well', reflections(wentWell(account), 'What else went well, or was luck?')),
    section(
      'What could be better',
      reflections(couldImprove(account), 'What else was hard, slow or unclear?'),
    ),
    section('Contributing factors', factors(account)),
    section('Actions', actions(account)),
    section('Roles', roles(account)),
  ]
  return rolesForNames(told)(`${sections.join('\n\n')}\n`)
}

function section(name: string, text: string): string {
  return `## ${name}\n\n${text}`
}

function title({ started, dueAt }: Account): string {
  const { workload, release, id } = started
  const due = dueAt === null ? '' : ` The meeting is to be held by **${sayMinute(dueAt)}**.`
  return [
    `# Postmortem: ${workload} ${release} (${id})`,
    '',
    `Draft from the recorded facts.${due} Boxes are for those who were there to fill in.`,
    'It speaks of roles and systems, never of persons: everybody did what looked right with what they knew.',
  ].join('\n')
}

function summary(account: Account): string {
  const { started, baseline, halts, ended, measures } = account
  const before = baseline?.release ?? null
  const [halt] = halts
  const from = before === null ? '' : ` (before it: ${before})`
  const began = `The rollout of ${started.workload} ${started.release}${from} began at ${sayMinute(started.at)}.`
  const halted =
    halt === undefined
      ? 'It did not halt.'
      : `It was halted at ${sayMinute(halt.at)}: ${plain(halt.failing.because)}.`
  const { haltToMitigated } = measures.intervals
  const well =
    haltToMitigated.state === 'recorded'
      ? ` Users were seen to be well ${sayDuration(haltToMitigated.ms)} after the halt.`
      : ''
  const outcome =
    ended === null
      ? 'It is not over yet.'
      : `Outcome: **${ended.outcome}**. ${upper(plain(ended.because))}.`
  return `${began} ${halted}${well}\n\n${outcome}`
}

function impact({ measures, halts }: Account): string {
  const { groups } = measures
  const exposed = groups.reduce((sum, group) => sum + group.exposed, 0)
  if (exposed === 0) {
    const [halt] = halts
    const where = halt === undefined ? '' : ` in group '${halt.failing.group}'`
    return `No request of a user was counted on the release${where}.`
  }
  const failed = groups.reduce((sum, group) => sum + (group.failed ?? 0), 0)
  const isKnown = groups.every((group) => group.failed !== null)
  const fails = isKnown
    ? `; ${sayCount(failed)} of them failed (${sayPercent(failed / exposed)})`
    : ''
  const share = Math.max(...groups.map((group) => group.share))
  const lead = `${sayCount(exposed)} requests reached the release${fails}. At most ${sayShare(share)} of users had it.`
  const rows = groups.map((group) => [
    group.group,
    sayShare(group.share),
    sayCount(group.exposed),
    group.failed === null ? 'not counted' : sayCount(group.failed),
    group.failed === null || group.exposed === 0 ? '' : sayPercent(group.failed / group.exposed),
  ])
  const asked = questions([
    'What did users notice, in their words?',
    'Is anything left to be put right for them (data, orders, money)?',
  ])
  return `${lead}\n\n${table(['Group', 'Share of users', 'Requests', 'Failed', 'Failed share'], rows)}\n\n${asked}`
}

function seen({ halts }: Account): string {
  if (halts.length === 0) return 'Nothing failed.'
  return halts
    .map(({ failing, at }) => {
      const routes =
        failing.routes.length === 0 ? '' : ` Worst routes: ${failing.routes.map(plain).join(', ')}.`
      const lead = `${sayMinute(at)}, ${failing.kind}: ${plain(failing.because)}.${routes}`
      const rows = (failing.verdict?.evidence ?? []).map((one) => [
        one.metric,
        one.verdict,
        `${sayCount(one.candidate.events)} of ${sayCount(one.candidate.n)}`,
        `${sayCount(one.control.events)} of ${sayCount(one.control.n)}`,
        one.ratio === null ? '' : String(Math.round(one.ratio * 100) / 100),
        `${one.logE.toFixed(1)} of ${one.logEToFire.toFixed(1)}`,
      ])
      const head = ['Metric', 'Verdict', 'Candidate', 'Control', 'Ratio', 'Evidence (ln E)']
      return rows.length === 0 ? lead : `${lead}\n\n${table(head, rows)}`
    })
    .join('\n\n')
}

function timeline(history: readonly Happened[]): string {
  const rows = timelineOf(history).map(({ at, phase, says }) => [sayClock(at), phase, says])
  return table(['UTC', 'Phase', 'What happened'], rows)
}

function decisions({ attempts }: Account): string {
  if (attempts.length === 0) return 'Nothing had to be decided.'
  return attempts.map(decisionText).join('\n\n')
}

function decisionText({ decision, approvals, decidedAt, outcome }: Attempt): string {
  const { number, choose, branch, because, by, others } = decision
  const who = by === 'tree' ? `branch '${branch}' of the tree` : `by hand (${by})`
  const needs = decision.approvals.map(
    ({ role, count, because: why }) => `${count} × ${role} (${plain(why)})`,
  )
  const given = approvals.map(
    ({ role, at }) => `${sayRole(role)} after ${sayDuration(at - decidedAt)}`,
  )
  const asked = needs.length === 0 ? 'No approval was needed.' : `Needed: ${needs.join(', ')}.`
  const got = given.length === 0 ? '' : ` Given: ${given.join(', ')}.`
  const lead = `**${number}. ${choose}**, ${who}: ${plain(because)}. ${asked}${got} ${sayOutcome(outcome)}`
  const rows = others.map((other) => [other.choose, other.branch, other.because])
  return rows.length === 0 ? lead : `${lead}\n\n${table(['Not taken', 'Branch', 'Why not'], rows)}`
}

function sayOutcome({ how, because }: Attempt['outcome']): string {
  switch (how) {
    case 'took-effect':
      return `It took effect: ${plain(because)}.`
    case 'did-not-help':
      return `It did not end it: ${plain(because)}.`
    case 'expired':
      return `It ran out: ${plain(because)}.`
    case 'rejected':
      return `It was rejected: ${plain(because)}.`
    case 'open':
      return 'Nothing more is recorded of it.'
  }
}

function mitigation({ attempts }: Account): string {
  const begun = attempts.filter(({ steps }) => steps.length > 0)
  if (begun.length === 0) return 'No mitigation was begun.'
  return begun
    .map(({ decision, authority, steps }) => {
      const lead = `**${decision.choose}**: ${plain(sayAuthority(authority ?? 'authority unknown'))}.`
      const rows = steps.map((step, place) => [
        String(place + 1),
        step.says,
        step.askedAt === null ? 'never' : sayClock(step.askedAt),
        step.seenAt === null ? 'never' : sayClock(step.seenAt),
        step.askedAt === null || step.seenAt === null
          ? ''
          : sayDuration(step.seenAt - step.askedAt),
        String(step.tries),
        step.evidence,
      ])
      return `${lead}\n\n${table(['Step', 'What', 'Asked', 'Seen', 'Took', 'Tries', 'Evidence'], rows)}`
    })
    .join('\n\n')
}

function communication({ audiences, halts }: Account): string {
  if (audiences.length === 0) return 'The strategy names no audience.'
  const since = halts[0]?.at ?? null
  const rows = audiences.map((one) => [
    one.name,
    one.firstHeardAt === null || since === null ? 'never' : sayDuration(one.firstHeardAt - since),
    String(one.heard),
    String(one.late),
    String(one.notAccepted),
    one.heardEnd ? 'yes' : 'no',
  ])
  const head = ['Audience', 'First heard after', 'Heard', 'Late', 'Not accepted', 'Heard the end']
  return table(head, rows)
}

function durations({ measures }: Account): string {
  const { intervals } = measures
  return table(
    ['From', 'To', 'Took'],
    [
      ['start', 'halt', sayInterval(intervals.startToHalt)],
      ['the share being seen', 'halt (detection)', sayInterval(intervals.detection)],
      ['halt', 'decision', sayInterval(intervals.haltToDecision)],
      ['decisions', 'approvals (all waiting)', sayInterval(intervals.waitedForApproval)],
      ['halt', 'users seen to be well', sayInterval(intervals.haltToMitigated)],
      ['halt', 'first message accepted', sayInterval(intervals.haltToTold)],
    ],
  )
}

function reflections(found: readonly string[], question: string): string {
  const asked = questions([question])
  return found.length === 0 ? asked : `${list(found)}\n\n${asked}`
}

function factors({ started, baseline, halts }: Account): string {
  const routes = halts[0]?.failing.routes ?? []
  const where = routes.length === 0 ? '' : ` on ${routes.map(plain).join(', ')}`
  const before = baseline?.release ?? 'what served before'
  return `There are usually several, and none of them is a person.\n\n${questions([
    `What made ${started.release} behave differently from ${before}${where}: code, configuration, data, load, a dependency?`,
    'What made it look right to those who wrote, reviewed and released it?',
    'Which test, review or signal could have met it earlier, and what kept it from doing so?',
    'Has something like it happened before, and what became of the actions then?',
    'Where else does the same weakness exist?',
  ])}`
}

function actions(account: Account): string {
  const dueAt = actionsDueAt(account)
  const due = dueAt === null ? '' : isoInstant(dueAt).slice(0, 10)
  const rows = suggestedActions(account).map((item) => [
    item.class,
    item.action,
    item.doneWhen,
    'role to be named',
    due,
  ])
  const lead =
    'Suggested from the facts; keep, change or decline each with a reason, and put what is kept on the backlog. An action is done when its proof is seen.'
  return `${lead}\n\n${table(['Class', 'Action', 'Done when', 'Owner', 'Due'], rows)}`
}

function roles({ attempts }: Account): string {
  const approved = new Set(attempts.flatMap(({ approvals }) => approvals.map(({ role }) => role)))
  const asked = new Set(
    attempts.flatMap(({ decision }) => decision.approvals.map(({ role }) => role)),
  )
  const lines = [...asked].map(
    (role) => `${role}: ${approved.has(role) ? 'asked, and approved' : 'asked'}`,
  )
  const open = questions([
    'Who leads this postmortem? Somebody who neither released nor approved it.',
    'Which other roles and teams took part, and have they been heard?',
  ])
  return lines.length === 0 ? open : `${list(lines)}\n\n${open}`
}

/** `2026-11-23 14:00:41` */
function sayClock(at: Instant): string {
  return isoInstant(at).slice(0, 19).replace('T', ' ')
}

function upper(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`
}
