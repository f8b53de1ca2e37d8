import {
  type IncidentCommand,
  incidentDecider,
  incidentEvents,
} from '../../src/core/communicate/incident.ts'
import { type CourseCommand, course, courseEvents } from '../../src/core/course/course.ts'
import { wantsOf } from '../../src/core/course/wants.ts'
import { replay } from '../../src/core/kernel/decider.ts'
import { digestOf } from '../../src/core/kernel/hash.ts'
import { no, yes } from '../../src/core/kernel/result.ts'
import {
  type PostmortemCommand,
  postmortemDecider,
  postmortemEvents,
} from '../../src/core/learn/postmortem.ts'
import {
  type WorkloadCommand,
  workloadDecider,
  workloadEvents,
} from '../../src/core/rollout/workload.ts'
import { currentStep } from '../../src/core/step/plan.ts'
import type { Verdict } from '../../src/core/words/verdict.ts'
import type { Control, Live } from '../../src/engine/control.ts'
import { openControlRoom } from '../../src/engine/control-room.ts'
import { rolloutView } from '../../src/engine/views.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { EventStore, NewEvent, StoredEvent, View } from '../../src/ports/event-store.ts'
import { testReport } from './test-outcomes.ts'

/** A store in memory: the log and the lists, without work and leases, which only the engine needs. */
export function memoryStore(): EventStore {
  const streams = new Map<string, StoredEvent[]>()
  const log: StoredEvent[] = []
  const commands = new Set<string>()
  const views = new Map<string, View>()
  const checkpoints = new Map<string, unknown>()
  const listeners = new Set<(key: string | null) => void>()
  const noWork = () => Promise.reject(new Error('this store keeps no work'))

  return {
    read: async (stream, after = 0) => (streams.get(stream) ?? []).slice(after),
    async append(appends, { by, authority, causedBy, at }, options = {}) {
      if (options.commandId !== undefined && commands.has(options.commandId))
        return yes({ repeated: true })
      for (const { stream, expected } of appends) {
        if ((streams.get(stream)?.length ?? 0) !== expected) return no('stream-moved-on')
      }
      if (options.commandId !== undefined) commands.add(options.commandId)
      for (const { stream, events } of appends) {
        const known = streams.get(stream) ?? []
        streams.set(stream, known)
        for (const { type, data } of events) {
          const before = known.at(-1)?.hash ?? ''
          const event: StoredEvent = {
            stream,
            version: known.length + 1,
            position: String(log.length + 1).padStart(12, '0'),
            type,
            // What is read back was JSON, as in a real store.
            data: JSON.parse(JSON.stringify(data)),
            recordedAt: at,
            recordedBy: by,
            authority,
            causedBy,
            hash: digestOf([before, stream, type, data]),
          }
          known.push(event)
          log.push(event)
        }
      }
      for (const view of options.views ?? []) views.set(`${view.kind} ${view.id}`, view)
      for (const listener of listeners) listener(null)
      return yes({ repeated: false })
    },
    follow: async (after, limit) => log.slice(after === null ? 0 : Number(after)).slice(0, limit),
    head: async () => log.at(-1)?.position ?? null,
    claim: noWork,
    renew: noWork,
    release: noWork,
    poke: async () => undefined,
    nextDue: async () => null,
    onChange(callback) {
      listeners.add(callback)
      return () => listeners.delete(callback)
    },
    async saveCheckpoint(key, value) {
      checkpoints.set(key, value)
    },
    loadCheckpoint: async (key) => checkpoints.get(key),
    list: async (kind, { after, limit }) =>
      [...views.values()]
        .filter((view) => view.kind === kind && (after === null || view.id < after))
        .toSorted((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, limit),
    view: async (kind, id) => views.get(`${kind} ${id}`) ?? null,
    close: async () => undefined,
  }
}

/** What the engine would tell a rollout, without the engine: the deciders are the real ones. */
export interface FakeControl {
  readonly control: Control
  readonly store: EventStore
  /** Lets a command happen to a rollout. Throws when it is refused. */
  readonly happen: (id: string, ...commands: readonly CourseCommand[]) => Promise<void>
  /** Reports every step of the plan that is under way as seen. */
  readonly seeAllSteps: (id: string) => Promise<void>
  /** Looks at the evidence of the group that is being watched. */
  readonly judge: (id: string, verdict: Verdict, routes?: readonly string[]) => Promise<void>
  readonly incident: (id: string, ...commands: readonly IncidentCommand[]) => Promise<void>
  readonly postmortem: (id: string, ...commands: readonly PostmortemCommand[]) => Promise<void>
  readonly workload: (name: string, ...commands: readonly WorkloadCommand[]) => Promise<void>
  /** What the holder of the rollout sees from now on. */
  readonly see: (id: string, live: Live | null) => void
}

/** The real control room over a store in memory, with the test in the place of the engine. */
export function fakeControl(clock: Clock, store: EventStore = memoryStore()): FakeControl {
  const lives = new Map<string, Live>()
  const control = openControlRoom({ store, clock, liveHere: (id) => lives.get(id) ?? null })

  async function append(
    stream: string,
    expected: number,
    events: readonly NewEvent[],
    view: View | null = null,
  ): Promise<void> {
    if (events.length === 0) return
    const provenance = { by: 'goaround', authority: 'strategy', causedBy: null, at: clock.now() }
    const views = view === null ? [] : [view]
    const outcome = await store.append([{ stream, expected, events }], provenance, { views })
    if (!outcome.ok) throw new Error(`${stream}: ${outcome.problem}`)
  }

  async function happen(id: string, ...commands: readonly CourseCommand[]): Promise<void> {
    for (const command of commands) {
      const stored = await store.read(`rollout/${id}`)
      const state = replay(course, stored.map(courseEvents.read))
      const outcome = course.decide(command, state)
      if (!outcome.ok) throw new Error(`${command.type} was refused: ${outcome.problem.code}`)
      const after = outcome.value.reduce(course.evolve, state)
      await append(`rollout/${id}`, stored.length, outcome.value, rolloutView(after))
    }
  }

  return {
    control,
    store,
    happen,

    async seeAllSteps(id) {
      for (;;) {
        const state = (await control.read(id))?.course
        const stage =
          state?.rollout?.stage.at === 'opening' ? state.rollout.stage : state?.response?.stage
        if (stage === undefined || !('progress' in stage)) return
        const { progress } = stage
        const step = currentStep(progress)
        if (step === null || progress.mode !== 'acting') return
        const evidence = `seen: ${step.says}`
        const { attempt } = progress
        await happen(id, {
          type: 'report-seen',
          step: step.id,
          attempt,
          evidence,
          ...testReport(id, step, 'pass'),
          now: clock.now(),
        })
      }
    },

    async judge(id, verdict, routes = []) {
      const state = (await control.read(id))?.course
      const watch = state === undefined ? undefined : wantsOf(state).measure?.watch
      if (watch === undefined) throw new Error('no group is being watched')
      await happen(id, { type: 'judge', watch, verdict, routes, now: clock.now() })
    },

    async incident(id, ...commands) {
      for (const command of commands) {
        const stored = await store.read(`incident/${id}`)
        const outcome = incidentDecider.decide(
          command,
          replay(incidentDecider, stored.map(incidentEvents.read)),
        )
        if (!outcome.ok) throw new Error(`${command.type} was refused: ${outcome.problem.code}`)
        await append(`incident/${id}`, stored.length, outcome.value)
      }
    },

    async postmortem(id, ...commands) {
      for (const command of commands) {
        const stored = await store.read(`postmortem/${id}`)
        const outcome = postmortemDecider.decide(
          command,
          replay(postmortemDecider, stored.map(postmortemEvents.read)),
        )
        if (!outcome.ok) throw new Error(`${command.type} was refused: ${outcome.problem.code}`)
        await append(`postmortem/${id}`, stored.length, outcome.value)
      }
    },

    async workload(name, ...commands) {
      for (const command of commands) {
        const stored = await store.read(`workload/${name}`)
        const outcome = workloadDecider.decide(
          command,
          replay(workloadDecider, stored.map(workloadEvents.read)),
        )
        if (!outcome.ok) throw new Error(`${command.type} was refused: ${outcome.problem.code}`)
        await append(`workload/${name}`, stored.length, outcome.value)
      }
    },

    see(id, live) {
      if (live === null) lives.delete(id)
      else lives.set(id, live)
    },
  }
}
