import type { Clock } from '../../src/ports/clock.ts'
import type { Chance } from './random.ts'

/**
 * The life of one simulated process. It may die before or after anything that it does; what was
 * under way then stays as it is, and nothing of it ever goes on.
 */
export interface Life {
  readonly isOver: () => boolean
  /** Runs one effect or append of this process; it may be the last. */
  readonly act: <Value>(run: () => Promise<Value>) => Promise<Value>
  /** A clock that never wakes the dead. */
  readonly clock: (clock: Clock) => Clock
  readonly end: () => void
}

const NEVER = new Promise<never>(() => undefined)

export function life(chance: Chance, dieShare: () => number, onDeath: () => void): Life {
  let over = false
  function die(): Promise<never> {
    over = true
    onDeath()
    return NEVER
  }
  return {
    isOver: () => over,
    async act(run) {
      if (over) return NEVER
      if (chance.happens(dieShare() / 2)) return die()
      const value = await run()
      if (over) return NEVER
      if (chance.happens(dieShare() / 2)) return die()
      return value
    },
    clock: (clock) => ({
      now: clock.now,
      async until(at, signal) {
        if (over) return NEVER
        await clock.until(at, signal)
        return over ? NEVER : undefined
      },
    }),
    end() {
      over = true
    },
  }
}

/** The same object, with every function of it run as an act of this process. */
export function mortal<Target extends object>(
  target: Target,
  process: Life,
  names: readonly (keyof Target)[],
): Target {
  const acting = Object.fromEntries(
    names.map((name) => {
      const original = target[name]
      if (typeof original !== 'function') throw new TypeError(`${String(name)} is not a function`)
      return [
        name,
        (...args: unknown[]) => process.act(async () => Reflect.apply(original, target, args)),
      ]
    }),
  )
  return { ...target, ...acting }
}
