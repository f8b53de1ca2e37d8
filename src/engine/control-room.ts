import type { CourseCommand } from '../core/course/course.ts'
import { digestOf } from '../core/kernel/hash.ts'
import { type Instant } from '../core/kernel/instant.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import { blamesRelease } from '../core/rollout/failing.ts'
import type { Clock } from '../ports/clock.ts'
import type { Append, EventStore, Provenance } from '../ports/event-store.ts'
import type { Control, From, Live, PersonCommand, Refusal, StartAsk } from './control.ts'
import { beat } from './heartbeats.ts'
import { historyOf } from './history.ts'
import { SignalDesk } from './signal-desk.ts'
import { openStreams, openWorkload, rolloutStream, workloadStream } from './streams.ts'
import { rolloutView } from './views.ts'
import { webhooksNamed, webhookViews } from './webhooks.ts'

/** How often we re-read and re-decide before telling the caller that the stream is too busy. */
const TRIES_MAX = 8

interface Room {
  readonly store: EventStore
  readonly clock: Clock
  /** What this process itself last saw; null when another holds the rollout. */
  readonly liveHere: (id: string) => Live | null
}

/** Lets people and programs speak to rollouts through the log; whoever holds one hears of it by a poke. */
export function openControlRoom({ store, clock, liveHere }: Room): Control {
  return {
    start: (ask, from) => start(ask, from, store, clock),
    tell: (id, command, from) => tell(id, command, from, store, clock),
    liftQuarantine: async (name, { release, because }, from) => {
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const workload = openWorkload(store, name)
        await workload.refresh()
        const now = clock.now()
        const proposal = workload.propose({
          type: 'lift',
          release,
          because,
          by: from.actor.name,
          now,
        })
        if (!proposal.ok) return proposal
        if (proposal.value === null) return yes(null)
        const done = await store.append([proposal.value.append], provenance(from, now), {
          commandId: from.commandId,
        })
        if (done.ok) return yes(null)
      }
      return no({ code: 'too-busy' })
    },
    async read(id) {
      const { course, incident, postmortem } = openStreams(store, id)
      await Promise.all([course.refresh(), incident.refresh(), postmortem.refresh()])
      if (course.state().rollout === null) return null
      return {
        id,
        course: course.state(),
        incident: incident.state(),
        postmortem: postmortem.state(),
      }
    },
    history: (id) => historyOf(store, id),
    live: async (id) => liveHere(id),
    list: (page) => store.list('rollout', page),
    async workload(name) {
      const workload = openWorkload(store, name)
      await workload.refresh()
      return workload.state()
    },
    takeSignals: (signals, from) => new SignalDesk(store, clock).take(signals, from),
    takeReport: (ask, from) => new SignalDesk(store, clock).report(ask, from),
    async heard(source) {
      await beat(store, source, clock.now())
      return null
    },
    webhooks: (name) => webhooksNamed(store, name),
    unboundSignals: (since, until) => new SignalDesk(store, clock).unbound(since, until),
  }
}

/** Claims the workload and starts the rollout, and ends the one that a hotfix replaces, in one append. */
async function start(
  ask: StartAsk,
  from: From,
  store: EventStore,
  clock: Clock,
): Promise<Result<{ readonly id: string }, Refusal>> {
  const { strategy, release, hotfixFor } = ask
  const name = strategy.workload.name
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const repeated = await startedBy(from.commandId, name, store)
    if (repeated !== null) return yes({ id: repeated })
    const workload = openWorkload(store, name)
    await workload.refresh()
    const now = clock.now()
    const id = `${name}-${workload.state().claims + 1}`
    const replaced =
      hotfixFor === null ? NOTHING_REPLACED : await supersede(hotfixFor, from, store, now)
    if (!replaced.ok) return replaced
    const claim = workload.propose({
      type: 'claim',
      rollout: id,
      release,
      supersedes: hotfixFor,
      failed: replaced.value.failed,
      now,
    })
    if (!claim.ok) return claim
    const { course } = openStreams(store, id)
    const begun = course.propose({
      type: 'start',
      id,
      release,
      strategy,
      strategyDigest: digestOf(strategy),
      by: from.actor.name,
      hotfixFor,
      now,
    })
    if (!begun.ok) return begun
    const appends = [claim.value?.append, begun.value?.append, ...replaced.value.appends].filter(
      (one) => one !== undefined,
    )
    const view = begun.value === null ? null : rolloutView(course.preview(begun.value))
    const done = await store.append(appends, provenance(from, now), {
      commandId: from.commandId,
      pokes: [{ key: rolloutStream(id), at: now }, ...pokesFor(replaced.value.appends, now)],
      views: [...(view === null ? [] : [view]), ...webhookViews(strategy)],
    })
    if (done.ok && !done.value.repeated) return yes({ id })
  }
  return no({ code: 'too-busy' })
}

interface Replaced {
  readonly appends: readonly Append[]
  /** Why the replaced release failed, if it did. */
  readonly failed: string | null
}

const NOTHING_REPLACED: Result<Replaced, Refusal> = yes({ appends: [], failed: null })

async function supersede(
  id: string,
  from: From,
  store: EventStore,
  now: Instant,
): Promise<Result<Replaced, Refusal>> {
  const { course } = openStreams(store, id)
  await course.refresh()
  const { failing } = course.state()
  const ended = course.propose({ type: 'supersede', by: from.actor.name, now })
  if (!ended.ok) return ended
  const failed = failing !== null && blamesRelease(failing) ? failing.because : null
  return yes({ appends: ended.value === null ? [] : [ended.value.append], failed })
}

function pokesFor(appends: readonly Append[], at: Instant) {
  return appends.map(({ stream }) => ({ key: stream, at }))
}

/** The rollout that this very command has started before, if it has. */
async function startedBy(
  commandId: string,
  workload: string,
  store: EventStore,
): Promise<string | null> {
  const events = await store.read(workloadStream(workload))
  const mine = events.find(
    ({ type, causedBy }) => type === 'rollout.claimed' && causedBy === commandId,
  )
  const rollout: unknown = Object(mine?.data).rollout
  return typeof rollout === 'string' ? rollout : null
}

async function tell(
  id: string,
  command: PersonCommand,
  from: From,
  store: EventStore,
  clock: Clock,
): Promise<Result<null, Refusal>> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const { course } = openStreams(store, id)
    await course.refresh()
    const now = clock.now()
    const proposal = course.propose(asCourseCommand(command, from, now))
    if (!proposal.ok) return (await wasDone(from, id, store)) ? yes(null) : proposal
    if (proposal.value === null) return yes(null)
    const view = rolloutView(course.preview(proposal.value))
    const done = await store.append([proposal.value.append], provenance(from, now), {
      commandId: from.commandId,
      pokes: [{ key: rolloutStream(id), at: now }],
      views: view === null ? [] : [view],
    })
    if (done.ok) return yes(null)
  }
  return no({ code: 'too-busy' })
}

/** A command that was recorded before its answer was lost is not refused the second time. */
async function wasDone(from: From, id: string, store: EventStore): Promise<boolean> {
  const events = await store.read(rolloutStream(id))
  return events.some(({ causedBy }) => causedBy === from.commandId)
}

function asCourseCommand(command: PersonCommand, { actor }: From, now: Instant): CourseCommand {
  switch (command.type) {
    case 'pause':
    case 'resume':
      return { ...command, by: actor.name, now }
    case 'promote':
      return { type: 'promote', by: actor.name, now }
    case 'abort':
    case 'approve':
    case 'reject':
    case 'choose':
      return { ...command, actor, now }
  }
}

function provenance({ actor, commandId }: From, at: Instant): Provenance {
  return { by: actor.name, authority: actor.roles.join(', ') || null, causedBy: commandId, at }
}
