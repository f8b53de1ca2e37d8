import type { Instant } from '../../src/core/kernel/instant.ts'
import type { Clock } from '../../src/ports/clock.ts'

interface Timer {
  readonly at: Instant
  readonly order: number
  readonly ring: () => void
  done: boolean
}

/** Time that moves only when nothing is left to do at the present instant. */
export interface SimClock extends Clock {
  /** Moves to the next timer and rings it. False when there is none before `end`. */
  readonly step: (end: Instant) => Promise<boolean>
}

export function simulatedClock(start: Instant): SimClock {
  const timers = new Heap()
  let now = start
  let order = 0
  return {
    now: () => now,
    until(at, signal) {
      if (signal?.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        order += 1
        // Instants are whole milliseconds, on every clock.
        const timer: Timer = { at: Math.ceil(Math.max(at, now)), order, ring, done: false }
        function ring(): void {
          timer.done = true
          signal?.removeEventListener('abort', ring)
          resolve()
        }
        signal?.addEventListener('abort', ring, { once: true })
        timers.push(timer)
      })
    },
    async step(end) {
      await settled()
      const next = timers.pop()
      if (next === undefined) return false
      if (next.at > end) {
        timers.push(next)
        now = end
        return false
      }
      now = next.at
      next.ring()
      await settled()
      return true
    },
  }
}

/** Lets everything that can happen at this instant happen: promises settle before an immediate runs. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Timers by time, then by the order in which they were set. */
class Heap {
  readonly #items: Timer[] = []

  push(timer: Timer): void {
    this.#items.push(timer)
    let at = this.#items.length - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) break
      this.#swap(at, parent)
      at = parent
    }
  }

  /** The next timer that was not called off. */
  pop(): Timer | undefined {
    for (;;) {
      const first = this.#items[0]
      const last = this.#items.pop()
      if (first === undefined || last === undefined) return undefined
      if (this.#items.length > 0) {
        this.#items[0] = last
        this.#sink()
      }
      if (!first.done) return first
    }
  }

  #sink(): void {
    let at = 0
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      let least = at
      if (left < this.#items.length && this.#isBefore(left, least)) least = left
      if (right < this.#items.length && this.#isBefore(right, least)) least = right
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#items[a], this.#items[b]]
    if (x === undefined || y === undefined) return false
    return x.at < y.at || (x.at === y.at && x.order < y.order)
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#items[a], this.#items[b]]
    if (x === undefined || y === undefined) return
    this.#items[a] = y
    this.#items[b] = x
  }
}
