import { z } from 'zod'
import type { Decider } from '../kernel/decider.ts'
import { defineEvents, type EventOf } from '../kernel/events.ts'
import type { Instant } from '../kernel/instant.ts'
import { no, yes } from '../kernel/result.ts'
import { Signal, signalKey } from './signal.ts'

/** Of one day so many are kept; beyond that something is wrong with the alerts and not with the day. */
export const UNBOUND_PER_DAY_MAX = 2_000

const unbound = z.object({
  signal: Signal,
  /** Why it was given to no rollout. */
  because: z.string(),
  at: z.number().int(),
})

/** Signals that are about no rollout in particular, one stream for each day on which they began. */
export const unboundEvents = defineEvents({
  'unbound-signal.fired': unbound,
  'unbound-signal.resolved': unbound,
})
export type UnboundEvent = EventOf<typeof unboundEvents.shapes>

/** One signal that no rollout was given, as it stands now. */
export interface UnboundSignal {
  readonly signal: Signal
  readonly because: string
}

/** The signals of one day, by their keys. */
export type UnboundDay = Readonly<Record<string, UnboundSignal>>

export interface TakeUnbound {
  readonly type: 'take'
  readonly signal: Signal
  readonly because: string
  readonly now: Instant
}

/** Keeps what no rollout was given, each signal once, for attribution and for people who look. */
export const unboundDecider: Decider<
  TakeUnbound,
  UnboundDay,
  UnboundEvent,
  { readonly code: 'too-many-signals'; readonly detail?: string }
> = {
  initial: {},
  decide({ signal, because, now }, day) {
    const known = day[signalKey(signal)]
    if (known?.signal.status === 'resolved' || known?.signal.status === signal.status)
      return yes([])
    if (known === undefined && Object.keys(day).length >= UNBOUND_PER_DAY_MAX) {
      const detail = `${UNBOUND_PER_DAY_MAX} signals that are about no rollout began on that day already`
      return no({ code: 'too-many-signals', detail })
    }
    const data = { signal, because, at: now }
    return signal.status === 'firing'
      ? yes([{ type: 'unbound-signal.fired', data }])
      : yes([{ type: 'unbound-signal.resolved', data }])
  },
  evolve(day, { data: { signal, because } }) {
    return { ...day, [signalKey(signal)]: { signal, because } }
  },
  isTerminal: () => false,
}
