import { sayShare } from '../words/exposure-share.ts'
import { sayTitle } from './inner-title.ts'
import { type Parts, sayNext } from './letter.ts'
import { sayRoles, sayTrouble } from './say-facts.ts'
import { sayLength, sayWhen } from './say-time.ts'
import type { Occasion, StakeholderFacts } from './stakeholder-facts.ts'

/** The parts that stakeholders and the team read alike; `seen` names the trouble for the reader. */
export function innerParts(facts: StakeholderFacts, seen: string): Parts {
  return {
    subject: `[${facts.service}] ${sayTitle(facts, seen)}`,
    lead: sayLead(facts, seen),
    status: sayStatus(facts),
    impact: sayImpact(facts),
    action: sayAction(facts),
    next: sayNextUpdate(facts),
  }
}

function sayLead(facts: StakeholderFacts, seen: string): string {
  const { occasion, now } = facts
  switch (occasion?.is) {
    case 'undelivered':
      return occasion.given === 'up'
        ? `The audience '${occasion.audience}' could not be told. Please tell them by hand what this message says, and mend the channel.`
        : `The audience '${occasion.audience}' cannot be reached at the moment. We keep trying; please look at the channel.`
    case 'overdue':
      return sayOverdue(facts, occasion)
    case 'unchanged':
      return `No change since ${sayWhen(occasion.since, now)}. ${sayWaiting(facts)}`
    case undefined:
      return sayNews(facts, seen)
  }
}

function sayOverdue(
  facts: StakeholderFacts,
  { for: what, since }: Extract<Occasion, { is: 'overdue' }>,
): string {
  const waited = sayLength(facts.now - since)
  switch (what) {
    case 'answer':
      return facts.missing.length === 0
        ? `Nobody has decided for ${waited} what to do about ${facts.release}.`
        : `${sayRoles(facts)} did not answer for ${waited}. Users are waiting for it.`
    case 'pause':
      return `The rollout of ${facts.release} has been paused for ${waited}. It needs a person to resume it or to go back.`
    case 'promote':
      return `The next group of ${facts.release} waits for a person: goaround promote ${facts.rollout}.`
    case 'bypass':
      return `The bypass for ${facts.release} was tolerated until ${sayWhen(since, facts.now)}. It has to be decided anew.`
  }
}

function sayNews(facts: StakeholderFacts, seen: string): string {
  const { service, release, situation, way } = facts
  const what = `${service} ${release}`
  const halted = `The rollout of ${what} is halted (${sayTrouble(facts, seen)}).`
  const before =
    facts.tried.length === 0 ? '' : ` ${facts.tried.map(capital).join(', then ')} did not end it.`
  switch (situation) {
    case 'asking':
      return `${halted}${before} The ${way ?? 'hold'} needs a yes.`
    case 'mitigating':
      return `${halted}${before} The ${way ?? 'hold'} is under way.`
    case 'held':
      return `${halted}${before} ${way === 'hotfix' ? 'It waits for a fix.' : 'A person has to decide.'}`
    case 'resumed':
      return `The rollout of ${what} goes on after it was halted (${sayTrouble(facts, seen)}).`
    case 'paused':
      return `The rollout of ${what} is paused after it was halted (${sayTrouble(facts, seen)}).`
    case 'bypassed':
      return `The failure of ${what} is contained: the faulty part is switched off.`
    case 'completed':
      return `The failure of ${what} is over: the rollout went on and every group passed.`
    case 'mitigated':
      return `The failure of ${what} is over: the ${way ?? 'mitigation'} took effect.`
    case 'not-mitigated':
      return `The rollout of ${what} was closed without a mitigation that took effect.`
    case 'superseded':
      return `The rollout of ${what} was closed: a hotfix is rolled out in its place.`
  }
}

function sayStatus(facts: StakeholderFacts): string {
  const { situation, way, steps } = facts
  switch (situation) {
    case 'asking':
    case 'held':
      return `halted. ${sayWaiting(facts)}`
    case 'mitigating': {
      const far = steps === null ? '' : `: ${steps.seen} of ${steps.of} steps seen`
      return `halted; ${way ?? 'the mitigation'} under way${far}.`
    }
    case 'resumed':
      return 'resumed by a person, and watched.'
    case 'paused':
      return `paused. ${sayWaiting(facts)}`
    case 'bypassed':
      return `contained; users lose something: ${facts.usersLose ?? 'not described'}`
    case 'completed':
    case 'mitigated':
      return 'over.'
    case 'not-mitigated':
      return 'closed, not mitigated.'
    case 'superseded':
      return 'closed; the hotfix has messages of its own.'
  }
}

/** What it waits for, so that an update is worth reading when nothing has changed. */
function sayWaiting(facts: StakeholderFacts): string {
  const { situation, way, waitsUntil, now } = facts
  const until =
    waitsUntil === null || waitsUntil <= now ? '' : `, until ${sayWhen(waitsUntil, now)}`
  switch (situation) {
    case 'asking':
      return `It waits for a yes by ${sayRoles(facts)}${until}.`
    case 'held':
      return way === 'hotfix' ? 'It waits for a fix.' : 'It waits for a person to decide.'
    case 'mitigating':
      return `The ${way ?? 'mitigation'} is still under way.`
    case 'paused':
      return 'It waits for a person to resume it or to go back.'
    case 'resumed':
      return 'The rollout goes on and is watched.'
    case 'bypassed':
    case 'completed':
    case 'mitigated':
    case 'not-mitigated':
    case 'superseded':
      return 'Nothing is waited for.'
  }
}

function sayImpact(facts: StakeholderFacts): string {
  const { share, shareAsked, release, before, group, situation, isBack } = facts
  const inGroup = group === null ? '' : ` (group ${group})`
  const users = `${sayShare(share)} of users`
  if (share === 0) return `no user had ${release}.`
  if (isBack)
    return `${users} had ${release}${inGroup}. All traffic is back on ${before ?? 'what served before'}.`
  if (situation === 'resumed' || situation === 'paused' || situation === 'completed')
    return `${users} get ${release}.`
  if (situation === 'bypassed') return `${users} get ${release}, without the part that failed.`
  return shareAsked === 0
    ? `${users} had ${release}${inGroup}. Their traffic is being sent back.`
    : `${users} get ${release}${inGroup}. No more are added.`
}

function sayAction(facts: StakeholderFacts): string {
  const { situation, way, rollout } = facts
  switch (situation) {
    case 'asking': {
      const loses =
        facts.usersLose === null ? '' : ` Users would lose meanwhile: ${facts.usersLose}`
      return `the rollout was halted at once. As soon as it is approved, ${sayWay(facts)}. To approve: goaround approve ${rollout}.${loses}`
    }
    case 'mitigating':
      return `the rollout was halted at once. Now ${sayWay(facts)}.`
    case 'held':
      return way === 'hotfix'
        ? `the rollout was halted at once. ${capital(sayWay(facts))}.`
        : `the rollout was halted at once and stays so. A person resumes it or chooses a way out: goaround why ${rollout}.`
    case 'resumed':
      return 'the share grows group by group again, and it halts again if users are hurt.'
    case 'paused':
      return `nothing grows. A person looks and then resumes it or goes back: goaround why ${rollout}.`
    case 'bypassed':
      return 'the faulty part was switched off and users were seen to be well. It has to be mended, and then decided anew.'
    case 'completed':
    case 'mitigated':
    case 'not-mitigated':
    case 'superseded':
      return `a postmortem is being drafted; what was decided and why: goaround why ${rollout}.`
  }
}

function sayWay({ way, before }: StakeholderFacts): string {
  switch (way) {
    case 'fallback':
      return `all traffic goes back to ${before ?? 'what served before'}`
    case 'rollback':
      return `the whole state before the rollout is put back (${before ?? 'what served before'})`
    case 'bypass':
      return 'the faulty part is switched off'
    case 'hotfix':
      return 'a fix has to be built and rolled out in its place'
    case 'hold':
    case null:
      return 'everything stays as it is'
  }
}

function sayNextUpdate({
  situation,
  isOver,
  bypassUntil,
  nextUpdateAt,
  now,
}: StakeholderFacts): string {
  if (situation === 'bypassed' && bypassUntil !== null && bypassUntil > now)
    return `at the latest ${sayWhen(bypassUntil, now)}, when the bypass runs out.`
  return sayNext(nextUpdateAt, now, isOver)
}

function capital(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`
}
