import { z } from 'zod'
import type { Decider } from '../kernel/decider.ts'
import { defineEvents, type EventOf } from '../kernel/events.ts'
import type { Instant } from '../kernel/instant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import { ReleaseName } from '../words/release.ts'
import { stateDigest, WorkloadState } from '../words/workload-state.ts'

const When = z.number().int()

/** What is known about a workload from one rollout to the next. */
export const workloadEvents = defineEvents({
  'rollout.claimed': z.object({
    rollout: z.string(),
    release: ReleaseName,
    supersedes: z.string().nullable(),
    at: When,
  }),
  /** Between rollouts the router had forgotten where the traffic belongs, and was told again. */
  'routing.reasserted': z.object({ rollout: z.string(), evidence: z.string(), at: When }),
  'rollout.released': z.object({ rollout: z.string(), at: When }),
  /** The whole state after a healthy rollout: from now on this is what "back" means. */
  'last-known-good.sealed': z.object({
    rollout: z.string(),
    release: ReleaseName,
    serving: z.string(),
    state: WorkloadState,
    digest: z.string(),
    /** Why it counts as good. */
    evidence: z.string(),
    at: When,
  }),
  'release.quarantined': z.object({
    release: ReleaseName,
    rollout: z.string(),
    because: z.string(),
    at: When,
  }),
  /** Everything of it is being stopped; nobody looks after it until the next rollout. */
  'workload.stopped': z.object({ by: z.string(), at: When }),
  'quarantine.lifted': z.object({
    release: ReleaseName,
    by: z.string(),
    because: z.string(),
    at: When,
  }),
})
export type WorkloadEvent = EventOf<typeof workloadEvents.shapes>

export interface LastKnownGood {
  readonly rollout: string
  readonly release: string
  readonly serving: string
  readonly state: WorkloadState
  readonly digest: string
  readonly evidence: string
  readonly at: Instant
}

export interface Workload {
  /** How many rollouts there have been; the next one's name counts on. */
  readonly claims: number
  /** The rollout that holds the workload; there is at most one. */
  readonly active: { readonly rollout: string; readonly release: string } | null
  /** The latest rollout that is over; it says where the traffic belongs until the next. */
  readonly last: string | null
  /** A person has stopped it, and no rollout has begun since. */
  readonly stopped: boolean
  readonly lastKnownGood: LastKnownGood | null
  readonly quarantined: Readonly<
    Record<string, { readonly rollout: string; readonly because: string }>
  >
}

export type WorkloadCommand =
  | {
      readonly type: 'claim'
      readonly rollout: string
      readonly release: string
      /** The rollout that a hotfix takes the place of. */
      readonly supersedes: string | null
      /** Why the release of that rollout must not be exposed again; null or absent when it may. */
      readonly failed?: string | null
      readonly now: Instant
    }
  | {
      readonly type: 'report-reasserted'
      readonly rollout: string
      readonly evidence: string
      readonly now: Instant
    }
  | { readonly type: 'release'; readonly rollout: string; readonly now: Instant }
  | {
      readonly type: 'seal'
      readonly rollout: string
      readonly release: string
      readonly serving: string
      readonly state: WorkloadState
      readonly evidence: string
      readonly now: Instant
    }
  | {
      readonly type: 'quarantine'
      readonly release: string
      readonly rollout: string
      readonly because: string
      readonly now: Instant
    }
  | {
      readonly type: 'stop'
      readonly by: string
      /** Also while a rollout holds the workload. */
      readonly force: boolean
      readonly now: Instant
    }
  | {
      readonly type: 'lift'
      readonly release: string
      readonly by: string
      readonly because: string
      readonly now: Instant
    }

export interface WorkloadRefusal {
  readonly code: 'rollout-under-way' | 'quarantined' | 'not-quarantined'
  readonly detail: string
}

type Outcome = Result<readonly WorkloadEvent[], WorkloadRefusal>

/** Keeps a workload to one rollout at a time, remembers its last known good state and which releases failed. */
export const workloadDecider: Decider<WorkloadCommand, Workload, WorkloadEvent, WorkloadRefusal> = {
  initial: {
    claims: 0,
    active: null,
    last: null,
    stopped: false,
    lastKnownGood: null,
    quarantined: {},
  },
  decide,
  evolve,
  isTerminal: () => false,
}

function decide(command: WorkloadCommand, state: Workload): Outcome {
  const { now: at } = command
  switch (command.type) {
    case 'claim':
      return claim(command, state)
    case 'report-reasserted': {
      if (state.active !== null) return yes([])
      const { rollout, evidence } = command
      return yes([{ type: 'routing.reasserted', data: { rollout, evidence, at } }])
    }
    case 'release': {
      if (state.active?.rollout !== command.rollout) return yes([])
      return yes([{ type: 'rollout.released', data: { rollout: command.rollout, at } }])
    }
    case 'seal': {
      // Only the rollout that holds the workload knows its state; a late repetition must not bring back an older one.
      if (state.active?.rollout !== command.rollout) return yes([])
      if (state.lastKnownGood?.rollout === command.rollout) return yes([])
      const { rollout, release, serving, state: whole, evidence } = command
      const data = {
        rollout,
        release,
        serving,
        state: whole,
        digest: stateDigest(whole),
        evidence,
        at,
      }
      return yes([{ type: 'last-known-good.sealed', data }])
    }
    case 'quarantine': {
      if (state.quarantined[command.release] !== undefined) return yes([])
      const { release, rollout, because } = command
      return yes([{ type: 'release.quarantined', data: { release, rollout, because, at } }])
    }
    case 'stop': {
      if (state.active !== null && !command.force) {
        const detail = `rollout ${state.active.rollout} of ${state.active.release} is under way`
        return no({ code: 'rollout-under-way', detail })
      }
      return yes([{ type: 'workload.stopped', data: { by: command.by, at } }])
    }
    case 'lift': {
      const { release, by, because } = command
      if (state.quarantined[release] === undefined) {
        return no({ code: 'not-quarantined', detail: `release ${release} is not in quarantine` })
      }
      return yes([{ type: 'quarantine.lifted', data: { release, by, because, at } }])
    }
  }
}

function claim(command: Extract<WorkloadCommand, { type: 'claim' }>, state: Workload): Outcome {
  const { rollout, release, supersedes, now: at } = command
  if (state.active?.rollout === rollout) return yes([])
  if (state.active !== null && state.active.rollout !== supersedes) {
    const detail = `rollout ${state.active.rollout} of ${state.active.release} is under way`
    return no({ code: 'rollout-under-way', detail })
  }
  if (state.active !== null && command.failed != null && state.active.release === release) {
    const detail = `release ${release} is what failed in rollout ${state.active.rollout}: ${command.failed}`
    return no({ code: 'quarantined', detail })
  }
  const known = state.quarantined[release]
  if (known !== undefined) {
    const detail = `release ${release} failed in rollout ${known.rollout}: ${known.because}`
    return no({ code: 'quarantined', detail })
  }
  const claimed = { type: 'rollout.claimed', data: { rollout, release, supersedes, at } } as const
  const { active } = state
  if (active === null || command.failed == null) return yes([claimed])
  // The replaced rollout does not hold the workload any more: its release is put away here or never.
  const data = { release: active.release, rollout: active.rollout, because: command.failed, at }
  return yes([{ type: 'release.quarantined', data }, claimed])
}

function evolve(state: Workload, event: WorkloadEvent): Workload {
  switch (event.type) {
    case 'rollout.claimed': {
      const { rollout, release } = event.data
      return { ...state, claims: state.claims + 1, active: { rollout, release }, stopped: false }
    }
    case 'rollout.released':
      return { ...state, active: null, last: event.data.rollout }
    case 'workload.stopped':
      return { ...state, active: null, last: state.active?.rollout ?? state.last, stopped: true }
    case 'routing.reasserted':
      return state
    case 'last-known-good.sealed':
      return { ...state, lastKnownGood: event.data }
    case 'release.quarantined': {
      const { release, rollout, because } = event.data
      return { ...state, quarantined: { ...state.quarantined, [release]: { rollout, because } } }
    }
    case 'quarantine.lifted': {
      const { [event.data.release]: _, ...rest } = state.quarantined
      return { ...state, quarantined: rest }
    }
  }
}
