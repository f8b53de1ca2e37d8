import { z } from 'zod'
import type { Course } from '../course/course.ts'
import { missingApprovals } from '../decide/approvals.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Failing } from '../rollout/failing.ts'
import { isFirstRelease, type Rollout } from '../rollout/state.ts'
import { currentStep, type Progress } from '../step/plan.ts'
import type { Strategy } from '../strategy/schema.ts'
import { BUCKETS } from '../words/exposure-share.ts'
import type { MessageKind } from './incident.ts'
import type { InternalFacts } from './internal-message.ts'
import type { PublicFacts } from './public-message.ts'
import type { Situation } from './situation.ts'
import type { Occasion, StakeholderFacts, Trouble } from './stakeholder-facts.ts'

/** While the rollout goes on, users have what the router gives them now. */
const GOES_ON: readonly Situation['name'][] = ['resumed', 'paused', 'completed']
/** The one fact of a decision that messages need: the candidate's share, 0 to 1, when it was made. */
const FactsShare = z.object({ exposure: z.object({ share: z.number() }) })

/** A failure as it stands at one moment, before it is decided who may know what of it. */
export interface Moment {
  readonly rollout: Rollout
  readonly course: Course
  readonly strategy: Strategy
  readonly situation: Situation
  readonly now: Instant
}

/** What one message adds to the moment: why it is written, and when the reader hears again. */
export interface Telling {
  readonly kind: MessageKind
  readonly occasion: Occasion | null
  readonly nextUpdateAt: Instant | null
  /** What the channel said that did not accept a message; the team reads it. */
  readonly delivery: string | null
}

/** Whether anybody outside could notice the failure: the candidate had a share of the traffic. */
export function isExposed(moment: Moment): boolean {
  return shareOf(moment) > 0
}

/** What everybody may know. */
export function publicFacts(moment: Moment, { kind, nextUpdateAt }: Telling): PublicFacts {
  const { rollout, course, strategy, situation, now } = moment
  return {
    kind,
    service: rollout.workload,
    trouble: publicTrouble(troubleOf(course.failing, strategy)),
    affects: shareOf(moment) >= BUCKETS ? 'users' : 'some users',
    state: publicState(situation.name, course),
    now,
    nextUpdateAt,
  }
}

/** What those may know who answer for the service. */
export function stakeholderFacts(
  moment: Moment,
  { kind, occasion, nextUpdateAt }: Omit<Telling, 'delivery'>,
): StakeholderFacts {
  const { rollout, course, strategy, situation, now } = moment
  const { response, failing } = course
  const stage = response?.stage
  const isWaiting = stage?.at === 'asking' || stage?.at === 'holding'
  const bypass = strategy.mitigations.bypasses.find(
    ({ name }) => name === response?.decision.bypass,
  )
  return {
    kind,
    occasion,
    nextUpdateAt,
    service: rollout.workload,
    rollout: rollout.id,
    release: rollout.release,
    before: rollout.baseline?.release ?? null,
    group: failing === null || failing.group === '' ? null : failing.group,
    trouble: troubleOf(failing, strategy),
    situation: situation.name,
    isOver: situation.isOver,
    share: shareOf(moment),
    shareAsked: rollout.route?.buckets ?? 0,
    isBack: isBack(course),
    way: response?.decision.choose ?? null,
    missing:
      response === null || !isWaiting
        ? []
        : missingApprovals(response.decision, response.approvals),
    waitsUntil: isWaiting ? stage.until : null,
    steps: stage?.at === 'acting' ? seenSteps(stage.progress) : null,
    usersLose: bypass?.usersLose ?? null,
    bypassUntil: stage?.at === 'in-effect' ? stage.until : null,
    tried: response?.tried.map(({ choose }) => choose) ?? [],
    now,
  }
}

/** What the team may know: everything. */
export function internalFacts(moment: Moment, telling: Telling): InternalFacts {
  const { rollout, course } = moment
  const { response, failing } = course
  const progress = response?.stage.at === 'acting' ? response.stage.progress : null
  const step = progress === null ? null : currentStep(progress)
  return {
    shared: stakeholderFacts(moment, telling),
    metrics: failing?.metrics ?? [],
    because: failing?.because ?? 'nothing was measured',
    routes: failing?.routes ?? [],
    decision: response?.decision ?? null,
    approved: response?.approvals ?? [],
    tried: response?.tried ?? [],
    step:
      progress === null || step === null
        ? null
        : { says: step.says, attempt: progress.attempt, trouble: progress.failure?.detail ?? null },
    paused: rollout.paused,
    delivery: telling.delivery,
    outcome: 'because' in rollout.stage ? rollout.stage.because : null,
  }
}

/**
 * The share that has the candidate now or, once it halted, had it then: a mitigation takes the
 * traffic back, and who was hurt before has to be told all the same.
 */
function shareOf({ rollout, course, strategy, situation }: Moment): number {
  const now = rollout.route?.buckets ?? 0
  if (GOES_ON.includes(situation.name)) return now
  if (isFirstRelease(rollout)) return BUCKETS
  const judged = rollout.groups
    .filter(({ verdict, passed }) => passed || verdict !== null)
    .map(({ index }) => strategy.exposure.groups[index]?.share ?? 0)
  const decided = FactsShare.safeParse(course.response?.decision.facts)
  const atDecision = decided.success ? Math.round(decided.data.exposure.share * BUCKETS) : 0
  return Math.max(now, atDecision, ...judged)
}

/** Whether every user was seen back on what served before; asking for it is not enough. */
function isBack({ response }: Course): boolean {
  if (response === null) return false
  const { stage, decision } = response
  if (stage.at === 'in-effect')
    return decision.choose === 'fallback' || decision.choose === 'rollback'
  if (stage.at !== 'acting') return false
  const { plan, index, mode } = stage.progress
  const seen = mode === 'done' ? plan : plan.slice(0, index)
  return seen.some(({ action }) => action.kind === 'route' && action.route.buckets === 0)
}

function seenSteps({ plan, index, mode }: Progress): StakeholderFacts['steps'] {
  return { seen: mode === 'done' ? plan.length : index, of: plan.length }
}

function troubleOf(failing: Failing | null, strategy: Strategy): Trouble {
  switch (failing?.kind) {
    case 'smoke':
      return 'a failed test'
    case 'deploy':
      return 'it did not start'
    case 'health':
      return 'poor health'
    case 'no-data':
      return 'no measurements'
    case 'alert':
      return 'an alert'
    case 'report':
      return 'reports of users'
    case 'operator':
    case undefined:
      return 'an order to stop'
    case 'verdict': {
      const { metrics } = strategy.detection
      const kinds = new Set(
        metrics.filter(({ name }) => failing?.metrics.includes(name)).map(({ kind }) => kind),
      )
      if (!kinds.has('latency')) return 'errors'
      return kinds.has('error-rate') ? 'errors and slow answers' : 'slow answers'
    }
  }
}

function publicTrouble(trouble: Trouble): PublicFacts['trouble'] {
  if (trouble === 'errors' || trouble === 'slow answers') return trouble
  return 'errors or slow answers'
}

function publicState(name: Situation['name'], { response }: Course): PublicFacts['state'] {
  switch (name) {
    case 'asking':
    case 'held':
      return 'looking'
    case 'mitigating':
      return response?.decision.choose === 'bypass' ? 'switching-off' : 'putting-back'
    case 'resumed':
    case 'paused':
      return 'watching'
    case 'bypassed':
      return 'contained'
    case 'completed':
    case 'mitigated':
      return 'solved'
    case 'not-mitigated':
      return 'closed'
    case 'superseded':
      return 'being-fixed'
  }
}
