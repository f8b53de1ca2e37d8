import { randomUUID } from 'node:crypto'
import type { DriverFailure } from '../../core/kernel/failure.ts'
import { HOUR, type Instant, MINUTE, type Millis } from '../../core/kernel/instant.ts'
import { type Result, yes } from '../../core/kernel/result.ts'
import type { Watch } from '../../ports/telemetry.ts'
import type { Api } from './api.ts'
import { type Columns, partsOf, queryText } from './query-text.ts'
import { rowsOf } from './rows.ts'
import { count, newTally, type Tally } from './tally.ts'

/** Rows that arrive later than this are lost to the count; the service promises minutes. */
const LOOK_BACK_MS: Millis = 30 * MINUTE
/** What nobody has asked for during this time is forgotten. */
const FORGET_AFTER_MS: Millis = HOUR
/** A query that cannot be read is not sent again for this long; the strategy has to change. */
const BAD_FOR_MS: Millis = MINUTE

interface Known {
  readonly tally: Tally
  askedAt: Instant
}

/** The counts of all watches, as far as the service has told them. */
export interface Counts {
  /** Brings the counts of these watches up to date with one query. */
  readonly update: (
    watches: readonly Watch[],
    signal: AbortSignal,
  ) => Promise<Result<null, DriverFailure>>
  readonly tallyOf: (watch: Watch) => Tally | undefined
  /** Why the service could not read the watch's query; null as far as is known. */
  readonly problemOf: (watch: Watch) => string | null
}

export function openCounts(
  api: Api,
  columns: Columns,
  edgesMs: readonly number[],
  now: () => Instant,
): Counts {
  const known = new Map<string, Known>()
  const bad = new Map<string, { readonly because: string; readonly until: Instant }>()
  const opened = randomUUID()

  return {
    update,
    tallyOf: (watch) => known.get(nameOf(watch))?.tally,
    problemOf(watch) {
      const found = bad.get(nameOf(watch))
      return found !== undefined && found.until > now() ? found.because : null
    },
  }

  /** Halves a batch that is not understood until the watch that spoils it stands alone. */
  async function update(
    watches: readonly Watch[],
    signal: AbortSignal,
  ): Promise<Result<null, DriverFailure>> {
    const at = now()
    const tallies = watches.map((watch) => begin(watch, at))
    const from = Math.max(Math.min(...tallies.map(({ begunAt }) => begunAt)), at - LOOK_BACK_MS)
    const query = queryText(watches.flatMap(legsOf), columns, edgesMs)
    const answer = await api(query, { from, to: at + MINUTE }, signal)
    if (answer.ok) {
      const byKey = Map.groupBy(rowsOf(answer.value), ({ key }) => key)
      for (const [index, tally] of tallies.entries())
        count(tally, byKey.get(String(index)) ?? [], at - LOOK_BACK_MS)
      return yes(null)
    }
    const [only, ...others] = watches
    if (answer.problem.reason !== 'misconfigured' || only === undefined) return answer
    if (others.length === 0) {
      bad.set(nameOf(only), { because: answer.problem.detail, until: at + BAD_FOR_MS })
      return yes(null)
    }
    const middle = Math.ceil(watches.length / 2)
    const left = await update(watches.slice(0, middle), signal)
    return left.ok ? update(watches.slice(middle), signal) : left
  }

  function begin(watch: Watch, at: Instant): Tally {
    for (const [name, { askedAt }] of known) {
      if (at - askedAt > FORGET_AFTER_MS) known.delete(name)
    }
    const name = nameOf(watch)
    const found = known.get(name) ?? { tally: newTally(at, `${opened}/${at}`), askedAt: at }
    found.askedAt = at
    known.set(name, found)
    return found.tally
  }
}

function legsOf(watch: Watch, index: number) {
  const parts = partsOf(watch)
  if (typeof parts === 'string') return []
  return parts.map(({ part, text }) => ({ key: `${index}/${part}`, part, text }))
}

/** What is asked and of whom: the same for as long as the same group is watched. */
export function nameOf({ key, kind, query, labels }: Watch): string {
  return JSON.stringify([key, kind, query, labels])
}
