/**
 * The effects that are under way for one rollout. Each has a key; the same key is never under way
 * twice, and what is no longer wanted is told to end.
 */
export class Tasks {
  readonly #running = new Map<string, AbortController>()
  readonly #onEnd: () => void

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  has(key: string): boolean {
    return this.#running.has(key)
  }

  /** Starts what is not under way yet. */
  start(key: string, run: (signal: AbortSignal) => Promise<void>): void {
    if (this.#running.has(key)) return
    const controller = new AbortController()
    this.#running.set(key, controller)
    const ended = () => {
      this.#running.delete(key)
      this.#onEnd()
    }
    run(controller.signal).then(ended, ended)
  }

  /** Tells everything to end that is not wanted any more. */
  endAllBut(wanted: ReadonlySet<string>): void {
    for (const [key, controller] of this.#running) {
      if (!wanted.has(key)) controller.abort()
    }
  }
}
