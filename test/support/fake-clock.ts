import type { Instant, Millis } from '../../src/core/kernel/instant.ts'
import type { Clock } from '../../src/ports/clock.ts'

export interface FakeClock extends Clock {
  /** Moves time on, waking who waits in the order of their instants, each at its own. */
  readonly advance: (by: Millis) => Promise<void>
  /** The earliest instant that somebody waits for; null when nobody does. */
  readonly nextWake: () => Instant | null
}

/** How often promises may hand on to one another before time moves further. */
const HANDOVERS = 20

/** A clock that stands still until the test moves it. */
export function fakeClock(start: Instant = Date.UTC(2026, 10, 23, 9)): FakeClock {
  let now = start
  const waiting = new Set<{ readonly at: Instant; readonly wake: () => void }>()

  return {
    now: () => now,
    nextWake: () => earliest()?.at ?? null,
    until(at, signal) {
      return new Promise((resolve) => {
        if (at <= now || signal?.aborted === true) {
          resolve()
          return
        }
        const waiter = {
          at,
          wake: () => {
            waiting.delete(waiter)
            signal?.removeEventListener('abort', waiter.wake)
            resolve()
          },
        }
        waiting.add(waiter)
        signal?.addEventListener('abort', waiter.wake, { once: true })
      })
    },
    async advance(by) {
      const end = now + by
      await handOver()
      for (let next = earliest(); next !== undefined && next.at <= end; next = earliest()) {
        now = Math.max(now, next.at)
        next.wake()
        await handOver()
      }
      now = end
    },
  }

  function earliest() {
    return [...waiting].toSorted((a, b) => a.at - b.at)[0]
  }
}

async function handOver(): Promise<void> {
  for (let turns = 0; turns < HANDOVERS; turns += 1) await Promise.resolve()
}
