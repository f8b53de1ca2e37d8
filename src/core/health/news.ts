import type { Instant } from '../kernel/instant.ts'
import {
  type EntityHealth,
  type HealthChange,
  type HealthState,
  healthKey,
} from '../words/health.ts'

/** What is remembered of changes; the stream of facts has all of them. */
const RECENT_MAX = 20

/** How one entity is, since when. */
export interface KnownHealth extends EntityHealth {
  readonly since: Instant
}

/** The health of everything as it was last told, with the latest changes: JSON, bounded. */
export interface HealthBook {
  readonly entities: Readonly<Record<string, KnownHealth>>
  readonly recent: readonly (HealthChange & { readonly at: Instant })[]
}

export const EMPTY_HEALTH_BOOK: HealthBook = { entities: {}, recent: [] }

/** What differs from what was told last. The same state for another reason is no news. */
export function healthNews(
  book: HealthBook,
  entities: readonly EntityHealth[],
): readonly HealthChange[] {
  return entities.flatMap((entity) => {
    const was = book.entities[healthKey(entity)]?.state ?? null
    // What nobody asked about before and nobody knows now is not worth a word.
    if (was === entity.state || (was === null && entity.state === 'unknown')) return []
    const { kind, name, state, because } = entity
    return [{ kind, name, was, state, because }]
  })
}

/** Writes changes into the book. */
export function noteHealth(
  book: HealthBook,
  changes: readonly HealthChange[],
  at: Instant,
): HealthBook {
  const changed = changes.map(({ kind, name, state, because }): [string, KnownHealth] => [
    healthKey({ kind, name }),
    { kind, name, state, because, since: at },
  ])
  return {
    entities: { ...book.entities, ...Object.fromEntries(changed) },
    recent: [...book.recent, ...changes.map((change) => ({ ...change, at }))].slice(-RECENT_MAX),
  }
}

/** How one entity was last told to be; `unknown` when it never was. */
export function healthOf(book: HealthBook, of: Pick<EntityHealth, 'kind' | 'name'>): HealthState {
  return book.entities[healthKey(of)]?.state ?? 'unknown'
}

/** The book without one entity: of it nothing was told yet. */
export function forgetHealth(
  book: HealthBook,
  of: Pick<EntityHealth, 'kind' | 'name'>,
): HealthBook {
  const { [healthKey(of)]: _, ...entities } = book.entities
  return { ...book, entities }
}
