import { type Instant, MINUTE } from '../../core/kernel/instant.ts'
import type { Unread, Watch } from '../../ports/telemetry.ts'
import { type Part, partsOf } from './query-text.ts'

/** A query that Prometheus cannot read is not sent again for this long; the strategy has to change. */
const BAD_FOR_MS = MINUTE

/** The queries that Prometheus could not read, in its own words. */
export interface BadQueries {
  readonly known: (watch: Watch) => Unread | null
  readonly remember: (watch: Watch, detail: string) => Unread
}

export function openBadQueries(source: string, now: () => Instant): BadQueries {
  const bad = new Map<string, { readonly because: string; readonly until: Instant }>()
  return {
    known(watch) {
      const found = bad.get(templateOf(watch))
      return found !== undefined && found.until > now()
        ? broken(watch, source, found.because)
        : null
    },
    remember(watch, detail) {
      const because = `${detail}; it was asked for ${quoted(watch)}`
      for (const [old, { until }] of bad) if (until <= now()) bad.delete(old)
      bad.set(templateOf(watch), { because, until: now() + BAD_FOR_MS })
      return broken(watch, source, because)
    },
  }
}

/** A watch that cannot be answered until something is changed. */
export function broken({ key, metric }: Watch, source: string, because: string): Unread {
  return { key, kind: 'broken', because: `${metric}: ${source}: ${because}` }
}

/** The expressions of a watch with its labels filled in, for people. */
export function quoted(watch: Watch, only?: Part): string {
  return partsOf(watch)
    .filter(([part]) => only === undefined || part === only)
    .map(([part, text]) => `${part} '${text}'`)
    .join(', ')
}

/** Watches that are written alike are right or wrong alike. */
function templateOf({ kind, query }: Watch): string {
  return JSON.stringify([kind, query])
}
