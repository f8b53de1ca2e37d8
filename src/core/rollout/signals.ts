import { type Instant, isoInstant } from '../kernel/instant.ts'
import type { Signal } from '../signal/signal.ts'
import type { AlertEffect } from '../strategy/alerts.ts'
import type { RolloutEvent } from './events.ts'
import type { Failing } from './failing.ts'
import { type Exposure, groupAt, type HeldSignal, type Rollout } from './state.ts'

/**
 * So many different signals are told apart; an alert storm has long halted the rollout before. A
 * signal that halts is recorded all the same.
 */
export const SIGNALS_MAX = 500

/** What became of a signal that was brought to a rollout. */
export interface Taken {
  readonly events: readonly RolloutEvent[]
  /** False: there were too many, and this one changes nothing. */
  readonly kept: boolean
}

/**
 * Takes in a signal that is about this rollout. A delivery that was seen before changes nothing.
 * A firing one halts, holds or is recorded, as the strategy says of its severity. One that began before
 * the candidate had any users is recorded and not held against it: that would be borrowed
 * evidence.
 */
export function taken(rollout: Rollout, signal: Signal, now: Instant): Taken {
  const known = rollout.signals.find((held) => isSame(held, signal))
  if (known?.status === 'resolved') return { events: [], kept: true }
  if (signal.status === 'resolved') return resolved(rollout, signal, now)
  if (known !== undefined) return { events: [], kept: true }
  const { effect, group, because } = weigh(rollout, signal)
  const halts = effect === 'halt' && mayHalt(rollout)
  if (!halts && firing(rollout).length >= SIGNALS_MAX) return { events: [], kept: false }
  const fired = { type: 'signal.fired', data: { signal, group, effect, because, at: now } } as const
  return { events: halts ? [fired, halt(rollout, signal, group ?? '', now)] : [fired], kept: true }
}

/** The signals that fire and do not let a group pass, oldest first. */
export function blocking(rollout: Rollout): readonly HeldSignal[] {
  return firing(rollout).filter(({ effect }) => effect !== 'record')
}

/** The halt that a signal leads to. */
export function halt(
  rollout: Rollout,
  signal: Signal,
  group: string,
  now: Instant,
): Extract<RolloutEvent, { type: 'rollout.halted' }> {
  const about = signal.summary === '' ? '' : `: ${signal.summary}`
  const because = `group '${group}': ${sayAlert(signal)} fires${about}`
  const route = signal.labels[rollout.strategy.detection.alerts.labels.route]
  const routes = route === undefined ? [] : [route]
  const failing: Failing = { kind: 'alert', group, because, metrics: [], routes, verdict: null }
  return { type: 'rollout.halted', data: { failing, at: now } }
}

/** A signal as sentences name it: `critical alert 'HighErrorRate' of alertmanager`. */
export function sayAlert({
  severity,
  name,
  source,
}: Pick<Signal, 'severity' | 'name' | 'source'>): string {
  const how = severity === 'unknown' ? '' : `${severity} `
  return `${how}alert '${name}' of ${source}`
}

/** Folds a signal that fired into what is known. */
export function withFired(
  known: readonly HeldSignal[],
  signal: Signal,
  { group, effect }: Pick<HeldSignal, 'group' | 'effect'>,
): readonly HeldSignal[] {
  const { source, fingerprint, startsAt, name, severity, seenAt } = signal
  const held: HeldSignal = {
    source,
    fingerprint,
    startsAt,
    name,
    severity,
    seenAt,
    group,
    effect,
    status: 'firing',
  }
  return bounded([...known, held])
}

/** Folds the end of a signal into what is known: every earlier firing of the same fault is over. */
export function withResolved(known: readonly HeldSignal[], signal: Signal): readonly HeldSignal[] {
  const after = known.map((held) =>
    endedBy(held, signal) ? { ...held, status: 'resolved' as const } : held,
  )
  if (after.some((held) => isSame(held, signal))) return after
  const begun = withFired(after, signal, { group: null, effect: 'record' })
  return begun.map((held) => (isSame(held, signal) ? { ...held, status: 'resolved' } : held))
}

function resolved(rollout: Rollout, signal: Signal, now: Instant): Taken {
  const ends = firing(rollout).filter((held) => endedBy(held, signal))
  const because =
    ends.length === 0
      ? `${sayAlert(signal)} is over; it was not known that it fired`
      : `${sayAlert(signal)} is over`
  const group = ends[0]?.group ?? null
  return {
    events: [{ type: 'signal.resolved', data: { signal, group, because, at: now } }],
    kept: true,
  }
}

/** What a firing signal does, in which group it counts, and why. */
function weigh(
  rollout: Rollout,
  signal: Signal,
): { readonly effect: AlertEffect; readonly group: string | null; readonly because: string } {
  const { alerts } = rollout.strategy.detection
  const says = sayAlert(signal)
  const exposure = exposureAt(rollout, signal)
  if (exposure === null) {
    const named = signal.labels[alerts.labels.group]
    const why =
      named === undefined
        ? `it began at ${isoInstant(signal.startsAt)}, when nobody had the candidate`
        : `it is about group '${named}', which was not exposed at ${isoInstant(signal.startsAt)}`
    return { effect: 'record', group: null, because: `${says} fires, and is only recorded: ${why}` }
  }
  const effect = alerts.effects[signal.severity]
  const group = groupAt(rollout, exposure.index).name
  return { effect, group, because: `${says} fires: ${SAYS[effect]}` }
}

const SAYS: Readonly<Record<AlertEffect, string>> = {
  halt: 'the rollout halts',
  hold: 'no group passes while it does',
  record: 'it is recorded',
}

/** The exposure during which a signal began; with a label for the group, that of the group. Null: there was none. */
function exposureAt(rollout: Rollout, signal: Signal): Exposure | null {
  const begun = rollout.exposures.filter(({ at }) => at <= signal.startsAt)
  const latest = begun.at(-1)
  if (latest === undefined || latest.buckets === 0) return null
  const named = signal.labels[rollout.strategy.detection.alerts.labels.group]
  if (named === undefined) return latest
  return begun.findLast(({ index }) => groupAt(rollout, index).name === named) ?? null
}

/** Halting needs no permission; only what is halted or over has nothing left to halt. */
function mayHalt({ stage }: Rollout): boolean {
  return stage.at !== 'halted' && stage.at !== 'completed' && stage.at !== 'ended'
}

function firing({ signals }: Rollout): readonly HeldSignal[] {
  return signals.filter(({ status }) => status === 'firing')
}

/** Room is made by the oldest that is over, then by the oldest that is only recorded, then by the oldest. */
function bounded(signals: readonly HeldSignal[]): readonly HeldSignal[] {
  if (signals.length <= SIGNALS_MAX) return signals
  const dispensable =
    signals.find(({ status }) => status === 'resolved') ??
    signals.find(({ effect }) => effect === 'record') ??
    signals[0]
  return signals.filter((held) => held !== dispensable)
}

function isSame(held: HeldSignal, signal: Signal): boolean {
  return (
    held.source === signal.source &&
    held.fingerprint === signal.fingerprint &&
    held.startsAt === signal.startsAt
  )
}

function endedBy(held: HeldSignal, signal: Signal): boolean {
  return (
    held.source === signal.source &&
    held.fingerprint === signal.fingerprint &&
    held.startsAt <= signal.startsAt
  )
}
