import type { Instant, Millis } from '../kernel/instant.ts'
import type { Strategy } from '../strategy/schema.ts'
import type { Verdict } from '../words/verdict.ts'
import type { Happened } from './history.ts'

/** A length of time, or why there is none: a moment that is missing is never zero. */
export type Interval =
  | { readonly state: 'recorded'; readonly ms: Millis }
  | { readonly state: 'pending' }
  | { readonly state: 'not-applicable' }

/** What one group's users went through, as the evidence counted it. */
export interface GroupMeasure {
  readonly group: string
  /** Buckets of 10,000 that the group gives to the candidate. */
  readonly share: number
  /** Requests that the candidate served. */
  readonly exposed: number
  /** Those of them that failed; null when no metric counts failures. */
  readonly failed: number | null
}

export interface Measures {
  readonly moments: {
    readonly started: Instant | null
    /** When the share of the group that failed first was seen; null when it failed before. */
    readonly exposed: Instant | null
    readonly halted: Instant | null
    readonly decided: Instant | null
    /** When the mitigation that took effect was approved; null when nobody was asked. */
    readonly approved: Instant | null
    /** When users were seen to be well. */
    readonly mitigated: Instant | null
    /** When the first message was accepted by anybody. */
    readonly told: Instant | null
    readonly ended: Instant | null
  }
  readonly intervals: {
    readonly startToHalt: Interval
    /** From the share being seen to the halt: how long users met it unnoticed. */
    readonly detection: Interval
    readonly haltToDecision: Interval
    /** All the time that decisions waited for a yes, whether it came or not. */
    readonly waitedForApproval: Interval
    readonly haltToMitigated: Interval
    readonly haltToTold: Interval
  }
  readonly groups: readonly GroupMeasure[]
}

/** How long each part of a failure took, counted from the first halt, and what users met meanwhile. */
export function measuresOf(history: readonly Happened[]): Measures {
  const moments = momentsOf(history)
  const { started, exposed, halted, decided, mitigated, told, ended } = moments
  const between = (from: Instant | null, to: Instant | null): Interval => {
    if (from === null || halted === null) return { state: 'not-applicable' }
    if (to !== null) return { state: 'recorded', ms: Math.max(0, to - from) }
    return ended === null ? { state: 'pending' } : { state: 'not-applicable' }
  }
  return {
    moments,
    intervals: {
      startToHalt: between(started, halted),
      detection: between(exposed, halted),
      haltToDecision: between(halted, decided),
      waitedForApproval: waitedForApproval(history),
      haltToMitigated: between(halted, mitigated),
      haltToTold: between(halted, told),
    },
    groups: groupsOf(history),
  }
}

function momentsOf(history: readonly Happened[]): Measures['moments'] {
  const halt = history.findIndex(({ event }) => event.type === 'rollout.halted')
  const halted = history[halt]?.at ?? null
  const event = history[halt]?.event
  const failing = event?.type === 'rollout.halted' ? event.data.failing.group : null
  const after = halt === -1 ? [] : history.slice(halt)
  return {
    started: first(history, 'rollout.started'),
    exposed: failing === null ? null : exposedBefore(history.slice(0, halt), failing),
    halted,
    decided: first(after, 'decision.made'),
    approved: approvedAt(history),
    mitigated: last(history, 'mitigation.took-effect'),
    told: first(after, 'message.delivered'),
    ended: last(history, 'rollout.ended') ?? last(history, 'rollout.completed'),
  }
}

/** When the failing group's share was seen: from then on users could meet what failed. */
function exposedBefore(history: readonly Happened[], failing: string): Instant | null {
  const opened = history.findLastIndex(
    ({ event }) => event.type === 'group.opened' && event.data.group === failing,
  )
  const opening = history[opened]?.event
  if (opening?.type !== 'group.opened') return null
  const share = opening.data.plan.find(
    ({ action }) => action.kind === 'route' && action.route.buckets > 0,
  )
  const seen = history
    .slice(opened)
    .find(({ event }) => event.type === 'step.seen' && event.data.step === share?.id)
  return seen?.at ?? null
}

function approvedAt(history: readonly Happened[]): Instant | null {
  const effect = history.findLastIndex(({ event }) => event.type === 'mitigation.took-effect')
  const before = history.slice(0, effect + 1)
  const decided = before.findLastIndex(({ event }) => event.type === 'decision.made')
  return decided === -1 ? null : last(before.slice(decided), 'approval.given')
}

function first(history: readonly Happened[], type: Happened['event']['type']): Instant | null {
  return history.find(({ event }) => event.type === type)?.at ?? null
}

function last(history: readonly Happened[], type: Happened['event']['type']): Instant | null {
  return history.findLast(({ event }) => event.type === type)?.at ?? null
}

/** Sums the stretches from a decision that asks for a yes to the moment when it no longer waits. */
function waitedForApproval(history: readonly Happened[]): Interval {
  let since: Instant | null = null
  let total: Millis | null = null
  for (const { event, at } of history) {
    if (since !== null && ENDS_WAITING.has(event.type)) {
      total = (total ?? 0) + at - since
      since = null
    }
    if (event.type !== 'decision.made') continue
    const { approvals, choose } = event.data.decision
    if (approvals.length > 0 && choose !== 'hold') since = at
  }
  if (since !== null) return { state: 'pending' }
  return total === null ? { state: 'not-applicable' } : { state: 'recorded', ms: total }
}

const ENDS_WAITING: ReadonlySet<Happened['event']['type']> = new Set([
  'mitigation.began',
  'mitigation.did-not-help',
  'approval.rejected',
  'rollout.resumed',
  'rollout.ended',
] as const)

function groupsOf(history: readonly Happened[]): readonly GroupMeasure[] {
  const started = history.find(({ event }) => event.type === 'rollout.started')?.event
  if (started?.type !== 'rollout.started') return []
  const { strategy } = started.data
  const counted = verdictsOf(history)
  return strategy.exposure.groups.flatMap(({ name, share }) => {
    const mine = counted.filter(({ group }) => group === name)
    if (mine.length === 0) return []
    const exposed = mine.reduce((sum, { verdict }) => sum + verdict.exposed, 0)
    const failures = mine.map(({ verdict }) => failedIn(verdict, strategy))
    const failed = failures.some((one) => one === null)
      ? null
      : failures.reduce<number>((sum, one) => sum + (one ?? 0), 0)
    return [{ group: name, share, exposed, failed }]
  })
}

/**
 * The fullest verdict of each watch. A group is counted anew when it is resumed after a halt, and
 * when it is watched behind a bypass; a pause interrupts nothing.
 */
function verdictsOf(
  history: readonly Happened[],
): readonly { readonly group: string; readonly verdict: Verdict }[] {
  const fullest = new Map<string, { readonly group: string; readonly verdict: Verdict }>()
  let turn = 0
  let isHalted = false
  for (const { event } of history) {
    const isBoundary = event.type === 'rollout.halted' || event.type === 'rollout.resumed'
    if (isHalted && isBoundary) turn += 1
    if (isBoundary) isHalted = event.type === 'rollout.halted'
    const found = verdictIn(event)
    if (found === null) continue
    const key = `${found.group}/${turn}`
    const known = fullest.get(key)
    if (known === undefined || known.verdict.exposed <= found.verdict.exposed)
      fullest.set(key, found)
  }
  return [...fullest.values()]
}

function verdictIn(
  event: Happened['event'],
): { readonly group: string; readonly verdict: Verdict } | null {
  if (event.type === 'rollout.halted') {
    const { group, verdict } = event.data.failing
    return verdict === null ? null : { group, verdict }
  }
  if (event.type !== 'verdict.reached' && event.type !== 'group.passed') return null
  const { group, verdict } = event.data
  return verdict === null ? null : { group, verdict }
}

/** Several metrics may count the same failures: the one that counts most is believed, none is added up. */
function failedIn(verdict: Verdict, strategy: Strategy): number | null {
  const names = new Set(
    strategy.detection.metrics.filter(({ kind }) => kind === 'error-rate').map(({ name }) => name),
  )
  const counts = verdict.evidence
    .filter(({ metric }) => names.has(metric))
    .map(({ candidate }) => candidate.events)
  return counts.length === 0 ? null : Math.max(...counts)
}
