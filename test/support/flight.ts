import { bypassWatch } from '../../src/core/course/bypass-watch.ts'
import {
  type Course,
  type CourseCommand,
  type CourseEvent,
  course,
} from '../../src/core/course/course.ts'
import { wantsOf } from '../../src/core/course/wants.ts'
import { type DriverFailure, failure } from '../../src/core/kernel/failure.ts'
import type { Instant, Millis } from '../../src/core/kernel/instant.ts'
import { type Baseline, watchOf } from '../../src/core/rollout/state.ts'
import type { Action } from '../../src/core/step/step.ts'
import type { Strategy } from '../../src/core/strategy/schema.ts'
import type { Actor } from '../../src/core/words/actor.ts'
import type { Verdict, VerdictKind } from '../../src/core/words/verdict.ts'
import { instant } from './instants.ts'
import { testReport } from './test-outcomes.ts'

/** A Monday morning, three days after the sample rehearsal. */
export const TAKE_OFF: Instant = instant('2026-11-23T10:00:00Z')

/** A part of a story: what somebody or something does next, given where the course stands. */
export type Moment = (flight: Flight) => void

/** One course that is lived through: it keeps the time, the facts and what was refused. */
export class Flight {
  now: Instant = TAKE_OFF
  state: Course = course.initial
  readonly events: CourseEvent[] = []
  readonly refusals: string[] = []

  tell(command: CourseCommand): readonly CourseEvent[] {
    const outcome = course.decide(command, this.state)
    if (!outcome.ok) {
      this.refusals.push(`${command.type}: ${outcome.problem.code}`)
      return []
    }
    this.events.push(...outcome.value)
    this.state = outcome.value.reduce(course.evolve, this.state)
    return outcome.value
  }

  /** The step that is under way, if there is one. */
  get acting(): ReturnType<typeof wantsOf>['step'] {
    return wantsOf(this.state).step
  }

  /** What the engine would be watching now. */
  get watch(): string {
    const { rollout } = this.state
    const exposed = rollout === null ? null : watchOf(rollout)
    return exposed ?? bypassWatch(this.state) ?? 'nothing'
  }
}

export function fly(strategy: Strategy, ...moments: readonly Moment[]): Flight {
  const flight = new Flight()
  for (const moment of [starts(strategy), ...moments]) moment(flight)
  return flight
}

/** The whole state before a rollout of v2 onto green: v1 serves on blue. */
export const BASELINE: Baseline = {
  state: {
    stacks: {
      blue: { web: { release: 'v1', replicas: 2 } },
      green: { web: { release: null, replicas: 0 } },
    },
    routing: { blue: 10_000, green: 0 },
    flags: { 'flags.json#checkout': 'on' },
    configuration: { 'shop.conf': 'c0ffee' },
  },
  serving: 'blue',
  release: 'v1',
  sealed: null,
  drift: [],
}

/** Nothing runs anywhere yet. */
export const NOTHING_THERE: Baseline = {
  ...BASELINE,
  state: {
    ...BASELINE.state,
    stacks: {
      blue: { web: { release: null, replicas: 0 } },
      green: { web: { release: null, replicas: 0 } },
    },
    routing: { blue: 0, green: 0 },
  },
  serving: null,
  release: null,
}

export function person(name: string, ...roles: readonly string[]): Actor {
  return { name, roles: [...roles] }
}

export function verdictOf(kind: VerdictKind): Verdict {
  const because = `the evidence says ${kind}`
  const counts = { candidate: { n: 400, events: 40 }, control: { n: 400, events: 4 } }
  const numbers = { ratio: 10, logE: 9, logEToFire: 4.6 }
  const evidence = [{ metric: 'errors', verdict: kind, because, ...counts, ...numbers }]
  return { kind, because, exposed: 400, evidence }
}

export const TIMED_OUT: DriverFailure = failure('timed-out', 'after-looking', 'no answer in 30s')
export const DENIED: DriverFailure = failure('denied', 'never', 'the platform answered 403')

function starts(strategy: Strategy): Moment {
  return (flight) => {
    const about = { id: 'r1', release: 'v2', strategy, strategyDigest: 'd1', hotfixFor: null }
    flight.tell({ type: 'start', ...about, by: 'alice', now: flight.now })
  }
}

export function captured(baseline: Baseline = BASELINE): Moment {
  return (flight) => {
    flight.tell({ type: 'capture-baseline', baseline, now: flight.now })
    flight.tell({ type: 'tick', now: flight.now })
  }
}

/** Time goes by, and whatever is due by itself is done. */
export function later(by: Millis): Moment {
  return (flight) => {
    flight.now += by
    flight.tell({ type: 'tick', now: flight.now })
  }
}

/** The current step is seen in effect, and each one after it, until one of `kind` is under way. */
export function seenUntil(kind: Action['kind'] | 'the end'): Moment {
  return (flight) => {
    for (;;) {
      const { acting, now } = flight
      if (acting === null || acting.step.action.kind === kind) return
      const { step, attempt } = acting
      const test = testReport('r1', step, 'pass')
      flight.tell({ type: 'report-seen', step: step.id, attempt, evidence: 'looked', ...test, now })
    }
  }
}

export const allSeen: Moment = seenUntil('the end')

/** The current step fails; a test because of the release, unless it is said to be an error. */
export function fails(problem: DriverFailure = DENIED, verdict: 'fail' | 'error' = 'fail'): Moment {
  return (flight) => {
    const { acting, now } = flight
    if (acting === null) throw new Error('no step is under way that could fail')
    const { step, attempt } = acting
    const report = { step: step.id, attempt, failure: problem, now }
    flight.tell({ type: 'report-failure', ...report, ...testReport('r1', step, verdict) })
  }
}

export function judged(kind: VerdictKind, ...routes: readonly string[]): Moment {
  return (flight) => {
    const { watch, now } = flight
    flight.tell({ type: 'judge', watch, verdict: verdictOf(kind), routes, now })
    flight.tell({ type: 'tick', now })
  }
}

/** The group is seen well for as long as its bake takes. */
export function well(bake: Millis): Moment {
  return (flight) => {
    judged('pass')(flight)
    flight.now += bake
    judged('pass')(flight)
  }
}

/** A person decides about the decision that waits now. */
export function approved(actor: Actor): Moment {
  return (flight) => {
    const hash = flight.state.response?.decision.hash ?? 'none'
    flight.tell({ type: 'approve', actor, hash, now: flight.now })
  }
}

export function does(type: 'abort' | 'reject', actor: Actor, because: string): Moment {
  return (flight) => flight.tell({ type, actor, because, now: flight.now })
}

export function chooses(choose: 'fallback' | 'rollback', actor: Actor): Moment {
  return (flight) =>
    flight.tell({ type: 'choose', choose, actor, because: 'I know this one', now: flight.now })
}

export function says(type: 'pause' | 'resume', by: string): Moment {
  return (flight) => flight.tell({ type, by, because: 'looked at it', now: flight.now })
}

export function promotes(by: string): Moment {
  return (flight) => flight.tell({ type: 'promote', by, now: flight.now })
}

/** The facts as one line each, without the beginnings of steps. */
export function told({ events }: Flight): readonly string[] {
  return events.filter(({ type }) => type !== 'step.began').map(say)
}

function say(event: CourseEvent): string {
  switch (event.type) {
    case 'group.opened':
    case 'group.passed':
      return `${event.type} ${event.data.group}`
    case 'group.testing':
      return `${event.type} ${event.data.group} ${event.data.round}`
    case 'test.ended':
      return `${event.type} ${event.data.test} ${event.data.verdict}`
    case 'group.waiting':
      return `${event.type} ${event.data.group} for ${event.data.for}`
    case 'step.seen':
    case 'step.failed':
      return `${event.type} ${event.data.step.split('/').at(-1) ?? ''}`
    case 'verdict.reached':
      return `${event.type} ${event.data.verdict.kind}`
    case 'rollout.halted':
      return `${event.type} ${event.data.failing.kind}`
    case 'rollout.paused':
    case 'rollout.resumed':
      return `${event.type} by ${event.data.by}`
    case 'rollout.ended':
      return `${event.type} ${event.data.outcome}`
    case 'decision.made': {
      const { branch, choose, approvals } = event.data.decision
      const asks = approvals.map(({ role, count }) => `${count} × ${role}`).join(', ')
      return `${event.type} ${branch}: ${choose}${asks === '' ? '' : `, asks ${asks}`}`
    }
    case 'approval.given':
      return `${event.type} ${event.data.role} by ${event.data.by}`
    case 'approval.rejected':
      return `${event.type} by ${event.data.by}`
    case 'mitigation.began':
    case 'mitigation.took-effect':
    case 'mitigation.did-not-help':
    case 'mitigation.expired':
      return `${event.type} ${event.data.choose}`
    case 'signal.fired':
      return `${event.type} ${event.data.signal.name}: ${event.data.effect}`
    case 'signal.resolved':
      return `${event.type} ${event.data.signal.name}`
    case 'report.received':
      return `${event.type} of the ${event.data.arm}`
    case 'source.heard':
    case 'source.silent':
      return `${event.type} ${event.data.source}`
    case 'shadow.would-have-halted':
      return `${event.type} ${event.data.metric}`
    case 'approval.overdue':
    case 'health.changed':
    case 'exposure.reasserted':
    case 'rollout.baseline-captured':
    case 'rollout.baseline-unknown':
    case 'rollout.completed':
    case 'rollout.reminded':
    case 'rollout.started':
    case 'step.began':
      return event.type
  }
}
