import type { Strategy } from '../core/strategy/schema.ts'
import type { Channel } from './channel.ts'
import type { Configuration } from './configuration.ts'
import type { Documents } from './documents.ts'
import type { Answer } from './driver.ts'
import type { Flags } from './flags.ts'
import type { Platform } from './platform.ts'
import type { Prober } from './prober.ts'
import type { Router } from './router.ts'
import type { TelemetrySource } from './telemetry.ts'

/**
 * The real systems that a strategy names, opened when first asked for and shared afterwards. A
 * system that cannot be opened is a failure with a sentence, never a throw.
 */
export interface Drivers {
  readonly router: (strategy: Strategy) => Answer<Router>
  readonly platform: (strategy: Strategy, component: string) => Answer<Platform>
  readonly source: (strategy: Strategy, name: string) => Answer<TelemetrySource>
  readonly channel: (strategy: Strategy, name: string) => Answer<Channel>
  /** The flag system that keeps its flags in this file. */
  readonly flags: (file: string) => Answer<Flags>
  readonly configuration: Configuration
  readonly prober: Prober
  readonly documents: Documents
}
