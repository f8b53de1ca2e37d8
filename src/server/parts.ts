import type { Registry } from 'prom-client'
import type { Log } from '../engine/context.ts'
import type { Control } from '../engine/control.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventStore } from '../ports/event-store.ts'
import type { Secrets } from '../ports/secrets.ts'
import type { Access } from './access/access.ts'

/** What the server is made of. The composition root brings all of it. */
export interface ServerParts {
  readonly control: Control
  readonly store: EventStore
  readonly access: Access
  /** Reads the whole log and says whether anything was changed. */
  readonly audit: () => Promise<AuditFindings>
  readonly clock: Clock
  /** Looks up what signs deliveries from outside. */
  readonly secrets: Secrets
  readonly version: string
  readonly log: Log
  readonly metrics: Registry
  readonly limits?: Partial<ServerLimits>
}

/** What a look at the whole log found; the store's own report has this shape. */
export interface AuditFindings {
  readonly streams: number
  readonly events: number
  readonly problems: readonly {
    readonly stream: string
    readonly version: number
    readonly what: string
  }[]
  readonly problemsLeftOut: number
  readonly anchor: { readonly number: number; readonly hash: string } | null
}

/** What one server takes on before it says no. Mitigating is never limited. */
export interface ServerLimits {
  /** Bytes of one request body. */
  readonly bodyMax: number
  /** Requests of one caller in a minute that only look. */
  readonly looksPerMinute: number
  /** Requests of one caller in a minute that change something. */
  readonly changesPerMinute: number
  readonly streamsMax: number
  readonly streamsPerCallerMax: number
}

/** A strategy of 256 KiB, written with every character escaped, fits. */
const BODY_MAX = 2 * 1024 * 1024

export const USUAL_LIMITS: ServerLimits = {
  bodyMax: BODY_MAX,
  // Ten a second: a dashboard that polls, with room for people.
  looksPerMinute: 600,
  // More changes than two a second are a loop, not a person or a pipeline.
  changesPerMinute: 120,
  // A stream costs one socket and a few kilobytes; the looking is shared between them.
  streamsMax: 500,
  streamsPerCallerMax: 50,
}
