import { sayCount } from '../detect/say-numbers.ts'
import { type Millis, sayDuration } from '../kernel/instant.ts'
import { type Account, sayInterval } from './account.ts'
import { plain } from './markdown.ts'
import type { Interval } from './measures.ts'
import { sayRole } from './say-roles.ts'

/** From this share of the whole on, the wait for a yes was what users waited for. */
const WAIT_TELLS = 0.25
/** A way out that takes longer than this is worth asking what took the time. */
const SLOW_RECOVERY_MS: Millis = 5 * 60_000

/** What the facts say went well. People add the rest. */
export function wentWell(account: Account): readonly string[] {
  const { measures, halts, failedTest, attempts, audiences, started } = account
  const { detection, haltToMitigated, haltToTold } = measures.intervals
  const found: string[] = []
  const failing = halts[0]?.failing
  const first = started.strategy.exposure.groups[0]?.name
  if (failing?.kind === 'smoke') {
    const when = failedTest?.of.round === 'before' ? 'before' : 'after'
    found.push(`A smoke test stopped it ${when} group '${failing.group}' got any user.`)
  }
  if (failing?.kind === 'verdict' && failing.group === first)
    found.push('It was stopped in the first group, before most users could meet it.')
  if (failing?.kind === 'verdict' && detection.state === 'recorded')
    found.push(`The halt came ${sayDuration(detection.ms)} after the first user could meet it.`)
  if (haltToMitigated.state === 'recorded')
    found.push(`Users were seen to be well ${sayDuration(haltToMitigated.ms)} after the halt.`)
  for (const { decision, approvals, outcome } of attempts) {
    const isAlone = outcome.how === 'took-effect' && approvals.length === 0
    if (isAlone && decision.by === 'tree')
      found.push(`The ${decision.choose} had been rehearsed lately and needed nobody's yes.`)
  }
  if (haltToTold.state === 'recorded')
    found.push(`The first message was accepted ${sayInterval(haltToTold)} after the halt.`)
  if (audiences.length > 0 && audiences.every(({ heardEnd, late }) => heardEnd && late === 0))
    found.push('Every audience heard the end, and every promised update came in time.')
  return found
}

/** What the facts say could be better, as a place to begin the talk. */
export function couldImprove(account: Account): readonly string[] {
  return [
    ...aboutDetection(account),
    ...aboutDecision(account),
    ...aboutMitigation(account),
    ...aboutTelling(account),
  ]
}

function aboutDetection({ halts, passed, measures, started }: Account): readonly string[] {
  const found: string[] = []
  const { failing } = halts[0] ?? {}
  const failed = measures.groups.find(({ group }) => group === failing?.group)?.failed ?? 0
  if (failing?.kind === 'operator')
    found.push(
      'No signal saw it: somebody stopped it by hand. What did they see that we do not measure?',
    )
  if (failing?.kind === 'alert' || failing?.kind === 'report')
    found.push(
      'It was heard from outside before our own comparison saw it. What does that measure which we do not compare?',
    )
  if (failing?.kind === 'no-data')
    found.push(
      'It halted because nothing could be measured. What should have been measured, and why was it not?',
    )
  if (failing?.kind === 'verdict' && failed > 0)
    found.push(
      `Detection took ${sayInterval(measures.intervals.detection)}, and ${sayCount(failed)} requests failed. Would a smoke test have found it before any user did?`,
    )
  if (failing !== undefined && passed.length > 0)
    found.push(
      `It passed ${passed.map((group) => `'${group}'`).join(' and ')} before it failed. What was different there: users, routes, load, time?`,
    )
  if (halts.length > 1)
    found.push(`It halted ${halts.length} times. What was known when it was resumed?`)
  if (started.strategy.practice.credits.length === 0)
    found.push('Nothing was rehearsed: no mitigation could act alone.')
  return found
}

function aboutDecision({ attempts, overdue, measures }: Account): readonly string[] {
  const found: string[] = []
  const { waitedForApproval, haltToMitigated } = measures.intervals
  const share = shareOf(waitedForApproval, haltToMitigated)
  if (waitedForApproval.state === 'recorded' && haltToMitigated.state === 'recorded') {
    const asks =
      share >= WAIT_TELLS ? ' Users waited for it too. Who could have answered sooner?' : ''
    found.push(
      `Approval took ${sayDuration(waitedForApproval.ms)} of the ${sayDuration(haltToMitigated.ms)} from the halt to users being well.${asks}`,
    )
  } else if (waitedForApproval.state === 'recorded') {
    found.push(`${sayDuration(waitedForApproval.ms)} were spent waiting for an approval.`)
  }
  if (overdue > 0)
    found.push(
      `An answer was overdue ${overdue === 1 ? 'once' : `${overdue} times`}. Does whoever is asked know that they are?`,
    )
  const asked = attempts.flatMap(({ decision }) => decision.approvals)
  const unrehearsed = asked.find(({ because }) => because.includes('rehearsed'))
  if (unrehearsed !== undefined)
    found.push(
      `${upper(sayRole(unrehearsed.role))} had to be asked: ${plain(unrehearsed.because)}.`,
    )
  return found
}

function aboutMitigation({ attempts, measures, ended }: Account): readonly string[] {
  const found: string[] = []
  for (const { decision, outcome, steps } of attempts) {
    if (outcome.how === 'did-not-help' || outcome.how === 'rejected' || outcome.how === 'expired')
      found.push(`The ${decision.choose} did not end it: ${plain(outcome.because)}.`)
    for (const { says, tries } of steps.filter((step) => step.tries > 1))
      found.push(`The step '${plain(says)}' was tried ${tries} times.`)
  }
  const { haltToMitigated } = measures.intervals
  if (haltToMitigated.state === 'recorded' && haltToMitigated.ms > SLOW_RECOVERY_MS)
    found.push(
      `It took ${sayDuration(haltToMitigated.ms)} until users were well. Which part of it was longest, and why?`,
    )
  if (ended?.outcome === 'not-mitigated')
    found.push('It was closed without a mitigation that took effect. What would one have needed?')
  return found
}

function aboutTelling({ audiences }: Account): readonly string[] {
  if (audiences.length === 0) return ['Nobody was told: the strategy names no audience.']
  return audiences.flatMap(({ name, heard, notAccepted, late, heardEnd }) => {
    const found: string[] = []
    if (notAccepted > 0)
      found.push(
        `${sayCount(notAccepted)} of the messages to '${name}' were not accepted by its channel.`,
      )
    if (late > 0)
      found.push(`'${name}' was promised an update and did not hear it in time, ${sayTimes(late)}.`)
    if (heard > 0 && !heardEnd)
      found.push(`'${name}' heard of it and was not told that it is over.`)
    return found
  })
}

function sayTimes(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

function shareOf(part: Interval, whole: Interval): number {
  if (part.state !== 'recorded' || whole.state !== 'recorded' || whole.ms === 0) return 0
  return part.ms / whole.ms
}

function upper(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`
}
