import type { CourseCommand } from '../core/course/course.ts'
import { DAY, type Instant, isoInstant, startOfDay } from '../core/kernel/instant.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import { servedTo } from '../core/rollout/served.ts'
import { candidateStack, type Rollout } from '../core/rollout/state.ts'
import { bindingTo } from '../core/signal/binding.ts'
import { isHeartbeat } from '../core/signal/heartbeat.ts'
import { fingerprintOf, newSignal, type Signal } from '../core/signal/signal.ts'
import type { UnboundSignal } from '../core/signal/unbound.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventStore, Provenance } from '../ports/event-store.ts'
import type { From, Refusal, ReportAsk, ReportOutcome, SignalOutcome } from './control.ts'
import { beat } from './heartbeats.ts'
import { openStreams, openUnbound, openWorkload } from './streams.ts'
import { rolloutView } from './views.ts'

/** How often we re-read and re-decide before the sender is asked to come back. */
const TRIES_MAX = 8
/** What began longer ago is no news; it is said so instead of being kept. */
const AGE_MAX_MS = 30 * DAY
/** The name of a workload; the id of a rollout is that and a number. */
const WORKLOAD_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const ROLLOUT_NUMBER = /-\d+$/

type CourseStream = ReturnType<typeof openStreams>['course']

/**
 * Takes in one delivery of signals from outside. Each is bound to the rollout that it is about and
 * recorded there, whoever holds that rollout; what is about none is kept apart. An answer means
 * that it is written. What was read of rollouts is kept for the length of the delivery only.
 */
export class SignalDesk {
  readonly #store: EventStore
  readonly #clock: Clock
  /** By the name of a workload: its rollout under way, null when there is none. */
  readonly #active = new Map<string, CourseStream | null>()

  constructor(store: EventStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Takes in the signals of one delivery, in its order. A repeated delivery changes nothing. */
  async take(
    signals: readonly Signal[],
    from: From,
  ): Promise<Result<readonly SignalOutcome[], Refusal>> {
    const outcomes: SignalOutcome[] = []
    for (const signal of signals) {
      const outcome = await this.#takeOne(signal, from)
      if (!outcome.ok) return outcome
      outcomes.push(outcome.value)
    }
    return yes(outcomes)
  }

  /** Takes in what a user reports, and answers which release served them. */
  async report(ask: ReportAsk, from: From): Promise<Result<ReportOutcome, Refusal>> {
    const now = this.#clock.now()
    const { workload, user, says } = ask
    const occurredAt = ask.occurredAt ?? now
    const course = await this.#activeOf(workload)
    const rollout = course?.state().rollout
    if (course !== null && rollout != null) {
      const command = { type: 'take-report', user, says, occurredAt, now } as const
      const told = await this.#tell(course, command, from)
      if (told.ok) {
        const after = course.state().rollout
        const halted = after?.stage.at === 'halted'
        return yes({ ...servedTo(rollout, user, occurredAt), rollout: rollout.id, halted })
      }
      if (told.problem.code !== 'already-over') return told
    }
    return this.#reportToNobody(ask, occurredAt, from)
  }

  /** The signals that were given to no rollout and began in these days, the newest last. */
  async unbound(since: Instant, until: Instant): Promise<readonly UnboundSignal[]> {
    const found: UnboundSignal[] = []
    for (let day = startOfDay(dayOf(since)); day <= until; day += DAY) {
      const stream = openUnbound(this.#store, dayOf(day))
      await stream.refresh()
      found.push(...Object.values(stream.state()))
    }
    return found.filter(({ signal }) => signal.startsAt >= since && signal.startsAt <= until)
  }

  async #takeOne(signal: Signal, from: From): Promise<Result<SignalOutcome, Refusal>> {
    const { name, status } = signal
    if (isHeartbeat(signal)) {
      if (status === 'firing') await beat(this.#store, signal.source, this.#clock.now())
      const because = `it is a heartbeat of ${signal.source}`
      return yes({ name, status, kept: true, rollout: null, because })
    }
    let why = 'no label names a workload or a rollout that is under way'
    for (const course of await this.#named(signal)) {
      const { rollout } = course.state()
      if (rollout === null) continue
      const binding = bindingTo(bindable(rollout), signal)
      why = binding.because
      if (!binding.bound) continue
      const command = { type: 'take-signal', signal, now: this.#clock.now() } as const
      const told = await this.#tell(course, command, from)
      const { id } = rollout
      if (told.ok) return yes({ name, status, kept: true, rollout: id, because: why })
      if (told.problem.code === 'too-many-signals') {
        const because = told.problem.detail ?? 'too many signals fire'
        return yes({ name, status, kept: false, rollout: id, because })
      }
      if (told.problem.code !== 'already-over') return told
      why = `rollout ${id} is over`
    }
    return this.#keepUnbound(signal, why, from)
  }

  async #keepUnbound(
    signal: Signal,
    because: string,
    from: From,
  ): Promise<Result<SignalOutcome, Refusal>> {
    const now = this.#clock.now()
    const { name, status } = signal
    const outcome = { name, status, rollout: null, because }
    if (now - signal.startsAt > AGE_MAX_MS) {
      const old = `it began at ${isoInstant(signal.startsAt)}, more than 30 days ago`
      return yes({ ...outcome, kept: false, because: old })
    }
    const stream = openUnbound(this.#store, dayOf(Math.min(signal.startsAt, now)))
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      await stream.refresh()
      const proposal = stream.propose({ type: 'take', signal, because, now })
      if (!proposal.ok)
        return yes({ ...outcome, kept: false, because: proposal.problem.detail ?? because })
      if (proposal.value === null) return yes({ ...outcome, kept: true })
      const done = await this.#store.append([proposal.value.append], provenance(from, now))
      if (done.ok) return yes({ ...outcome, kept: true })
    }
    return no({ code: 'too-busy' })
  }

  async #reportToNobody(
    { workload, user, says }: ReportAsk,
    occurredAt: Instant,
    from: From,
  ): Promise<Result<ReportOutcome, Refusal>> {
    const because = `${workload} has no rollout under way`
    const signal = newSignal({
      source: 'report',
      fingerprint: fingerprintOf(workload, user),
      startsAt: occurredAt,
      status: 'firing',
      severity: 'unknown',
      name: 'user report',
      summary: says,
      labels: { workload },
      seenAt: this.#clock.now(),
    })
    const kept = await this.#keepUnbound(signal, because, from)
    if (!kept.ok) return kept
    const known = openWorkload(this.#store, workload)
    await known.refresh()
    const release = known.state().lastKnownGood?.release ?? null
    const served = { arm: 'control', group: null, release } as const
    return yes({ ...served, because, rollout: null, halted: false })
  }

  /** The rollouts under way that a signal's labels name, by their ids or by their workloads. */
  async #named({ labels }: Signal): Promise<readonly CourseStream[]> {
    const values = Object.values(labels)
    const names = new Set([...values, ...values.map((value) => value.replace(ROLLOUT_NUMBER, ''))])
    const found = await Promise.all([...names].map((name) => this.#activeOf(name)))
    return found.filter((course) => course !== null)
  }

  /** The rollout that holds a workload. */
  async #activeOf(name: string): Promise<CourseStream | null> {
    const known = this.#active.get(name)
    if (known !== undefined) return known
    const found = WORKLOAD_NAME.test(name) ? await this.#findActive(name) : null
    this.#active.set(name, found)
    return found
  }

  async #findActive(name: string): Promise<CourseStream | null> {
    const workload = openWorkload(this.#store, name)
    await workload.refresh()
    const id = workload.state().active?.rollout
    if (id === undefined) return null
    const { course } = openStreams(this.#store, id)
    await course.refresh()
    return course
  }

  async #tell(
    course: CourseStream,
    command: CourseCommand,
    from: From,
  ): Promise<Result<null, Refusal>> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const proposal = course.propose(command)
      if (!proposal.ok) return proposal
      if (proposal.value === null) return yes(null)
      const view = rolloutView(course.preview(proposal.value))
      const now = this.#clock.now()
      const done = await this.#store.append([proposal.value.append], provenance(from, now), {
        pokes: [{ key: course.name, at: now }],
        views: view === null ? [] : [view],
      })
      if (done.ok) {
        course.accept(proposal.value)
        return yes(null)
      }
      await course.refresh()
    }
    return no({ code: 'too-busy' })
  }
}

function bindable(rollout: Rollout) {
  const { id, workload, release, baseline, strategy } = rollout
  const stack = baseline === null ? null : candidateStack(rollout)
  return { id, workload, release, stack, labels: strategy.detection.alerts.labels }
}

function dayOf(at: Instant): string {
  return isoInstant(at).slice(0, 10)
}

function provenance({ actor, commandId }: From, at: Instant): Provenance {
  return { by: actor.name, authority: actor.roles.join(', ') || null, causedBy: commandId, at }
}
