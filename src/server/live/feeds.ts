import type { ServerParts } from '../parts.ts'
import { type Look, takeLook } from './look.ts'

/** Twice a second looks smooth, and is as often as evidence is judged. */
const LOOK_EVERY_MS = 500

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

export function openFeeds(parts: Pick<ServerParts, 'control' | 'store' | 'clock' | 'log'>): Feeds {
  const { clock, log } = parts
  const feeds = new Map<string, Feed>()

  async function keepLooking(id: string, feed: Feed): Promise<void> {
    while (!feed.stop.signal.aborted) {
      try {
        const before = feed.look
        feed.look = await takeLook(parts, id, before)
        if (feed.look?.number !== before?.number) for (const wake of feed.waiting) wake()
      } catch (error) {
        log.error({ rollout: id, error: String(error) }, 'a watched rollout could not be read')
      }
      await clock.until(clock.now() + LOOK_EVERY_MS, feed.stop.signal)
    }
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
