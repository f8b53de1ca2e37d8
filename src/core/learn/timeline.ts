import type { WrittenMessage } from '../communicate/incident.ts'
import { sayMinute } from '../communicate/say-time.ts'
import type { Instant } from '../kernel/instant.ts'
import { sayDuration } from '../kernel/instant.ts'
import { sayShare } from '../words/exposure-share.ts'
import { type HealthChange, isIll } from '../words/health.ts'
import type { TestOutcome } from '../words/test-outcome.ts'
import type { Fact, Happened } from './history.ts'
import { rolesForNames, sayAuthority, sayRole } from './say-roles.ts'

/** The part of the story that a fact belongs to. */
export type TimelinePhase = 'expose' | 'detect' | 'decide' | 'mitigate' | 'communicate' | 'learn'

/** One fact that matters, as a person would tell it. */
export interface TimelineEntry {
  readonly at: Instant
  readonly phase: TimelinePhase
  /** The kind of fact it tells of, such as `rollout.halted`. */
  readonly kind: Fact['type']
  readonly says: string
}

type Told = readonly [phase: TimelinePhase, says: string] | null

/** What earlier facts said that later ones only refer to. */
interface Before {
  readonly messages: Map<string, WrittenMessage>
  /** Steps that gave users the candidate. */
  readonly shares: Set<string>
  readonly steps: Map<string, { readonly says: string; readonly beganAt: Instant }>
  /** Why it halted, by the moment; known before it is told, since one look may record much. */
  readonly halts: ReadonlyMap<Instant, string>
}

/**
 * The story of a rollout: one sentence per fact that matters, in the order of the history, with
 * roles in place of people. Attempts that were merely begun, looks that changed nothing and
 * routine updates are left out.
 */
export function timelineOf(history: readonly Happened[]): readonly TimelineEntry[] {
  const nameless = rolesForNames(history)
  const before: Before = {
    messages: new Map(),
    shares: new Set(),
    steps: new Map(),
    halts: haltsIn(history),
  }
  const entries: TimelineEntry[] = []
  for (const { event, at } of history) {
    const told = tell(event, before)
    remember(event, before)
    if (told === null) continue
    const [phase, says] = told
    entries.push({ at, phase, kind: event.type, says: sentence(nameless(says)) })
  }
  return entries
}

function haltsIn(history: readonly Happened[]): ReadonlyMap<Instant, string> {
  return new Map(
    history.flatMap(({ event }) =>
      event.type === 'rollout.halted' ? [[event.data.at, event.data.failing.because]] : [],
    ),
  )
}

function remember(event: Fact, { messages, shares, steps }: Before): void {
  if (event.type === 'message.written') messages.set(event.data.id, event.data)
  if (event.type === 'group.opened') {
    for (const { id, action } of event.data.plan)
      if (action.kind === 'route' && action.route.buckets > 0) shares.add(id)
  }
  if (event.type === 'step.began') {
    const { step, says, at } = event.data
    steps.set(step, { says, beganAt: steps.get(step)?.beganAt ?? at })
  }
}

// oxlint-disable-next-line max-lines-per-function -- one case per fact reads better whole.
function tell(event: Fact, before: Before): Told {
  switch (event.type) {
    case 'rollout.started': {
      const { release, by, hotfixFor } = event.data
      const why = hotfixFor === null ? '' : `, as the hotfix for ${hotfixFor}`
      return ['expose', `${by} started the rollout of ${release}${why}`]
    }
    case 'rollout.baseline-captured': {
      const { release, drift } = event.data
      const differs =
        drift.length === 0
          ? ''
          : `; it differs from the last known good state that was sealed: ${drift.join(', ')}`
      return ['expose', `captured the state before: ${release ?? 'nothing'} serves${differs}`]
    }
    case 'rollout.baseline-unknown':
    case 'group.waiting':
    case 'group.passed':
    case 'rollout.reminded':
      return ['expose', event.data.because]
    case 'group.opened':
      return ['expose', `opening: ${event.data.because}`]
    case 'group.testing':
      return ['expose', event.data.because]
    case 'test.ended':
      return sayTest(event.data)
    case 'rollout.paused':
      return ['expose', `${event.data.by} paused the rollout: ${event.data.because}`]
    case 'rollout.resumed':
      return ['expose', `${event.data.by} resumed the rollout: ${event.data.because}`]
    case 'exposure.reasserted': {
      const { seen, wanted } = event.data
      return [
        'expose',
        `the router showed ${sayShare(seen)} instead of ${sayShare(wanted)} and was asked again`,
      ]
    }
    case 'rollout.completed':
      return ['expose', `completed: ${event.data.because}`]
    case 'rollout.ended':
      return ['mitigate', `ended, ${event.data.outcome}: ${event.data.because}`]
    case 'last-known-good.sealed':
      return ['expose', `${event.data.release} is the last known good: ${event.data.evidence}`]
    case 'verdict.reached': {
      const { group, verdict } = event.data
      const isBlind = verdict.kind === 'error' || verdict.kind === 'no-data'
      return isBlind ? ['detect', `group '${group}' cannot be judged: ${verdict.because}`] : null
    }
    case 'signal.fired':
    case 'signal.resolved':
    case 'source.silent':
    case 'source.heard':
      return ['detect', event.data.because]
    case 'report.received': {
      const { says, arm, because } = event.data
      const who = arm === 'unknown' ? 'a user' : `a user of the ${arm}`
      return ['detect', `${who} reports "${says}" (${because})`]
    }
    case 'shadow.would-have-halted':
      return ['detect', `would have halted, had it been allowed to: ${event.data.because}`]
    case 'health.changed':
      return sayHealthChanges(event.data.changes, before.halts.get(event.data.at) ?? null)
    case 'rollout.halted':
      return ['detect', `halted: ${event.data.failing.because}`]
    case 'decision.made':
      return ['decide', sayDecision(event.data.decision)]
    case 'approval.given':
      return ['decide', `${sayRole(event.data.role)} approved`]
    case 'approval.rejected':
      return ['decide', `${event.data.by} rejected it: ${event.data.because}`]
    case 'approval.overdue':
      return ['decide', `overdue: ${event.data.because}`]
    case 'mitigation.began':
      return ['mitigate', `${event.data.choose} began: ${sayAuthority(event.data.authority)}`]
    case 'mitigation.took-effect': {
      const { choose, because, until } = event.data
      const ends = until === null ? '' : `; it is tolerated until ${sayMinute(until)}`
      return ['mitigate', `${choose} took effect: ${because}${ends}`]
    }
    case 'mitigation.did-not-help':
      return ['mitigate', `${event.data.choose} did not end it: ${event.data.because}`]
    case 'mitigation.expired':
      return ['mitigate', `${event.data.choose} ran out: ${event.data.because}`]
    case 'routing.reasserted':
      return [
        'expose',
        `the router had forgotten where the traffic belongs and was told again (${event.data.evidence})`,
      ]
    case 'release.quarantined':
      return ['mitigate', `${event.data.release} was put in quarantine: ${event.data.because}`]
    case 'workload.stopped':
      return ['expose', `${event.data.by} took the workload down`]
    case 'quarantine.lifted':
      return [
        'learn',
        `${event.data.by} lifted the quarantine of ${event.data.release}: ${event.data.because}`,
      ]
    case 'step.seen':
      return sayStepSeen(event.data, before)
    case 'step.failed': {
      const { step, attempt, failure, retryAt } = event.data
      const says = before.steps.get(step)?.says ?? step
      const then = retryAt === null ? 'given up' : 'it is tried again'
      return [phaseOfStep(step), `could not ${says} (try ${attempt}; ${then}): ${failure.detail}`]
    }
    case 'incident.opened': {
      const { length } = event.data.audiences
      const owed =
        length === 0
          ? 'nobody is to be told'
          : `${length} ${length === 1 ? 'audience is' : 'audiences are'} told`
      return ['communicate', `an incident was opened; ${owed}`]
    }
    case 'message.failed':
    case 'message.delivered':
      return sayMessage(event, before)
    case 'incident.resolved':
      return ['communicate', 'the incident was resolved']
    case 'postmortem.opened':
      return ['learn', `a postmortem is owed by ${sayMinute(event.data.dueAt)}`]
    case 'postmortem.drafted':
      return ['learn', `a draft of the postmortem was written: ${event.data.path}`]
    case 'step.began':
    case 'message.written':
    case 'message.superseded':
    case 'rollout.claimed':
    case 'rollout.released':
      return null
  }
}

/** Illness and its end; that something is not known yet, or is known again, is no story of its own. */
function sayHealthChanges(changes: readonly HealthChange[], halt: string | null): Told {
  const matter = changes.filter(({ was, state }) => isIll(state) || (was !== null && isIll(was)))
  const [first] = matter.filter(({ state }) => isIll(state))
  const names = matter.map(({ kind, name, state }) => `${kind} '${name}' is ${state}`)
  if (names.length === 0) return null
  // A halt of the same moment says the same, one line later.
  const isSaid = first === undefined || halt?.includes(first.because) === true
  return ['detect', `${names.join(', ')}${isSaid ? '' : `: ${first.because}`}`]
}

function sayDecision({
  choose,
  branch,
  because,
  by,
  approvals,
}: Extract<Fact, { type: 'decision.made' }>['data']['decision']): string {
  const needs = approvals.map(({ role, count }) => `${count} × ${role}`).join(' and ')
  const asks = needs === '' ? 'it needs no approval' : `it needs ${needs}`
  const who = by === 'tree' ? `branch '${branch}' of the tree` : by
  return `decided on ${choose} (${who}): ${because}; ${asks}`
}

/** Of opening a group only the share matters afterwards; of a mitigation every step does. */
function sayStepSeen(
  { step, evidence, at }: Extract<Fact, { type: 'step.seen' }>['data'],
  { shares, steps }: Before,
): Told {
  const known = steps.get(step)
  const phase = phaseOfStep(step)
  if (phase === 'expose' && !shares.has(step)) return null
  const took = known === undefined ? '' : ` after ${sayDuration(at - known.beganAt)}`
  return [phase, `${known?.says ?? step}: seen${took} (${evidence})`]
}

/** A pass before anybody had the release is routine; what was found afterwards, or not found out, is told. */
function sayTest({ test, verdict, because, of }: TestOutcome): Told {
  if (verdict === 'pass' && of.round === 'before') return null
  const says = { pass: 'passed', fail: 'failed', error: 'could not be run' }[verdict]
  return ['detect', `test '${test}' ${says} in group '${of.group}': ${because}`]
}

function phaseOfStep(step: string): TimelinePhase {
  return step.startsWith('mitigation/') ? 'mitigate' : 'expose'
}

/** Routine updates are left out; that somebody was not reached is not. */
function sayMessage(
  event: Extract<Fact, { type: 'message.failed' | 'message.delivered' }>,
  { messages }: Before,
): Told {
  const known = messages.get(event.data.id)
  if (known === undefined) return null
  const { kind, audience, subject } = known
  if (event.type === 'message.failed') {
    const { retryAt, failure } = event.data
    if (retryAt !== null) return null
    return ['communicate', `'${audience}' could not be told "${subject}": ${failure.detail}`]
  }
  return kind === 'update' ? null : ['communicate', `told '${audience}': ${subject}`]
}

function sentence(text: string): string {
  const trimmed = text.trim()
  return `${trimmed[0]?.toUpperCase() ?? ''}${trimmed.slice(1)}`
}
