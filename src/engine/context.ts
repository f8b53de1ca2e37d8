import type { Millis } from '../core/kernel/instant.ts'
import type { Clock } from '../ports/clock.ts'
import type { Drivers } from '../ports/drivers.ts'
import type { EventStore } from '../ports/event-store.ts'
import type { Recorder } from '../ports/recorder.ts'
import type { TelemetryBatch } from './telemetry-batch.ts'

/** Where the engine tells what it does; never given a secret. */
export interface Log {
  readonly info: (fields: Readonly<Record<string, unknown>>, says: string) => void
  readonly error: (fields: Readonly<Record<string, unknown>>, says: string) => void
}

export interface EngineLimits {
  /** A replica that is silent for this long loses what it holds. */
  readonly leaseMs: Millis
  /** How many rollouts one replica holds at most. */
  readonly rolloutsMax: number
}

/** What every part of the engine works with. */
export interface EngineContext {
  readonly store: EventStore
  readonly drivers: Drivers
  readonly clock: Clock
  readonly telemetry: TelemetryBatch
  readonly log: Log
  readonly limits: EngineLimits
  /** Keeps what detection was told; absent where nothing is to be recorded. */
  readonly recorder?: Recorder
}
