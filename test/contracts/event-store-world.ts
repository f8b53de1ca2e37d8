import type { Instant } from '../../src/core/kernel/instant.ts'
import type { NewEvent, Provenance } from '../../src/ports/event-store.ts'
import type { Store } from '../../src/store/store.ts'

/** One empty database, and what a test may do to it behind the back of the store. */
export interface Database {
  /** What `openStore` takes, for other processes; null when only this process can reach it. */
  readonly url: string | null
  /** One more handle on the same data, as another process would have. Closed by `remove`. */
  readonly open: () => Promise<Store>
  /** Runs SQL as somebody with the password of the database would. */
  readonly sql: (text: string) => Promise<void>
  /** Takes away what guards events against a slip of the hand. */
  readonly dropGuards: () => Promise<void>
  readonly now: () => Instant
  /** Lets time pass, for real where the database has a clock of its own. */
  readonly pass: (ms: number) => Promise<void>
  /** One more empty database of the same engine, removed with this one. */
  readonly another: () => Promise<Database>
  readonly remove: () => Promise<void>
}

/** What a test gets: a fresh database and one handle on it. */
export interface World {
  readonly database: () => Database
  readonly store: () => Store
}

/** An event that counts. */
export function counted(n: number): NewEvent {
  return { type: 'test.counted', data: { n } }
}

/** Several of them, from 1 on. */
export function countedTo(n: number): readonly NewEvent[] {
  return Array.from({ length: n }, (_, index) => counted(index + 1))
}

/** Who appends in these tests. */
export function provenance(at: Instant): Provenance {
  return { by: 'person:alice', authority: 'role:operator', causedBy: 'request-1', at }
}
