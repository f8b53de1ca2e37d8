import { incidentDueAt, type Outgoing, owed } from '../core/communicate/incident.ts'
import { type CourseCommand, course as courseDecider } from '../core/course/course.ts'
import { wantsOf } from '../core/course/wants.ts'
import type { Instant } from '../core/kernel/instant.ts'
import { isOver } from '../core/rollout/rollout.ts'
import type { Rollout } from '../core/rollout/state.ts'
import type { Lease } from '../ports/event-store.ts'
import type { EngineContext } from './context.ts'
import type { Live } from './control.ts'
import { deliverMessage } from './deliver.ts'
import { writeDraft } from './draft.ts'
import { captureBaseline, keepShare, performStep, settle } from './hands.ts'
import { listen } from './heartbeats.ts'
import { type Reaction, reactionsTo } from './reactions.ts'
import { Scribe } from './scribe.ts'
import { openStreams, openWorkload, type Streams, type WorkloadStream } from './streams.ts'
import { Tasks } from './tasks.ts'
import { rolloutView } from './views.ts'
import { Watcher } from './watcher.ts'

/** Nothing known is due: look again after this anyway, in case a poke was missed. */
const IDLE_MS = 30_000

type Run = (signal: AbortSignal) => Promise<void>

/**
 * Holds one rollout for as long as its lease lasts, and sees to it that what is wanted happens.
 *
 * It never continues a script. Each round it takes in the news, lets the deciders decide what
 * time alone brings, derives from the state what should be under way, starts what is not and ends
 * what should not be; then it rests until something comes: a report, a poke, a due time. So it
 * makes no difference whether this process began the rollout or found it after a crash.
 */
export class Keeper {
  readonly #context: EngineContext
  readonly #id: string
  readonly #streams: Streams
  readonly #scribe: Scribe
  readonly #watcher: Watcher
  readonly #tasks = new Tasks(() => this.nudge())
  #workload: WorkloadStream | null = null
  #isStale = true
  #isNudged = false
  #wake = new AbortController()
  /** What was last seen of the step that is under way. */
  #seen: Live['doing'] = null
  /** The versions that the latest draft was written from. */
  #draftedFrom = ''

  constructor(context: EngineContext, id: string, lease: Lease) {
    this.#context = context
    this.#id = id
    this.#streams = openStreams(context.store, id)
    this.#scribe = new Scribe(context, lease)
    this.#watcher = new Watcher(context, id)
  }

  /** Something may have changed in the store: read before going on. */
  poke(): void {
    this.#isStale = true
    this.nudge()
  }

  /** Look again now. */
  nudge(): void {
    this.#isNudged = true
    this.#wake.abort()
  }

  /** The lease is gone, or is given back: nothing more may be recorded or begun here. */
  lose(): void {
    this.#scribe.lose()
    this.#tasks.endAllBut(new Set())
    this.nudge()
  }

  /** What this keeper last saw of the traffic and the evidence. */
  live(): Live | null {
    const state = this.#streams.course.state()
    if (state.rollout === null) return null
    const { step } = wantsOf(state)
    const doing = step !== null && this.#seen?.step === step.step.id ? this.#seen : null
    const now = this.#context.clock.now()
    const live = this.#watcher.live(state.rollout)
    if (live !== null) return { ...live, doing }
    // Before the first look at the traffic there may be much to wait for already.
    return doing === null ? null : { at: now, stacks: {}, verdict: null, foresight: null, doing }
  }

  /** Keeps the rollout until there is nothing left to keep (true) or the lease is lost (false). */
  async run(): Promise<boolean> {
    while (!this.#scribe.isLost()) {
      this.#isNudged = false
      await this.#catchUp()
      const { rollout } = this.#streams.course.state()
      if (rollout === null) return true
      await this.#tell({ type: 'tick', now: this.#context.clock.now() }, 'time')
      for (const reaction of this.#reactions()) await this.#carry(reaction)
      if (this.#isDone()) return true
      this.#startWanted()
      await this.#rest()
    }
    return false
  }

  async #catchUp(): Promise<void> {
    if (!this.#isStale) return
    this.#isStale = false
    const { course, incident, postmortem } = this.#streams
    await Promise.all([course.refresh(), incident.refresh(), postmortem.refresh()])
    const { rollout } = course.state()
    if (rollout === null) return
    this.#workload ??= openWorkload(this.#context.store, rollout.workload)
    await this.#workload.refresh()
  }

  #reactions(): readonly Reaction[] {
    const { course, incident, postmortem } = this.#streams
    const state = {
      course: course.state(),
      incident: incident.state(),
      postmortem: postmortem.state(),
    }
    return reactionsTo(state, this.#context.clock.now())
  }

  async #carry(reaction: Reaction): Promise<void> {
    const { incident, postmortem } = this.#streams
    const changed =
      reaction.to === 'incident'
        ? await this.#scribe.write(incident, reaction.command, this.#id)
        : await this.#scribe.write(postmortem, reaction.command, this.#id)
    if (changed) this.nudge()
  }

  /** Records what follows from a command, if anything does, and has the consequences looked at. */
  async #tell(command: CourseCommand, causedBy: string): Promise<void> {
    const changed = await this.#scribe.write(this.#streams.course, command, causedBy, rolloutView)
    if (changed) this.nudge()
  }

  /** Starts what should be under way and ends what should not. */
  #startWanted(): void {
    const { rollout } = this.#streams.course.state()
    const wanted = rollout === null ? new Map<string, Run>() : this.#wanted(rollout)
    this.#tasks.endAllBut(new Set(wanted.keys()))
    for (const [key, run] of wanted) this.#tasks.start(key, run)
  }

  /** Everything that should be under way now, each under a name that stays while it is the same thing. */
  #wanted(rollout: Rollout): Map<string, Run> {
    const context = this.#context
    const state = this.#streams.course.state()
    const { capture, dueAt, step, measure, keep } = wantsOf(state)
    const tell = (command: CourseCommand, causedBy: string) => this.#tell(command, causedBy)
    const workload = this.#workload
    const wanted = new Map<string, Run>()
    if (capture && workload !== null && context.clock.now() >= (dueAt ?? 0)) {
      wanted.set('capture', (signal) =>
        captureBaseline(rollout, workload.state(), context, tell, signal),
      )
    }
    if (step !== null) {
      const before = () => this.#watcher.controlSoFar(rollout)
      const saw = (seen: string) => {
        this.#seen = { step: step.step.id, seen, at: context.clock.now() }
      }
      wanted.set(`${step.step.id}#${step.attempt}`, (signal) =>
        performStep(step, rollout, before(), context, { tell, saw }, signal),
      )
    }
    if (measure !== null) {
      wanted.set(`measure ${measure.watch}`, (signal) =>
        this.#watcher.watch(
          rollout,
          measure,
          (look) =>
            tell(
              { type: 'judge', watch: measure.watch, ...look, now: context.clock.now() },
              'evidence',
            ),
          () => this.#streams.course.state().rollout ?? rollout,
          signal,
        ),
      )
    }
    if (!isOver(rollout) && rollout.strategy.detection.alerts.heartbeats.length > 0) {
      wanted.set('listen', (signal) => listen(rollout, context, tell, signal))
    }
    if (keep !== null) {
      const name = `share ${keep.route.buckets} ${keep.onlyDown}`
      wanted.set(name, (signal) => keepShare(keep, rollout, context, tell, signal))
    }
    this.#addAftermath(wanted, rollout)
    return wanted
  }

  /** What is owed besides the rollout itself: messages, the draft, and tidying up. */
  #addAftermath(wanted: Map<string, Run>, rollout: Rollout): void {
    const { course, incident, postmortem } = this.#streams
    const context = this.#context
    const workload = this.#workload
    for (const message of this.#deliverable()) {
      wanted.set(`deliver ${message.id}#${message.attempts}`, (signal) =>
        deliverMessage(
          message,
          rollout.strategy,
          context,
          (command) => this.#carry({ to: 'incident', command }),
          signal,
        ),
      )
    }
    if (isOver(rollout) && workload?.state().active?.rollout === this.#id) {
      wanted.set('settle', async (signal) => {
        // A release that is bypassed is not well, however far it got.
        if (rollout.stage.at === 'completed' && !this.#isBypassed())
          await this.#watcher.teach(rollout)
        await settle(
          rollout,
          course.state().failing,
          workload.state(),
          context,
          async (command) => {
            if (await this.#scribe.write(workload, command, this.#id)) this.nudge()
          },
          signal,
        )
      })
    }
    const told = incident.state()
    // A channel that is down is tried for hours; the draft waits for the first try of each message only.
    const isTried = told !== null && owed(told).every(({ attempts }) => attempts > 0)
    const isSettled = isTried && (isOver(rollout) || this.#isBypassed())
    if (postmortem.state() !== null && isSettled && this.#draftedFrom !== this.#versions()) {
      wanted.set('draft', (signal) => this.#draft(signal))
    }
  }

  async #draft(signal: AbortSignal): Promise<void> {
    const from = this.#versions()
    const tell = (command: Extract<Reaction, { to: 'postmortem' }>['command']) =>
      this.#carry({ to: 'postmortem', command })
    if (await writeDraft(this.#id, this.#context, tell, signal)) this.#draftedFrom = from
  }

  #versions(): string {
    return `${this.#streams.course.version()}.${this.#streams.incident.version()}`
  }

  #isBypassed(): boolean {
    return this.#streams.course.state().response?.stage.at === 'in-effect'
  }

  #deliverable(): readonly Outgoing[] {
    const incident = this.#streams.incident.state()
    const now = this.#context.clock.now()
    return incident === null ? [] : owed(incident).filter(({ retryAt }) => retryAt <= now)
  }

  #isDone(): boolean {
    const { course, incident, postmortem } = this.#streams
    if (!courseDecider.isTerminal(course.state())) return false
    if (this.#workload?.state().active?.rollout === this.#id) return false
    const told = incident.state()
    if (told === null) return true
    const isTold = told.resolvedAt !== null && owed(told).length === 0
    return isTold && postmortem.state() !== null && this.#draftedFrom === this.#versions()
  }

  async #rest(): Promise<void> {
    if (this.#isNudged || this.#scribe.isLost()) return
    this.#wake = new AbortController()
    await this.#context.clock.until(this.#dueAt(), this.#wake.signal)
  }

  /** When time alone will change what is wanted. */
  #dueAt(): Instant {
    const now = this.#context.clock.now()
    const incident = this.#streams.incident.state()
    const dues = [
      wantsOf(this.#streams.course.state()).dueAt,
      incident === null ? null : incidentDueAt(incident),
    ]
    const ahead = dues.filter((due): due is Instant => due !== null && due > now)
    return Math.min(now + IDLE_MS, ...ahead)
  }
}
