import type { Instant } from '../kernel/instant.ts'
import type { MessageKind } from './incident.ts'
import { type Letter, layOut, sayNext } from './letter.ts'

/**
 * All that a public message may be made of. Everything but the name of the service is chosen from
 * fixed words, so that no release, host, number or person can get in by mistake.
 */
export interface PublicFacts {
  readonly kind: MessageKind
  readonly service: string
  readonly trouble: 'errors' | 'slow answers' | 'errors or slow answers'
  readonly affects: 'some users' | 'users'
  readonly state:
    | 'looking'
    | 'putting-back'
    | 'switching-off'
    | 'watching'
    | 'contained'
    | 'solved'
    | 'being-fixed'
    | 'closed'
  readonly now: Instant
  readonly nextUpdateAt: Instant | null
}

/** States after which nothing more is written, unless it fails again. */
const OVER: readonly PublicFacts['state'][] = ['solved', 'being-fixed', 'closed']

interface Words {
  readonly title: string
  readonly lead: string
  readonly status: string
  readonly action: string
}

/** A message for everybody: what they may notice, what is being done, when they hear again. */
export function publicMessage(facts: PublicFacts): Letter {
  const { service, now, nextUpdateAt } = facts
  const words = wordsFor(facts)
  return layOut({
    subject: `[${service}] ${words.title}`,
    lead: words.lead,
    status: words.status,
    impact: sayImpact(facts),
    action: words.action,
    next:
      facts.state === 'contained'
        ? 'when something changes.'
        : sayNext(nextUpdateAt, now, OVER.includes(facts.state)),
  })
}

function sayImpact({ state, affects, trouble }: PublicFacts): string {
  if (state === 'solved') return `${affects} may have seen ${trouble}. That is over.`
  if (state === 'contained')
    return `${affects} may have seen ${trouble}. That is over; a part of the service is switched off for now.`
  if (state === 'watching')
    return `${affects} may have seen ${trouble}. We are watching whether that is over.`
  return `${affects} may see ${trouble}.`
}

// oxlint-disable-next-line max-lines-per-function -- one case per state reads better whole.
function wordsFor({ state, service, affects, trouble }: PublicFacts): Words {
  const sees = `${affects[0]?.toUpperCase() ?? ''}${affects.slice(1)} of ${service} may see ${trouble}.`
  switch (state) {
    case 'looking':
      return {
        title: `${affects} may see ${trouble}`,
        lead: sees,
        status: 'we have stopped a change and are looking into it.',
        action: 'we are choosing the quickest safe way to put it right.',
      }
    case 'putting-back':
      return {
        title: `${affects} may see ${trouble}`,
        lead: sees,
        status: 'we have stopped a change and are taking it back.',
        action: 'we are putting the service back as it was before.',
      }
    case 'switching-off':
      return {
        title: `${affects} may see ${trouble}`,
        lead: sees,
        status: 'we have found the part that causes it.',
        action: 'we are switching that part off. The rest keeps working.',
      }
    case 'watching':
      return {
        title: 'we are watching it closely',
        lead: `The change to ${service} goes on, and we are watching it closely.`,
        status: 'being watched.',
        action: 'we stop the change again if anybody is hurt by it.',
      }
    case 'contained':
      return {
        title: 'contained: a part is switched off',
        lead: `${service} works again. A part of it is switched off until it is mended.`,
        status: 'contained.',
        action: 'we are mending the part that is switched off.',
      }
    case 'solved':
      return {
        title: 'solved',
        lead: `${service} works as usual again.`,
        status: 'solved.',
        action: 'we will look into how it happened and how to do better.',
      }
    case 'being-fixed':
      return {
        title: 'a fix is on its way',
        lead: `A fix for ${service} is on its way.`,
        status: 'a fix is being brought in.',
        action: 'the fix is brought in step by step, and watched.',
      }
    case 'closed':
      return {
        title: 'we have ended our work on it for now',
        lead: `We have ended our work on this problem of ${service} for now.`,
        status: 'closed.',
        action: 'whoever still notices something is helped by the support.',
      }
  }
}
