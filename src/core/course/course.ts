import { fillableRole } from '../decide/approvals.ts'
import { chooseByHand } from '../decide/choose.ts'
import type { Decider } from '../kernel/decider.ts'
import { defineEvents, type EventOf } from '../kernel/events.ts'
import type { Instant } from '../kernel/instant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import {
  decideResponse,
  openResponse,
  type ResponseCommand,
  type ResponseRefusal,
} from '../mitigate/decide-response.ts'
import { type ResponseEvent, responseEvents } from '../mitigate/events.ts'
import { evolveResponse, type ResponseState } from '../mitigate/response.ts'
import type { RolloutCommand, RolloutRefusal } from '../rollout/commands.ts'
import { type RolloutEvent, rolloutEvents } from '../rollout/events.ts'
import { evolveRollout } from '../rollout/evolve.ts'
import type { Failing } from '../rollout/failing.ts'
import { isOver, rolloutDecider } from '../rollout/rollout.ts'
import type { Rollout, RolloutState } from '../rollout/state.ts'
import type { Actor } from '../words/actor.ts'

/** All the facts of one rollout, from its start to its end: one stream, one order. */
export const courseEvents = defineEvents({ ...rolloutEvents, ...responseEvents })
export type CourseEvent = EventOf<typeof courseEvents.shapes>

export interface Course {
  readonly rollout: RolloutState
  readonly response: ResponseState
  /** What the latest halt was about. */
  readonly failing: Failing | null
}

type PersonAborts = {
  readonly type: 'abort'
  readonly actor: Actor
  readonly because: string
  readonly now: Instant
}

export type CourseCommand =
  | Exclude<RolloutCommand, { type: 'abort' }>
  | ResponseCommand
  | PersonAborts
  /** A hotfix takes this rollout's place. */
  | { readonly type: 'supersede'; readonly by: string; readonly now: Instant }

export type CourseRefusal =
  | RolloutRefusal
  | ResponseRefusal
  | { readonly code: 'mitigating'; readonly detail?: string }

type Outcome = Result<readonly CourseEvent[], CourseRefusal>

/**
 * One rollout from take-off to its end. The exposure and the answer to its failure are decided
 * by two deciders of their own; this one puts them in one order, so that a failing verdict, the
 * halt and the decision are recorded in one append and nothing can come between them.
 */
export const course: Decider<CourseCommand, Course, CourseEvent, CourseRefusal> = {
  initial: { rollout: null, response: null, failing: null },
  decide,
  evolve,
  isTerminal: ({ rollout, response }) =>
    rollout !== null &&
    isOver(rollout) &&
    !(response?.stage.at === 'in-effect' && response.stage.until !== null),
}

function decide(command: CourseCommand, state: Course): Outcome {
  const { rollout } = state
  if (command.type === 'start' || rollout === null) return start(command, rollout)
  const outcome = decideKnown(command, state, rollout)
  return outcome.ok
    ? yes([...outcome.value, ...whatFollows(state, outcome.value, command.now)])
    : outcome
}

function start(command: CourseCommand, rollout: RolloutState): Outcome {
  if (command.type !== 'start') return no({ code: 'not-found' })
  return rolloutDecider.decide(command, rollout)
}

function decideKnown(
  command: Exclude<CourseCommand, { type: 'start' }>,
  state: Course,
  rollout: Rollout,
): Outcome {
  const { response, failing } = state
  const isHalted = rollout.stage.at === 'halted'
  switch (command.type) {
    case 'tick':
      return tick(state, rollout, command.now)
    case 'report-seen':
    case 'report-failure':
      return isHalted && failing !== null
        ? decideResponse(command, response, rollout, failing)
        : rolloutDecider.decide(command, rollout)
    case 'approve':
    case 'reject':
      if (failing === null || !isHalted) return no({ code: 'not-halted' })
      return decideResponse(command, response, rollout, failing)
    case 'choose':
      return chooseByPerson(command, state, rollout)
    case 'abort':
      return abort(command, state, rollout)
    case 'resume':
      if (response?.stage.at === 'acting')
        return no({ code: 'mitigating', detail: response.decision.because })
      return rolloutDecider.decide(command, rollout)
    case 'supersede': {
      if (isOver(rollout)) return no({ code: 'already-over' })
      const because = `${command.by} rolls out a hotfix in its place`
      return yes([
        { type: 'rollout.ended', data: { outcome: 'superseded', because, at: command.now } },
      ])
    }
    case 'judge':
    case 'capture-baseline':
    case 'report-baseline-unknown':
    case 'report-reasserted':
    case 'pause':
    case 'promote':
      return rolloutDecider.decide(command, rollout)
  }
}

function tick(state: Course, rollout: Rollout, now: Instant): Outcome {
  const { response, failing } = state
  if (rollout.stage.at === 'halted' && failing !== null) {
    return decideResponse({ type: 'tick', now }, response, rollout, failing)
  }
  const bypassEndsAt = response?.stage.at === 'in-effect' ? response.stage.until : null
  if (bypassEndsAt !== null && now >= bypassEndsAt) return bypassRanOut(rollout, now)
  if (isOver(rollout)) return yes([])
  return rolloutDecider.decide({ type: 'tick', now }, rollout)
}

/** The tolerated time of a bypass is over while the rollout goes on: it is decided anew. */
function bypassRanOut(rollout: Rollout, now: Instant): Outcome {
  const because = 'the bypass has been in effect for as long as the stakeholders tolerate it'
  const expired = {
    type: 'mitigation.expired',
    data: { choose: 'bypass', because, at: now },
  } as const
  if (isOver(rollout)) return yes([expired])
  const halted = rolloutDecider.decide({ type: 'abort', by: 'goaround', because, now }, rollout)
  return halted.ok ? yes([expired, ...halted.value]) : halted
}

/** A person says stop: the rollout halts, and their yes counts where the tree asks for their role. */
function abort(command: PersonAborts, state: Course, rollout: Rollout): Outcome {
  const { actor, because, now } = command
  if (rollout.stage.at === 'halted') {
    if (state.response?.stage.at === 'acting') return no({ code: 'mitigating' })
    if (state.response?.stage.at === 'asking')
      return no({ code: 'already-halted', detail: 'approve or reject the decision instead' })
    const ended = `${actor.name} closed it as it stands: ${because}`
    return yes([
      { type: 'rollout.ended', data: { outcome: 'not-mitigated', because: ended, at: now } },
    ])
  }
  if (rollout.baseline === null) {
    const ended = `${actor.name} aborted it before anything was changed: ${because}`
    return yes([
      { type: 'rollout.ended', data: { outcome: 'not-mitigated', because: ended, at: now } },
    ])
  }
  const halted = rolloutDecider.decide({ type: 'abort', by: actor.name, because, now }, rollout)
  if (!halted.ok) return halted
  const opened = whatFollows(state, halted.value, now)
  const after = [...halted.value, ...opened].reduce(evolve, state)
  return yes([...halted.value, ...opened, ...ownYes(after, actor, now)])
}

function ownYes(state: Course, actor: Actor, now: Instant): readonly CourseEvent[] {
  const { rollout, response, failing } = state
  if (rollout === null || failing === null || response?.stage.at !== 'asking') return []
  if ('refused' in fillableRole(response.decision, response.approvals, actor, rollout.by)) return []
  const { hash } = response.decision
  const approved = decideResponse({ type: 'approve', actor, hash, now }, response, rollout, failing)
  return approved.ok ? approved.value : []
}

function chooseByPerson(
  command: Extract<CourseCommand, { type: 'choose' }>,
  state: Course,
  rollout: Rollout,
): Outcome {
  const { actor, because, now } = command
  if (isOver(rollout)) return no({ code: 'already-over' })
  if (rollout.baseline === null)
    return no({ code: 'impossible', detail: 'nothing was changed yet' })
  if (rollout.stage.at === 'halted' && state.failing !== null) {
    return decideResponse(command, state.response, rollout, state.failing)
  }
  const halted = rolloutDecider.decide({ type: 'abort', by: actor.name, because, now }, rollout)
  if (!halted.ok) return halted
  const after = halted.value.reduce<Course>(evolve, state)
  if (after.failing === null || after.rollout === null) return halted
  const asked = { choose: command.choose, by: actor.name, because }
  const made = chooseByHand(after.rollout, after.failing, state.response?.tried ?? [], asked, now)
  if ('impossible' in made) return no({ code: 'impossible', detail: made.impossible })
  const decided = { type: 'decision.made', data: { decision: made, at: now } } as const
  const deciding = evolve(after, decided)
  return yes([...halted.value, decided, ...beginOrApprove(deciding, actor, now)])
}

function beginOrApprove(state: Course, actor: Actor, now: Instant): readonly CourseEvent[] {
  const own = ownYes(state, actor, now)
  if (own.length > 0 || state.rollout === null || state.failing === null) return own
  const ticked = decideResponse({ type: 'tick', now }, state.response, state.rollout, state.failing)
  return ticked.ok ? ticked.value : []
}

/** A halt leads to a decision; a mitigation that took effect ends the rollout, unless it holds it. */
function whatFollows(
  state: Course,
  events: readonly CourseEvent[],
  now: Instant,
): readonly CourseEvent[] {
  const after = events.reduce(evolve, state)
  const { rollout, response, failing } = after
  if (rollout === null) return []
  const hasHalted = events.some(({ type }) => type === 'rollout.halted')
  const hasDecided = events.some(({ type }) => type === 'decision.made')
  if (hasHalted && !hasDecided && failing !== null) {
    return openResponse(rollout, failing, now, response)
  }
  const effect = events.find((event) => event.type === 'mitigation.took-effect')
  if (effect === undefined) return []
  return afterEffect(rollout, response, effect.data.because, now)
}

function afterEffect(
  rollout: Rollout,
  response: ResponseState,
  because: string,
  now: Instant,
): readonly CourseEvent[] {
  if (response === null) return []
  const { choose, bypass } = response.decision
  if (choose !== 'bypass') {
    const outcome = `${choose} took effect: ${because}`
    return [{ type: 'rollout.ended', data: { outcome: 'mitigated', because: outcome, at: now } }]
  }
  const entry = rollout.strategy.mitigations.bypasses.find(({ name }) => name === bypass)
  if (entry?.afterwards !== 'continue') return []
  const goesOn = `bypass '${entry.name}' took effect, and its approval lets the rollout go on`
  return [{ type: 'rollout.resumed', data: { by: 'goaround', because: goesOn, at: now } }]
}

function evolve(state: Course, event: CourseEvent): Course {
  switch (event.type) {
    case 'rollout.halted':
      return { ...state, rollout: evolveRollout(state.rollout, event), failing: event.data.failing }
    case 'rollout.resumed': {
      // A bypass stays in effect while the rollout goes on; any other answer is taken back.
      const response = state.response?.stage.at === 'in-effect' ? state.response : null
      return { ...state, rollout: evolveRollout(state.rollout, event), response }
    }
    case 'step.began':
    case 'step.failed':
    case 'step.seen':
      return state.rollout?.stage.at === 'halted'
        ? { ...state, response: evolveResponse(state.response, event) }
        : { ...state, rollout: evolveRollout(state.rollout, event) }
    default:
      return isResponseEvent(event)
        ? { ...state, response: evolveResponse(state.response, event) }
        : { ...state, rollout: evolveRollout(state.rollout, event) }
  }
}

function isResponseEvent(event: RolloutEvent | ResponseEvent): event is ResponseEvent {
  return Object.hasOwn(responseEvents, event.type)
}
