import type { Decider } from '../kernel/decider.ts'
import { type Instant, sayDuration } from '../kernel/instant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import {
  type Progress,
  planned,
  type StepEvent,
  sayPlanFailure,
  stepFailed,
  stepSeen,
  tickPlan,
} from '../step/plan.ts'
import { sayShare } from '../words/exposure-share.ts'
import type { RolloutCommand, RolloutRefusal, StepReport } from './commands.ts'
import type { RolloutEvent } from './events.ts'
import { evolveRollout } from './evolve.ts'
import type { Failing } from './failing.ts'
import { judged } from './gate.ts'
import { groupPlan } from './group-plan.ts'
import { illGroup } from './health-gate.ts'
import { disquiet, heeded } from './heed.ts'
import { remind } from './reminder.ts'
import { SIGNALS_MAX, taken } from './signals.ts'
import { listened } from './sources.ts'
import { groupAt, isFirstRelease, type Rollout, type RolloutState, type Stage } from './state.ts'
import { pauseForTest, testEnded, testsLeft, tickTests } from './testing.ts'
import { openableAt } from './windows.ts'

type Decision = Result<readonly RolloutEvent[], RolloutRefusal>

/** The whole state is asked for this often before a person must look. */
const BASELINE_TRIES_MAX = 5
const BASELINE_RETRY_MS = 2_000

/**
 * Exposes one release, group by group. Of everything that can go wrong it knows one answer: to
 * halt. What to do then is decided elsewhere, from the same stream.
 */
export const rolloutDecider: Decider<RolloutCommand, RolloutState, RolloutEvent, RolloutRefusal> = {
  initial: null,
  decide,
  evolve: evolveRollout,
  isTerminal: (state) => state !== null && isOver(state),
}

export function isOver(rollout: Rollout): boolean {
  return rollout.stage.at === 'completed' || rollout.stage.at === 'ended'
}

function decide(command: RolloutCommand, state: RolloutState): Decision {
  if (command.type === 'start') {
    if (state !== null) return no({ code: 'already-started' })
    const { type: _, now: at, ...started } = command
    const workload = command.strategy.workload.name
    return yes([{ type: 'rollout.started', data: { ...started, workload, at } }])
  }
  if (state === null) return no({ code: 'not-found' })
  if (isOver(state)) return no({ code: 'already-over', detail: sayWhereItEnded(state) })
  return decideKnown(command, state)
}

function decideKnown(
  command: Exclude<RolloutCommand, { type: 'start' }>,
  rollout: Rollout,
): Decision {
  const { now } = command
  switch (command.type) {
    case 'capture-baseline': {
      if (rollout.stage.at !== 'preparing') return no({ code: 'not-preparing' })
      return yes([{ type: 'rollout.baseline-captured', data: { ...command.baseline, at: now } }])
    }
    case 'report-baseline-unknown':
      return baselineUnknown(rollout, command.failure.detail, now)
    case 'tick':
      return yes(tick(rollout, now))
    case 'report-seen':
      return reportSeen(rollout, command, now)
    case 'report-failure':
      return reportFailure(rollout, command, now)
    case 'judge':
      return yes(judged(rollout, command, now))
    case 'report-reasserted': {
      const { seen, wanted, evidence } = command
      return yes([{ type: 'exposure.reasserted', data: { seen, wanted, evidence, at: now } }])
    }
    case 'take-signal': {
      const { events, kept } = taken(rollout, command.signal, now)
      const detail = `${SIGNALS_MAX} other signals fire already`
      return kept ? yes(events) : no({ code: 'too-many-signals', detail })
    }
    case 'listen':
      return yes(listened(rollout, command.heard, now))
    case 'pause': {
      if (rollout.stage.at === 'halted') return no({ code: 'already-halted' })
      if (rollout.paused !== null) return no({ code: 'already-paused' })
      const { by, because } = command
      return yes([{ type: 'rollout.paused', data: { by, because, at: now } }])
    }
    case 'resume': {
      if (rollout.paused === null && rollout.stage.at !== 'halted')
        return no({ code: 'not-paused' })
      const { by, because } = command
      return yes([{ type: 'rollout.resumed', data: { by, because, at: now } }])
    }
    case 'promote':
      return promote(rollout, command.by, now)
    case 'abort': {
      if (rollout.stage.at === 'halted') return no({ code: 'already-halted' })
      const because = `${command.by} aborted the rollout: ${command.because}`
      return yes([halt(rollout, { kind: 'operator', because }, now)])
    }
  }
}

/** What time alone brings: the next group is opened, a failed attempt is tried again, a person is reminded. */
function tick(rollout: Rollout, now: Instant): readonly RolloutEvent[] {
  const { stage } = rollout
  if (rollout.paused !== null) return remind(rollout, now)
  if (stage.at === 'opening') return tickPlan(stage.progress, now)
  if (stage.at === 'baking') return tickTests(rollout, now)
  if (stage.at !== 'waiting' || rollout.baseline === null) return []
  if (stage.for === 'promote' || stage.for === 'signals') return remind(rollout, now)
  if (stage.until !== null && now < stage.until) return []
  return openOrWait(rollout, stage.index, now)
}

function openOrWait(rollout: Rollout, index: number, now: Instant): readonly RolloutEvent[] {
  const group = groupAt(rollout, index)
  // A group that is opened anew after a halt was promoted before, and a person has just resumed it.
  const isKnown = rollout.groups.some((known) => known.index === index)
  if (group.manual && !isKnown) {
    const because = `group '${group.name}' is opened by hand: it waits for 'promote'`
    const data = { group: group.name, for: 'promote', until: null, because, at: now } as const
    return [{ type: 'group.waiting', data }]
  }
  const unquiet = disquiet(rollout)
  if (unquiet !== null) {
    const because = `group '${group.name}' is not opened yet: ${unquiet.because}`
    const data = { group: group.name, for: 'signals', until: null, because, at: now } as const
    return [{ type: 'group.waiting', data }]
  }
  const at = openableAt(group, now)
  if (at !== null && at <= now) return open(rollout, index, now)
  if (at === null) {
    const because = `group '${group.name}' has no window in the next 14 days: correct its windows, or promote it by hand`
    const data = { group: group.name, for: 'promote', until: null, because, at: now } as const
    return [{ type: 'group.waiting', data }]
  }
  const because = `group '${group.name}' may be opened in ${sayDuration(at - now)}, when its window begins`
  return [
    {
      type: 'group.waiting',
      data: { group: group.name, for: 'window', until: at, because, at: now },
    },
  ]
}

function open(rollout: Rollout, index: number, now: Instant): readonly RolloutEvent[] {
  const group = groupAt(rollout, index)
  const plan = [...groupPlan(rollout, index)]
  const because = isFirstRelease(rollout)
    ? `${rollout.release} is the first release of ${rollout.workload}: there is nothing to compare it with, so its smoke tests decide`
    : `group '${group.name}' gets ${sayShare(group.share)} of the traffic for at least ${sayDuration(group.bake)}`
  const opened = {
    type: 'group.opened',
    data: { group: group.name, index, plan, because, at: now },
  } as const
  return [opened, ...tickPlan(planned(plan, now), now)]
}

function reportSeen(
  rollout: Rollout,
  report: StepReport & { readonly evidence: string },
  now: Instant,
): Decision {
  const progress = progressOf(rollout)
  if (progress === null) return no({ code: 'no-plan-under-way' })
  const outcome = stepSeen(progress, report, now)
  if (!outcome.ok) return no({ code: outcome.problem })
  const test = testEnded(rollout, progress, report, 'pass', now)
  if (!test.ok) return test
  // A paused rollout takes the news and goes no further.
  const events = rollout.paused === null ? outcome.value : outcome.value.slice(0, 1)
  return yes([...test.value, ...events, ...firstReleaseIsDone(rollout, events, now)])
}

/** The plan that is carried out now: that of opening a group, or its tests while it bakes. */
function progressOf({ stage }: Rollout): Progress | null {
  if (stage.at === 'opening') return stage.progress
  return stage.at === 'baking' ? (stage.tests?.progress ?? null) : null
}

/** A first release has no bake: nothing could be compared. It says so instead of pretending. */
function firstReleaseIsDone(
  rollout: Rollout,
  events: readonly StepEvent[],
  now: Instant,
): readonly RolloutEvent[] {
  const after = events.reduce<RolloutState>(evolveRollout, rollout)
  if (!isFirstRelease(rollout) || after?.stage.at !== 'baking') return []
  const group = groupAt(rollout, after.stage.index).name
  const because = `${rollout.release} is the first release: it was started, passed its smoke tests and serves all traffic; there was nothing to compare it with`
  return [
    { type: 'group.passed', data: { group, verdict: null, because, at: now } },
    { type: 'rollout.completed', data: { because, at: now } },
  ]
}

function reportFailure(
  rollout: Rollout,
  report: Extract<RolloutCommand, { type: 'report-failure' }>,
  now: Instant,
): Decision {
  const progress = progressOf(rollout)
  if (progress === null) return no({ code: 'no-plan-under-way' })
  const outcome = stepFailed(progress, report, now)
  if (!outcome.ok) return no({ code: outcome.problem })
  const test = testEnded(rollout, progress, report, 'not-pass', now)
  if (!test.ok) return test
  const facts = [...test.value, ...outcome.value]
  const given = outcome.value.some(
    (event) => event.type === 'step.failed' && event.data.retryAt === null,
  )
  if (!given) return yes(facts)
  const failed = { ...progress, failure: report.failure }
  if (report.test?.verdict === 'error') {
    return yes(rollout.paused === null ? [...facts, pauseForTest(failed, now)] : facts)
  }
  const kind = report.test === undefined ? 'deploy' : 'smoke'
  return yes([...facts, halt(rollout, { kind, because: sayPlanFailure(failed) }, now)])
}

function baselineUnknown(rollout: Rollout, detail: string, now: Instant): Decision {
  if (rollout.stage.at !== 'preparing') return no({ code: 'not-preparing' })
  const tries = rollout.stage.tries + 1
  const because = `the present state could not be captured (try ${tries} of ${BASELINE_TRIES_MAX}): ${detail}`
  const retryAt = tries < BASELINE_TRIES_MAX ? now + BASELINE_RETRY_MS : null
  const unknown = { type: 'rollout.baseline-unknown', data: { because, retryAt, at: now } } as const
  if (retryAt !== null) return yes([unknown])
  const ended = `nothing was changed: ${because}`
  return yes([
    unknown,
    { type: 'rollout.ended', data: { outcome: 'not-mitigated', because: ended, at: now } },
  ])
}

function promote(rollout: Rollout, by: string, now: Instant): Decision {
  const { stage } = rollout
  if (stage.at === 'halted') return no({ code: 'halted', detail: stage.failing.because })
  if (rollout.paused !== null) return no({ code: 'paused', detail: sayPause(rollout.paused) })
  if (stage.at === 'waiting' && stage.for !== 'turn') return yes(open(rollout, stage.index, now))
  if (stage.at !== 'baking') return no({ code: 'nothing-to-promote' })
  const heard = stage.verdict === null ? null : heeded(rollout, stage.verdict)
  if (stage.verdict === null || heard?.kind !== 'pass')
    return no({ code: 'not-measured', detail: heard?.because ?? 'no evidence yet' })
  if (testsLeft(rollout, stage, stage.since) !== 'done' && stage.tests?.progress.mode !== 'done') {
    const detail = 'the tests of the group have not passed since users reach it'
    return no({ code: 'not-measured', detail })
  }
  const ill = illGroup(rollout, stage.index)
  if (ill !== null) return no({ code: 'not-measured', detail: ill })
  const because = `${by} promoted it before the bake was over: ${stage.verdict.because}`
  const group = groupAt(rollout, stage.index).name
  const { verdict } = stage
  const passed = { type: 'group.passed', data: { group, verdict, because, at: now } } as const
  const isLast = stage.index === rollout.strategy.exposure.groups.length - 1
  return yes(
    isLast ? [passed, { type: 'rollout.completed', data: { because, at: now } }] : [passed],
  )
}

function halt(
  rollout: Rollout,
  { kind, because }: Pick<Failing, 'kind' | 'because'>,
  now: Instant,
): RolloutEvent {
  const { stage, watched } = rollout
  // Between two groups it is the exposed one that people mean.
  const index = stage.at === 'waiting' ? (watched?.index ?? stage.index) : indexOf(stage)
  const group = index === null ? '' : groupAt(rollout, index).name
  const verdict = stage.at === 'baking' ? stage.verdict : null
  const failing: Failing = { kind, group, because, metrics: [], routes: [], verdict }
  return { type: 'rollout.halted', data: { failing, at: now } }
}

function indexOf(stage: Stage): number | null {
  return 'index' in stage ? stage.index : null
}

function sayPause({ by, because }: NonNullable<Rollout['paused']>): string {
  return `${by} paused it (${because}): resume it first`
}

function sayWhereItEnded(rollout: Rollout): string {
  return 'because' in rollout.stage ? rollout.stage.because : ''
}
