import type { Instant, Millis } from '../../src/core/kernel/instant.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Platform, StackSighting, StackWant } from '../../src/ports/platform.ts'
import { type Faults, openFaults } from './fake-faults.ts'

interface Instance {
  readonly place: string
  readonly replica: number
  readonly release: string
  readonly from: Instant
  readonly readyAt: Instant
  /** When it ends; infinite while nobody stopped it and it did not crash. */
  until: Instant
}

export interface FakePlatform extends Platform {
  readonly faults: Faults
  /** From its start until an instance is ready. */
  startMs: Millis
  /** From being asked until an instance is gone. */
  stopMs: Millis
  /** Releases that start and never become ready. */
  readonly neverReady: Set<string>
  /** Instances that were ever started. */
  readonly starts: () => number
  /** Ends one running instance of a stack now; false when there is none. */
  readonly crash: (at: Pick<StackWant, 'workload' | 'component' | 'stack'>) => boolean
}

/** A platform in memory, as slow and unreliable as it is told to be. */
export function fakePlatform(clock: Clock): FakePlatform {
  const faults = openFaults(clock)
  let instances: readonly Instance[] = []
  let starts = 0

  const platform: FakePlatform = {
    faults,
    startMs: 0,
    stopMs: 0,
    neverReady: new Set(),
    starts: () => starts,
    apply: (want, ask) => faults.carryOut(ask.signal, (at) => change(want, at)),
    observe: (at, signal) => faults.look(signal, (now) => see(placeOf(at), now)),
    crash(at) {
      const now = clock.now()
      const found = instances.find((i) => i.place === placeOf(at) && i.from <= now && i.until > now)
      if (found === undefined) return false
      found.until = now
      return true
    },
    close: async () => undefined,
  }
  return platform

  function change(want: StackWant, at: Instant): void {
    const place = placeOf(want)
    const here = instances.filter((i) => i.place === place && i.until > at)
    const stays = (i: Instance) =>
      i.release === want.release &&
      i.replica < want.replicas &&
      i.until === Number.POSITIVE_INFINITY
    for (const instance of here) {
      if (!stays(instance)) instance.until = Math.min(instance.until, at + platform.stopMs)
    }
    const there = new Set(here.filter(stays).map((i) => i.replica))
    const missing = Array.from({ length: want.replicas }, (_, i) => i).filter((i) => !there.has(i))
    starts += missing.length
    instances = [
      ...instances.filter((i) => i.until > clock.now()),
      ...missing.map((replica) => ({
        place,
        replica,
        release: want.release,
        from: at,
        readyAt: at + platform.startMs,
        until: Number.POSITIVE_INFINITY,
      })),
    ]
  }

  function see(place: string, now: Instant): StackSighting {
    const here = instances.filter((i) => i.place === place && i.from <= now && i.until > now)
    const newest = here.toSorted((a, b) => a.from - b.from).at(-1)
    const isReady = (i: Instance) => i.readyAt <= now && !platform.neverReady.has(i.release)
    const serving = here.find((i) => isReady(i) && i.release === newest?.release) ?? here[0]
    const ready = here.filter((i) => isReady(i) && i.release === serving?.release)
    return {
      release: serving?.release ?? null,
      replicas: here.length,
      ready: ready.length,
      endpoints: ready.map((i) => `http://replica-${i.replica}.${place.replaceAll('/', '.')}.test`),
      crashed: null,
      incarnation: here.map((i) => `${i.replica}@${i.from}`).join(','),
      evidence: `the fake platform has ${here.length} instances on ${place}, ${ready.length} ready`,
    }
  }
}

function placeOf({
  workload,
  component,
  stack,
}: Pick<StackWant, 'workload' | 'component' | 'stack'>) {
  return `${workload}/${component}/${stack}`
}
