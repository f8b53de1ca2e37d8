import type { Incident } from '../core/communicate/incident.ts'
import type { Course, CourseRefusal } from '../core/course/course.ts'
import type { Instant } from '../core/kernel/instant.ts'
import type { Result } from '../core/kernel/result.ts'
import type { Postmortem } from '../core/learn/postmortem.ts'
import type { Served } from '../core/rollout/served.ts'
import type { Workload, WorkloadRefusal } from '../core/rollout/workload.ts'
import type { Signal } from '../core/signal/signal.ts'
import type { UnboundSignal } from '../core/signal/unbound.ts'
import type { SignalWebhook } from '../core/strategy/alerts.ts'
import type { Strategy } from '../core/strategy/schema.ts'
import type { Actor } from '../core/words/actor.ts'
import type { Verdict } from '../core/words/verdict.ts'
import type { StoredEvent, View } from '../ports/event-store.ts'

/** Who asks, and a name for the asking: a second request with the same `commandId` changes nothing. */
export interface From {
  readonly actor: Actor
  readonly commandId: string
}

export interface StartAsk {
  readonly strategy: Strategy
  readonly release: string
  /** The rollout that this one is the hotfix of, and whose place it takes. */
  readonly hotfixFor: string | null
}

/** What a person may tell a rollout. */
export type PersonCommand =
  | { readonly type: 'pause'; readonly because: string }
  | { readonly type: 'resume'; readonly because: string }
  | { readonly type: 'promote' }
  | { readonly type: 'abort'; readonly because: string }
  /** `hash` is that of the decision that was read; an older one is refused. */
  | { readonly type: 'approve'; readonly hash: string }
  | { readonly type: 'reject'; readonly because: string }
  | { readonly type: 'choose'; readonly choose: 'fallback' | 'rollback'; readonly because: string }

export type Refusal =
  | CourseRefusal
  | WorkloadRefusal
  | { readonly code: 'too-busy'; readonly detail?: string }

/** Everything that is known of one rollout. */
export interface RolloutRecord {
  readonly id: string
  readonly course: Course
  readonly incident: Incident | null
  readonly postmortem: Postmortem | null
}

/** What the holder of a rollout last saw; may be a second old, and lost on a restart. */
export interface Live {
  readonly at: Instant
  /** stack → counters since the rollout's first look, and the rate over the last look. */
  readonly stacks: Readonly<
    Record<
      string,
      {
        readonly requests: number
        readonly errors: number
        readonly perSecond: number
        readonly share: number
      }
    >
  >
  /** The evidence so far in the current group. */
  readonly verdict: Verdict | null
  /** What the current group can tell at this traffic, in a sentence; null while nobody is exposed. */
  readonly foresight: string | null
  /** What was last seen of the step that is under way: an answer that is not there yet, a test's last line. */
  readonly doing: { readonly step: string; readonly seen: string; readonly at: Instant } | null
}

/** What became of one signal. */
export interface SignalOutcome {
  readonly name: string
  readonly status: Signal['status']
  /** False: it was not recorded, and `because` says why. */
  readonly kept: boolean
  /** The rollout that it was given to; null when it is about none. */
  readonly rollout: string | null
  readonly because: string
}

/** A user's report. */
export interface ReportAsk {
  readonly workload: string
  readonly user: string
  readonly says: string
  /** Null: now. */
  readonly occurredAt: Instant | null
}

/** Which release served the user who reported. */
export interface ReportOutcome extends Served {
  /** The rollout that was under way; null when there was none. */
  readonly rollout: string | null
  /** Whether the rollout has halted, by this report or before. */
  readonly halted: boolean
}

/** How people and programs speak to the engine, wherever the rollout is held. */
export interface Control {
  readonly start: (ask: StartAsk, from: From) => Promise<Result<{ readonly id: string }, Refusal>>
  readonly tell: (id: string, command: PersonCommand, from: From) => Promise<Result<null, Refusal>>
  readonly liftQuarantine: (
    workload: string,
    ask: { readonly release: string; readonly because: string },
    from: From,
  ) => Promise<Result<null, Refusal>>
  readonly read: (id: string) => Promise<RolloutRecord | null>
  /** All facts of the rollout, its incident and its postmortem, oldest first. */
  readonly history: (id: string) => Promise<readonly StoredEvent[]>
  readonly live: (id: string) => Promise<Live | null>
  /** Rows of kind `rollout`, newest first. */
  readonly list: (page: {
    readonly after: string | null
    readonly limit: number
  }) => Promise<readonly View[]>
  readonly workload: (name: string) => Promise<Workload>
  /** What was said from outside; each signal is bound to the rollout that it is about, or kept apart. */
  readonly takeSignals: (
    signals: readonly Signal[],
    from: From,
  ) => Promise<Result<readonly SignalOutcome[], Refusal>>
  readonly takeReport: (ask: ReportAsk, from: From) => Promise<Result<ReportOutcome, Refusal>>
  /** A source that promised a heartbeat was heard. */
  readonly heard: (source: string) => Promise<null>
  /** How events at `/v1/signals/webhook/NAME` are read, by each workload that declares that name. */
  readonly webhooks: (name: string) => Promise<readonly SignalWebhook[]>
  /** The signals that began between these instants and were given to no rollout. */
  readonly unboundSignals: (since: Instant, until: Instant) => Promise<readonly UnboundSignal[]>
}
