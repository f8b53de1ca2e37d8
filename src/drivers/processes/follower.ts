import { pause } from '../support/pause.ts'

/** How often a change that takes time, such as a stop with a grace, is looked after. */
const FOLLOW_EVERY_MS = 100

/** Looks after changes that were begun and take time. */
export interface Follower {
  /** Goes on until the work says that it is done, or its patience ends; asking anew renews that. */
  readonly follow: (key: string, goOn: (signal: AbortSignal) => Promise<boolean>) => void
  readonly close: () => Promise<void>
  readonly signal: AbortSignal
}

/** A follower that gives each change `patienceMs`; what is left then waits to be asked for again. */
export function openFollower(patienceMs: number): Follower {
  const closing = new AbortController()
  const followed = new Map<string, { until: number; readonly work: Promise<void> }>()

  return {
    signal: closing.signal,
    follow(key, goOn) {
      const until = Date.now() + patienceMs
      const already = followed.get(key)
      if (already !== undefined) already.until = until
      else if (!closing.signal.aborted) followed.set(key, { until, work: work(key, goOn) })
    },
    async close() {
      closing.abort()
      await Promise.all([...followed.values()].map((entry) => entry.work))
    },
  }

  async function work(key: string, goOn: (signal: AbortSignal) => Promise<boolean>): Promise<void> {
    let done = false
    while (!done && !closing.signal.aborted) {
      await pause(FOLLOW_EVERY_MS, closing.signal)
      done = (await goOn(closing.signal)) || Date.now() > (followed.get(key)?.until ?? 0)
    }
    followed.delete(key)
  }
}
