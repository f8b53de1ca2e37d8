import { z } from 'zod'
import type { CourseCommand } from '../core/course/course.ts'
import { type Instant, SECOND } from '../core/kernel/instant.ts'
import type { Rollout } from '../core/rollout/state.ts'
import type { EventStore } from '../ports/event-store.ts'
import type { EngineContext } from './context.ts'

/** A silence is noticed within a quarter of what was promised, and never looked for more often or less often than this. */
const LISTEN_MIN_MS = SECOND / 2
const LISTEN_MAX_MS = 10 * SECOND
const LISTENS_PER_BEAT = 4

/** What is kept of a source: when it was heard last. It may be lost, which only delays. */
const Heard = z.object({ at: z.number() })

/** Writes down that a source was heard. */
export function beat(store: EventStore, source: string, now: Instant): Promise<void> {
  return store.saveCheckpoint(keyOf(source), { at: now })
}

/**
 * Listens for the sources that promised a heartbeat, until it is told to end. Whoever heard them,
 * this replica or another, wrote it into the store.
 */
export async function listen(
  { strategy }: Rollout,
  { store, clock }: EngineContext,
  tell: (command: CourseCommand, causedBy: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { heartbeats } = strategy.detection.alerts
  const shortest = Math.min(...heartbeats.map(({ every }) => every))
  const pause = Math.min(LISTEN_MAX_MS, Math.max(LISTEN_MIN_MS, shortest / LISTENS_PER_BEAT))
  while (!signal.aborted) {
    const heard: Record<string, Instant | null> = {}
    for (const { source } of heartbeats) heard[source] = await heardAt(store, source)
    if (signal.aborted) return
    await tell({ type: 'listen', heard, now: clock.now() }, 'heartbeats')
    await clock.until(clock.now() + pause, signal)
  }
}

async function heardAt(store: EventStore, source: string): Promise<Instant | null> {
  const saved = Heard.safeParse(await store.loadCheckpoint(keyOf(source)))
  return saved.success ? saved.data.at : null
}

function keyOf(source: string): string {
  return `heartbeat/${source}`
}
