import type { DecisionView, RolloutView } from '../../contract/rollout-view.ts'
import type { Incident } from '../../core/communicate/incident.ts'
import { type CourseEvent, courseEvents } from '../../core/course/course.ts'
import { phaseOf } from '../../core/course/summary.ts'
import type { RawEvent } from '../../core/kernel/events.ts'
import type { Instant } from '../../core/kernel/instant.ts'
import type { Postmortem } from '../../core/learn/postmortem.ts'
import type { Response } from '../../core/mitigate/response.ts'
import { candidateStack, controlStack, type Rollout } from '../../core/rollout/state.ts'
import type { RolloutRecord } from '../../engine/control.ts'
import { becauseOf } from './because.ts'
import { exitCodeOf } from './exit-code-of.ts'
import { groupViews } from './group-views.ts'
import { healthViews } from './health-views.ts'
import { signalViews } from './signal-views.ts'
import { type Story, storyOf } from './story.ts'
import { verdictOf } from './verdict-of.ts'

/** Everything that people want to know of a rollout, from its state and its facts; null before it was started. */
export function rolloutViewOf(
  record: RolloutRecord,
  history: readonly RawEvent[],
  now: Instant,
): RolloutView | null {
  const { course, incident, postmortem } = record
  const { rollout, response, failing } = course
  const phase = phaseOf(course)
  if (rollout === null || phase === 'unknown') return null
  const story = storyOf(courseFacts(history))
  const { paused } = rollout
  return {
    id: record.id,
    workload: rollout.workload,
    release: rollout.release,
    startedBy: rollout.by,
    hotfixFor: rollout.hotfixFor,
    phase,
    because: becauseOf(course, now),
    exitCode: exitCodeOf(course),
    exposure: exposureOf(rollout, story),
    groups: [...groupViews(rollout)],
    health: [...healthViews(rollout)],
    step: stepOf(rollout, story),
    tests: [...story.tests],
    paused: paused === null ? null : { by: paused.by, because: paused.because, at: paused.at },
    failing:
      failing === null
        ? null
        : { ...failing, verdict: failing.verdict === null ? null : verdictOf(failing.verdict) },
    signals: [...signalViews(rollout)],
    sources: Object.entries(rollout.sources).map(([source, hearing]) => ({ source, ...hearing })),
    reports: reportsOf(rollout),
    decision: response === null ? null : decisionOf(response, rollout),
    mitigation: response === null ? null : story.mitigation,
    tried: [...(response?.tried ?? [])],
    outcome: outcomeOf(rollout),
    incident: incidentOf(incident),
    postmortem: postmortemOf(postmortem),
    times: story.times,
  }
}

function reportsOf({ reports }: Rollout): RolloutView['reports'] {
  const count = (wanted: string) => reports.filter(({ arm }) => arm === wanted).length
  return { candidate: count('candidate'), control: count('control'), unknown: count('unknown') }
}

function courseFacts(history: readonly RawEvent[]): readonly CourseEvent[] {
  return history
    .filter(({ type }) => Object.hasOwn(courseEvents.shapes, type))
    .map(courseEvents.read)
}

function exposureOf(rollout: Rollout, story: Story): RolloutView['exposure'] {
  const { baseline } = rollout
  const stacks =
    baseline === null
      ? { candidate: null, control: null }
      : { candidate: candidateStack(rollout), control: controlStack(rollout) }
  return { ...story.exposure, ...stacks, lastKnownGood: baseline?.release ?? null }
}

function stepOf(rollout: Rollout, story: Story): RolloutView['step'] {
  const { stage } = rollout
  const isTesting = stage.at === 'baking' && stage.tests !== null
  if (stage.at !== 'opening' && !isTesting) return null
  return story.steps.find(({ state }) => state !== 'seen') ?? null
}

function decisionOf(response: Response, rollout: Rollout): DecisionView {
  const { decision, approvals, stage } = response
  const bypass = rollout.strategy.mitigations.bypasses.find(({ name }) => name === decision.bypass)
  return {
    number: decision.number,
    chosen: decision.choose,
    branch: decision.branch,
    bypass: decision.bypass,
    usersLose: bypass?.usersLose ?? null,
    because: decision.because,
    by: decision.by,
    others: decision.others,
    approvals: decision.approvals.map(({ role, count, because }) => ({
      role,
      needed: count,
      because,
      given: approvals
        .filter((one) => one.role === role && one.hash === decision.hash)
        .map(({ by, at }) => ({ by, at })),
    })),
    waitsUntil: stage.at === 'asking' || stage.at === 'holding' ? stage.until : null,
    hash: decision.hash,
  }
}

function outcomeOf(rollout: Rollout): RolloutView['outcome'] {
  const { stage } = rollout
  if (stage.at === 'completed') return { kind: 'completed', because: stage.because }
  if (stage.at === 'ended') return { kind: stage.outcome, because: stage.because }
  return null
}

function incidentOf(incident: Incident | null): RolloutView['incident'] {
  if (incident === null) return null
  const { openedAt, because, resolvedAt } = incident
  const messages = incident.messages.map(
    ({ id, kind, audience, channel, subject, state, at, deliveredAt }) => ({
      id,
      kind,
      audience,
      channel,
      subject,
      state,
      writtenAt: at,
      deliveredAt,
    }),
  )
  return { openedAt, because, resolvedAt, messages }
}

function postmortemOf(postmortem: Postmortem | null): RolloutView['postmortem'] {
  if (postmortem === null) return null
  const { openedAt, dueAt, draft } = postmortem
  return { openedAt, dueAt, path: draft?.path ?? null }
}
