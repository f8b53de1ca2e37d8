import type { LiveView } from '../../contract/live-view.ts'
import type { RolloutView } from '../../contract/rollout-view.ts'
import type { Instant } from '../../core/kernel/instant.ts'
import type { Log } from '../../engine/context.ts'
import type { Control } from '../../engine/control.ts'
import type { Clock } from '../../ports/clock.ts'
import type { StoredEvent } from '../../ports/event-store.ts'
import { liveViewOf } from '../views/live-view-of.ts'
import { rolloutViewOf } from '../views/rollout-view-of.ts'

/** Twice a second looks smooth, and is as often as evidence is judged. */
const LOOK_EVERY_MS = 500
/** After the end, the last messages and the postmortem's draft usually follow within this. */
const LINGER_MS = 20_000

/** A rollout as it was at one look. */
export interface Look {
  /** Grows with every change. */
  readonly number: number
  readonly view: RolloutView
  readonly history: readonly StoredEvent[]
  readonly live: LiveView | null
  /** Nothing more will happen. */
  readonly settled: boolean
}

/** One reader's hold on a feed. */
export interface Watching {
  /** The first look after the one with this number; null when the signal came first. */
  readonly next: (after: number, signal: AbortSignal) => Promise<Look | null>
  readonly leave: () => void
}

/** Watches rollouts for readers: each is looked at once for all of them, and only while somebody reads. */
export interface Feeds {
  readonly watch: (id: string) => Watching
}

interface Feed {
  readers: number
  look: Look | null
  readonly waiting: Set<() => void>
  readonly stop: AbortController
}

export function openFeeds({
  control,
  clock,
  log,
}: {
  readonly control: Control
  readonly clock: Clock
  readonly log: Log
}): Feeds {
  const feeds = new Map<string, Feed>()

  async function keepLooking(id: string, feed: Feed): Promise<void> {
    while (!feed.stop.signal.aborted) {
      try {
        const look = await lookAt(id, feed.look)
        if (look !== feed.look) {
          feed.look = look
          for (const wake of feed.waiting) wake()
        }
      } catch (error) {
        log.error({ rollout: id, error: String(error) }, 'a watched rollout could not be read')
      }
      await clock.until(clock.now() + LOOK_EVERY_MS, feed.stop.signal)
    }
  }

  async function lookAt(id: string, before: Look | null): Promise<Look | null> {
    const now = clock.now()
    const [record, history, seen] = await Promise.all([
      control.read(id),
      control.history(id),
      control.live(id),
    ])
    const fresh = record === null ? null : rolloutViewOf(record, history, now)
    if (fresh === null) return before
    // An unchanged picture stays the same object, so that readers see at once that it is.
    const view = before !== null && isSame(before.view, fresh) ? before.view : fresh
    const live = seen === null ? null : liveViewOf(seen)
    const settled = isSettled(view, now)
    const isOld =
      view === before?.view && settled === before.settled && live?.at === before.live?.at
    return isOld ? before : { number: (before?.number ?? 0) + 1, view, history, live, settled }
  }

  return {
    watch(id) {
      const feed = feeds.get(id) ?? begin(id)
      feed.readers += 1
      let hasLeft = false
      return {
        next: (after, signal) => nextLook(feed, after, signal),
        leave() {
          if (hasLeft) return
          hasLeft = true
          feed.readers -= 1
          if (feed.readers > 0) return
          feed.stop.abort()
          feeds.delete(id)
        },
      }
    },
  }

  function begin(id: string): Feed {
    const feed: Feed = {
      readers: 0,
      look: null,
      waiting: new Set(),
      stop: new AbortController(),
    }
    feeds.set(id, feed)
    void keepLooking(id, feed)
    return feed
  }
}

async function nextLook(feed: Feed, after: number, signal: AbortSignal): Promise<Look | null> {
  while (!signal.aborted) {
    if (feed.look !== null && feed.look.number > after) return feed.look
    const { promise, resolve } = Promise.withResolvers<void>()
    feed.waiting.add(resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    feed.waiting.delete(resolve)
  }
  return null
}

/** Over, and everybody who has to hear of it has heard; or that takes longer than anybody watches. */
function isSettled(view: RolloutView, now: Instant): boolean {
  const { outcome, incident, postmortem, times } = view
  if (outcome === null) return false
  if (times.endedAt !== null && now - times.endedAt >= LINGER_MS) return true
  const isTold =
    incident !== null &&
    incident.resolvedAt !== null &&
    incident.messages.every(({ state }) => state !== 'owed')
  if (outcome.kind === 'completed') return incident === null || isTold
  // What ended before anything was changed has no incident, and nothing to wait for.
  if (view.failing === null) return true
  return isTold && postmortem !== null && postmortem.path !== null
}

function isSame(one: RolloutView, other: RolloutView): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
