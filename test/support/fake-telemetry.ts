import type { Clock } from '../../src/ports/clock.ts'
import type { Reading, TelemetrySource, Watch } from '../../src/ports/telemetry.ts'
import { type Faults, openFaults } from './fake-faults.ts'

type Counters = Omit<Reading, 'key' | 'at'>

export interface FakeTelemetry extends TelemetrySource {
  readonly faults: Faults
  /** Sets the counters of one stack for one kind of metric. */
  readonly set: (stack: string, kind: Watch['kind'], counters: Counters) => void
  readonly reads: () => number
}

/** A telemetry source in memory. */
export function fakeTelemetry(clock: Clock): FakeTelemetry {
  const faults = openFaults(clock)
  const known = new Map<string, Counters>()
  let reads = 0
  return {
    faults,
    reads: () => reads,
    set: (stack, kind, counters) => void known.set(`${stack}/${kind}`, counters),
    read(watches, signal) {
      reads += 1
      return faults.look(signal, (at) => ({
        readings: watches.flatMap(({ key, kind, labels }) => {
          const counters = known.get(`${labels.stack}/${kind}`)
          return counters === undefined ? [] : [{ key, at, ...counters }]
        }),
        unread: [],
      }))
    },
    close: async () => undefined,
  }
}
