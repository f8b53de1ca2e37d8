import type { DatabaseSync } from 'node:sqlite'

/** Tells everybody who shares a connection that work was poked. */
export interface ChangeBell {
  readonly subscribe: (callback: (key: string | null) => void) => () => void
  /** Calls everybody back once for each key, soon and never from inside of a transaction. */
  readonly ring: (keys: readonly (string | null)[]) => void
}

/** Handles on one in-memory database share its bell: they are the processes of a simulation. */
const bells = new WeakMap<DatabaseSync, ChangeBell>()

/** The bell of a connection. */
export function bellOf(db: DatabaseSync): ChangeBell {
  const known = bells.get(db)
  if (known !== undefined) return known

  const callbacks = new Set<(key: string | null) => void>()
  const bell: ChangeBell = {
    subscribe(callback) {
      // A wrapper of its own, so that a function that subscribed twice can leave once.
      const mine = (key: string | null): void => callback(key)
      callbacks.add(mine)
      return () => callbacks.delete(mine)
    },
    ring(keys) {
      if (keys.length === 0) return
      queueMicrotask(() => {
        for (const key of keys) for (const callback of callbacks) callback(key)
      })
    },
  }
  bells.set(db, bell)
  return bell
}

/**
 * Rings when another process has written to the file. SQLite cannot notify anybody, but it counts
 * the commits of others, and reading that count takes microseconds. Returns how to stop.
 */
export function ringForOthers(db: DatabaseSync, bell: ChangeBell, everyMs: number): () => void {
  let seen = dataVersion(db)
  const timer = setInterval(() => {
    const now = dataVersion(db)
    if (now === seen) return
    seen = now
    bell.ring([null])
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

/** Null when the file cannot be read just now: whoever uses the store next hears about that. */
function dataVersion(db: DatabaseSync): unknown {
  try {
    return db.prepare('pragma data_version').get()?.['data_version'] ?? null
  } catch {
    return null
  }
}
