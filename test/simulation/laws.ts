import type { NewEvent } from '../../src/ports/event-store.ts'

/** A fact with the stream it stands in, in the order of the log. */
export interface Logged extends NewEvent {
  readonly stream: string
  readonly version: number
}

export interface Violation {
  readonly law: string
  readonly what: string
}

type Data = Record<string, unknown>
type Law = (stream: string, events: readonly Logged[]) => string | null

/**
 * The laws that can be read off the log. Each looks at one stream's whole history and answers what
 * is wrong with it, or null. They are checked after every append.
 */
const LAWS: Readonly<Record<string, Law>> = {
  'halt first': (stream, events) => {
    if (!stream.startsWith('rollout/')) return null
    let halted = false
    let share = 0
    for (const event of events) {
      if (event.type === 'rollout.halted') halted = true
      if (event.type === 'rollout.resumed') halted = false
      if (event.type === 'decision.made' && !events.some(({ type }) => type === 'rollout.halted')) {
        return 'a decision was made before the rollout was halted'
      }
      const asked = shareOf(event, events)
      if (asked === null) continue
      if (halted && asked > share) return `the share grew from ${share} to ${asked} after the halt`
      share = asked
    }
    return null
  },

  'a failing verdict halts': (stream, events) => {
    if (!stream.startsWith('rollout/')) return null
    const index = events.findIndex(
      ({ type, data }) => type === 'verdict.reached' && get(data, 'verdict', 'kind') === 'fail',
    )
    if (index === -1) return null
    return events[index + 1]?.type === 'rollout.halted'
      ? null
      : 'a failing verdict was not followed by a halt'
  },

  'a signal that halts is followed by the halt': (stream, events) => {
    if (!stream.startsWith('rollout/')) return null
    let halted = false
    for (const [place, { type, data }] of events.entries()) {
      if (type === 'rollout.halted') halted = true
      if (type === 'rollout.resumed') halted = false
      if (type !== 'signal.fired' || get(data, 'effect') !== 'halt' || halted) continue
      if (events[place + 1]?.type !== 'rollout.halted')
        return `${String(get(data, 'signal', 'name'))} fired and nothing halted`
    }
    return null
  },

  'nothing passes while a signal holds it': (stream, events) => {
    if (!stream.startsWith('rollout/')) return null
    let fires: readonly unknown[] = []
    for (const { type, data } of events) {
      const signal = get(data, 'signal')
      if (type === 'signal.fired' && get(data, 'effect') !== 'record') fires = [...fires, signal]
      if (type === 'signal.resolved') fires = fires.filter((one) => !endedBy(one, signal))
      const isFirst = type === 'group.passed' && get(data, 'verdict') === null
      if (type === 'group.passed' && !isFirst && fires.length > 0)
        return `group ${String(get(data, 'group'))} passed while ${String(get(fires[0], 'name'))} fired`
    }
    return null
  },

  'a signal is recorded once': (_, events) => {
    const seen = new Set<string>()
    for (const { type, data } of events) {
      if (!type.includes('signal.')) continue
      const signal = get(data, 'signal')
      const key = ['source', 'fingerprint', 'startsAt', 'status'].map((one) => get(signal, one))
      if (seen.has(key.join('/'))) return `${key.join('/')} was recorded twice`
      seen.add(key.join('/'))
    }
    return null
  },

  'no borrowed evidence': (stream, events) => {
    if (!stream.startsWith('rollout/')) return null
    const exposed = events.findIndex((event) => (shareOf(event, events) ?? 0) > 0)
    const since =
      exposed === -1 ? Number.POSITIVE_INFINITY : Number(get(events[exposed]?.data, 'at'))
    const borrowed = events.find(
      ({ type, data }) =>
        type === 'signal.fired' &&
        get(data, 'effect') !== 'record' &&
        Number(get(data, 'signal', 'startsAt')) < since,
    )
    return borrowed === undefined
      ? null
      : `${String(get(borrowed.data, 'signal', 'name'))} began before the exposure and was held against it`
  },

  'nothing passes while a source is silent': (stream, events) => {
    if (!stream.startsWith('rollout/')) return null
    const silent = new Set<unknown>()
    for (const { type, data } of events) {
      if (type === 'source.silent') silent.add(get(data, 'source'))
      if (type === 'source.heard') silent.delete(get(data, 'source'))
      const isFirst = type === 'group.passed' && get(data, 'verdict') === null
      if (type === 'group.passed' && !isFirst && silent.size > 0)
        return `group ${String(get(data, 'group'))} passed while a source was silent`
    }
    return null
  },

  'unmeasured is not healthy': (stream, events) => {
    if (!stream.startsWith('rollout/')) return null
    const passed = events.filter(({ type }) => type === 'group.passed')
    const isFirst = events.some(
      ({ type, data }) => type === 'rollout.baseline-captured' && get(data, 'serving') === null,
    )
    const unmeasured = passed.find(
      ({ data }) => !isFirst && get(data, 'verdict', 'kind') !== 'pass',
    )
    return unmeasured === undefined
      ? null
      : `group ${String(get(unmeasured.data, 'group'))} passed without a pass`
  },

  'no act without authority': (_, events) => {
    for (const [place, event] of events.entries()) {
      if (event.type !== 'mitigation.began') continue
      const decision = events.slice(0, place).findLast(({ type }) => type === 'decision.made')
      const hash = get(decision?.data, 'decision', 'hash')
      const needs = list(get(decision?.data, 'decision', 'approvals'))
      const given = events
        .slice(0, place)
        .filter(({ type, data }) => type === 'approval.given' && get(data, 'hash') === hash)
      for (const need of needs) {
        const count = given.filter(({ data }) => get(data, 'role') === get(need, 'role')).length
        if (count < Number(get(need, 'count')))
          return `a mitigation began without the yes of ${String(get(need, 'role'))}`
      }
    }
    return null
  },

  'capacity before traffic': (_, events) => {
    for (const [place, event] of events.entries()) {
      if (event.type !== 'mitigation.began') continue
      const plan = list(get(event.data, 'plan'))
      const route = plan.findIndex((step) => get(step, 'action', 'kind') === 'route')
      const runs = plan
        .slice(0, Math.max(0, route))
        .filter((step) => get(step, 'action', 'kind') === 'run')
      const moved = events
        .slice(place)
        .findIndex(
          ({ type, data }) => type === 'step.began' && get(data, 'step') === get(plan[route], 'id'),
        )
      if (route < 0 || moved < 0) continue
      const before = events.slice(place, place + moved)
      const unseen = runs.find(
        (run) =>
          !before.some(
            ({ type, data }) => type === 'step.seen' && get(data, 'step') === get(run, 'id'),
          ),
      )
      if (unseen !== undefined)
        return `traffic moved before '${String(get(unseen, 'says'))}' was seen`
    }
    return null
  },

  'asking is not having': (_, events) => {
    const began = new Set<string>()
    for (const { type, data } of events) {
      const attempt = `${String(get(data, 'step'))}#${String(get(data, 'attempt'))}`
      if (type === 'step.began') {
        if (began.has(attempt)) return `${attempt} began twice`
        began.add(attempt)
      }
      if ((type === 'step.seen' || type === 'step.failed') && !began.has(attempt))
        return `${attempt} ended before it began`
    }
    return null
  },

  'nothing happens after the end': (stream, events) => {
    if (!stream.startsWith('rollout/')) return null
    const end = events.findIndex(
      ({ type }) => type === 'rollout.ended' || type === 'rollout.completed',
    )
    const late =
      end === -1
        ? undefined
        : events.slice(end + 1).find(({ type }) => type !== 'mitigation.expired')
    return late === undefined ? null : `${late.type} after the end`
  },

  'one rollout at a time': (stream, events) => {
    if (!stream.startsWith('workload/')) return null
    let active: unknown = null
    for (const { type, data } of events) {
      if (type === 'rollout.claimed') {
        if (active !== null && get(data, 'supersedes') !== active)
          return 'two rollouts held the workload'
        active = get(data, 'rollout')
      }
      if (type === 'rollout.released') active = null
    }
    return null
  },

  'only delivery satisfies': (stream, events) => {
    if (!stream.startsWith('incident/')) return null
    const delivered = events
      .filter(({ type }) => type === 'message.delivered')
      .map(({ data }) => get(data, 'id'))
    return new Set(delivered).size === delivered.length
      ? null
      : 'a message was recorded as delivered twice'
  },
}

/** What is wrong with a stream, law by law. */
export function violationsOf(stream: string, events: readonly Logged[]): readonly Violation[] {
  return Object.entries(LAWS).flatMap(([law, holds]) => {
    const what = holds(stream, events)
    return what === null ? [] : [{ law, what: `${stream}: ${what}` }]
  })
}

/** Whether the end of a fault ends this firing of it. */
function endedBy(firing: unknown, end: unknown): boolean {
  const isSame = ['source', 'fingerprint'].every((one) => get(firing, one) === get(end, one))
  return isSame && Number(get(firing, 'startsAt')) <= Number(get(end, 'startsAt'))
}

/** The share that the router is asked for by this event, if it is such an event. */
function shareOf(event: Logged, events: readonly Logged[]): number | null {
  if (event.type !== 'step.began') return null
  const plans = events.filter(({ type }) => type === 'group.opened' || type === 'mitigation.began')
  const steps = plans.flatMap(({ data }) => list(get(data, 'plan')))
  const step = steps.find((one) => get(one, 'id') === get(event.data, 'step'))
  return get(step, 'action', 'kind') === 'route'
    ? Number(get(step, 'action', 'route', 'buckets'))
    : null
}

function get(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (Object(inner) as Data)[key], value)
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
