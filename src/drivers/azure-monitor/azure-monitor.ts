import type { Instant } from '../../core/kernel/instant.ts'
import { yes } from '../../core/kernel/result.ts'
import { LATENCY_EDGES_MS } from '../../ports/router.ts'
import type { Secrets } from '../../ports/secrets.ts'
import type { Reading, Readings, TelemetrySource, Unread, Watch } from '../../ports/telemetry.ts'
import { openApi, resourceOf } from './api.ts'
import type { AzureMonitorConfig } from './config.ts'
import { nameOf, openCounts } from './counts.ts'
import { APP_COLUMNS, partsOf, WORKSPACE_COLUMNS } from './query-text.ts'
import { readingOf } from './tally.ts'
import { openTokens } from './tokens.ts'

/** A union of this many expressions is still planned within a second; more go into further queries. */
const WATCHES_PER_QUERY = 40

export interface AzureMonitorParts {
  readonly secrets: Secrets
  /** Where platforms say at which address their identity is told. */
  readonly environment: NodeJS.ProcessEnv
  readonly now: () => Instant
  /** Upper edges of the latency buckets that rows are sorted into. */
  readonly edgesMs?: readonly number[]
}

/**
 * Counts rows of Log Analytics or Application Insights. One query serves all watches of all
 * rollouts; between two queries the last answer stands, since rows take minutes to arrive.
 */
export function openAzureMonitor(
  config: AzureMonitorConfig,
  { secrets, environment, now, edgesMs = LATENCY_EDGES_MS }: AzureMonitorParts,
): TelemetrySource {
  const tokens = openTokens(config, resourceOf(config), { secrets, environment, now })
  const columns = config.workspace === undefined ? APP_COLUMNS : WORKSPACE_COLUMNS
  const counts = openCounts(openApi(config, tokens, now), columns, edgesMs, now)
  let asked: { readonly at: Instant; readonly names: ReadonlySet<string> } | null = null

  return {
    async read(watches, signal) {
      const readable = watches.filter((watch) => problemOf(watch) === null)
      if (readable.length === 0 || isCurrent(readable)) return yes(answerFor(watches))
      const at = now()
      for (let from = 0; from < readable.length; from += WATCHES_PER_QUERY) {
        const some = readable.slice(from, from + WATCHES_PER_QUERY)
        const updated = await counts.update(some, signal)
        if (!updated.ok) return updated
      }
      asked = { at, names: new Set(readable.map(nameOf)) }
      return yes(answerFor(watches))
    },
    close: async () => undefined,
  }

  function isCurrent(watches: readonly Watch[]): boolean {
    if (asked === null || now() - asked.at >= config.every) return false
    const { names } = asked
    return watches.every((watch) => names.has(nameOf(watch)))
  }

  function answerFor(watches: readonly Watch[]): Readings {
    const readings: Reading[] = []
    const unread: Unread[] = []
    for (const watch of watches) {
      const problem = problemOf(watch)
      const tally = counts.tallyOf(watch)
      if (problem !== null) unread.push({ key: watch.key, kind: 'broken', because: problem })
      else if (tally !== undefined) {
        const reading = readingOf(watch, tally, { edgesMs, lag: config.lag, now: now() })
        if (reading !== null) readings.push(reading)
      }
    }
    return { readings, unread }
  }

  function problemOf(watch: Watch): string | null {
    const parts = watch.kind === 'gauge' ? 'gauges are not read from Azure Monitor' : partsOf(watch)
    const problem = typeof parts === 'string' ? parts : counts.problemOf(watch)
    return problem === null ? null : `${config.name}: ${watch.metric}: ${problem}`
  }
}
