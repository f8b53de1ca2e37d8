import { fillableRole } from '../decide/approvals.ts'
import type { Decider } from '../kernel/decider.ts'
import { defineEvents, type EventOf } from '../kernel/events.ts'
import type { Instant } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import type { ChooseByHand, ResponseCommand, ResponseRefusal } from '../mitigate/commands.ts'
import { bypassExpired, decideResponse } from '../mitigate/decide-response.ts'
import { responseEvents } from '../mitigate/events.ts'
import { chooseInstead, didNotHelp, giveWay, openResponse } from '../mitigate/next-decision.ts'
import type { Response, ResponseState } from '../mitigate/response.ts'
import type { RolloutCommand, RolloutRefusal } from '../rollout/commands.ts'
import { rolloutEvents } from '../rollout/events.ts'
import type { Failing } from '../rollout/failing.ts'
import { failed } from '../rollout/gate.ts'
import { isOver, rolloutDecider } from '../rollout/rollout.ts'
import type { Rollout, RolloutState } from '../rollout/state.ts'
import type { Actor } from '../words/actor.ts'
import { afterEffect } from './after-effect.ts'
import { bypassWatch } from './bypass-watch.ts'
import { evolveCourse } from './evolve.ts'
import { takeInHalted } from './take-in-halted.ts'
import { type TakeReport, takeReport } from './take-report.ts'

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
  | TakeReport
  /** The workload is taken down, and the rollout ends as it stands. */
  | { readonly type: 'close'; readonly by: string; readonly now: Instant }
  /** A hotfix takes this rollout's place. */
  | { readonly type: 'supersede'; readonly by: string; readonly now: Instant }

export type CourseRefusal =
  | RolloutRefusal
  | ResponseRefusal
  | { readonly code: 'mitigating' | 'not-approved'; readonly detail?: string }

type Outcome = Result<readonly CourseEvent[], CourseRefusal>

/**
 * One rollout from take-off to its end. The exposure and the answer to its failure are decided
 * by two deciders of their own; this one puts them in one order, so that a failing verdict, the
 * halt and the decision are recorded in one append and nothing can come between them.
 */
export const course: Decider<CourseCommand, Course, CourseEvent, CourseRefusal> = {
  initial: { rollout: null, response: null, failing: null },
  decide,
  evolve: evolveCourse,
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
        ? decideResponse(command, response, { rollout, failing })
        : rolloutDecider.decide(command, rollout)
    case 'approve':
    case 'reject':
      if (failing === null || !isHalted) return no({ code: 'not-halted' })
      return decideResponse(command, response, { rollout, failing })
    case 'choose':
      return chooseByPerson(command, state, rollout)
    case 'abort':
      return abort(command, state, rollout)
    case 'resume':
      if (response?.stage.at === 'acting') return mitigating(response.decision.because)
      return rolloutDecider.decide(command, rollout)
    case 'close': {
      if (isOver(rollout)) return no({ code: 'already-over' })
      const because = `${command.by} took the workload down`
      const data = { outcome: 'not-mitigated', because, at: command.now } as const
      return yes([{ type: 'rollout.ended', data }])
    }
    case 'supersede':
      return supersede(command, state, rollout)
    case 'judge':
      return isHalted ? judgeBypass(command, state) : rolloutDecider.decide(command, rollout)
    case 'take-signal':
      return isHalted ? takeInHalted(command, state) : rolloutDecider.decide(command, rollout)
    case 'take-report':
      if (isOver(rollout)) return no({ code: 'already-over' })
      return takeReport(rollout, command)
    case 'listen':
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
    return decideResponse({ type: 'tick', now }, response, { rollout, failing })
  }
  if (response?.stage.at === 'in-effect' && response.stage.until !== null) {
    const { since, until } = response.stage
    if (now >= until) return bypassRanOut(rollout, bypassExpired(response, since, now), now)
  }
  if (isOver(rollout)) return yes([])
  return rolloutDecider.decide({ type: 'tick', now }, rollout)
}

/** The tolerated time of a bypass is over while the rollout goes on: it is decided anew. */
function bypassRanOut(rollout: Rollout, expired: CourseEvent, now: Instant): Outcome {
  if (isOver(rollout)) return yes([expired])
  const because = 'the bypass has been in effect for as long as the stakeholders tolerate it'
  const halted = rolloutDecider.decide({ type: 'abort', by: 'goaround', because, now }, rollout)
  return halted.ok ? yes([expired, ...halted.value]) : halted
}

/** A bypass that holds the rollout leaves users on the candidate: when they are hurt again, it has not helped. */
function judgeBypass(command: Extract<CourseCommand, { type: 'judge' }>, state: Course): Outcome {
  const { rollout } = state
  const watch = bypassWatch(state)
  if (rollout?.stage.at !== 'halted' || watch === null || command.watch !== watch) return yes([])
  if (command.verdict.kind !== 'fail') return yes([])
  return yes(failed(rollout, rollout.stage.index, command, command.now))
}

/** A hotfix takes the rollout's place, unless a mitigation is half done or its own approval is missing. */
function supersede(
  { by, now }: Extract<CourseCommand, { type: 'supersede' }>,
  { response }: Course,
  rollout: Rollout,
): Outcome {
  if (isOver(rollout)) return no({ code: 'already-over' })
  if (response?.stage.at === 'acting') return mitigating(response.decision.because)
  if (response?.stage.at === 'asking' && response.decision.choose === 'hotfix') {
    return no({
      code: 'not-approved',
      detail: 'the decision tree asks for approvals of the hotfix',
    })
  }
  const because = `${by} rolls out a hotfix in its place`
  return yes([{ type: 'rollout.ended', data: { outcome: 'superseded', because, at: now } }])
}

function mitigating(detail: string): Outcome {
  return no({ code: 'mitigating', detail })
}

/** A person says stop: the rollout halts, and their yes counts where the tree asks for their role. */
function abort(command: PersonAborts, state: Course, rollout: Rollout): Outcome {
  const { actor, because, now } = command
  const { response } = state
  if (isOver(rollout)) return no({ code: 'already-over' })
  if (rollout.stage.at === 'halted') {
    if (response?.stage.at === 'acting') return mitigating(response.decision.because)
    if (response?.stage.at === 'asking')
      return no({ code: 'already-halted', detail: 'approve or reject the decision instead' })
    if (response?.stage.at === 'in-effect') return endBypass(command, state, rollout, response)
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
  const after = [...halted.value, ...opened].reduce(evolveCourse, state)
  return yes([...halted.value, ...opened, ...ownYes(after, actor, now)])
}

/** Users are still on a candidate whose faulty part is off: to abort is to take the next way out, not to leave them there. */
function endBypass(
  { actor, because, now }: PersonAborts,
  state: Course,
  rollout: Rollout,
  response: Response,
): Outcome {
  if (state.failing === null) return no({ code: 'not-halted' })
  const ended = didNotHelp(response, `${actor.name} ended it: ${because}`, now)
  const events = giveWay({ rollout, failing: state.failing }, response, ended, now)
  return yes([...events, ...ownYes(events.reduce(evolveCourse, state), actor, now)])
}

function ownYes(state: Course, actor: Actor, now: Instant): readonly CourseEvent[] {
  const { rollout, response, failing } = state
  if (rollout === null || failing === null || response?.stage.at !== 'asking') return []
  if ('refused' in fillableRole(response.decision, response.approvals, actor, rollout.by)) return []
  const { hash } = response.decision
  const approve = { type: 'approve', actor, hash, now } as const
  const approved = decideResponse(approve, response, { rollout, failing })
  return approved.ok ? approved.value : []
}

/** A person takes a way out themselves; where nothing has failed yet, that is what halts the rollout. */
function chooseByPerson(command: ChooseByHand, state: Course, rollout: Rollout): Outcome {
  const { actor, because, now } = command
  if (isOver(rollout)) return no({ code: 'already-over' })
  if (rollout.baseline === null)
    return no({ code: 'impossible', detail: 'nothing was changed yet' })
  if (rollout.stage.at === 'halted' && state.failing !== null) {
    return chooseInstead({ rollout, failing: state.failing }, state.response, command)
  }
  const halted = rolloutDecider.decide({ type: 'abort', by: actor.name, because, now }, rollout)
  if (!halted.ok) return halted
  const after = halted.value.reduce<Course>(evolveCourse, state)
  invariant(after.rollout !== null && after.failing !== null, 'a halt is about a failing rollout')
  const emergency = { rollout: after.rollout, failing: after.failing }
  const chosen = chooseInstead(emergency, after.response, command)
  return chosen.ok ? yes([...halted.value, ...chosen.value]) : chosen
}

/** A halt leads to a decision; a mitigation that took effect ends the rollout, unless it holds it. */
function whatFollows(
  state: Course,
  events: readonly CourseEvent[],
  now: Instant,
): readonly CourseEvent[] {
  const after = events.reduce(evolveCourse, state)
  const { rollout, response, failing } = after
  if (rollout === null) return []
  const hasHalted = events.some(({ type }) => type === 'rollout.halted')
  const hasDecided = events.some(({ type }) => type === 'decision.made')
  if (hasHalted && !hasDecided && failing !== null) {
    return openResponse({ rollout, failing }, response, now)
  }
  const effect = events.find((event) => event.type === 'mitigation.took-effect')
  if (effect === undefined || response === null) return []
  return afterEffect(rollout, response, effect.data.because, now)
}
