import type { Instant } from '../../core/kernel/instant.ts'
import type { Reading, Watch } from '../../ports/telemetry.ts'
import { BIN_MS } from './query-text.ts'
import type { Row } from './rows.ts'

/** What was counted for one watch: the service keeps rows and no counters, so they are kept here. */
export interface Tally {
  /** Rows from before are not counted: they belong to whatever was exposed then. */
  readonly begunAt: Instant
  readonly keeper: string
  /** Cells by minute, part and bucket; minutes that can no longer change are folded into `settled`. */
  readonly open: Map<string, { readonly bin: Instant; readonly cell: string; readonly n: number }>
  readonly settled: Map<string, number>
  newest: Instant | null
}

export function newTally(begunAt: Instant, keeper: string): Tally {
  const bin = Math.floor(begunAt / BIN_MS) * BIN_MS
  return { begunAt: bin, keeper, open: new Map(), settled: new Map(), newest: null }
}

/** Takes in what is known of the latest minutes. A row that arrives late is counted, and none is counted twice. */
export function count(tally: Tally, rows: readonly Row[], from: Instant): void {
  for (const { bin, part, bucket, n, newest } of rows) {
    if (bin < tally.begunAt) continue
    const cell = `${part}/${bucket}`
    const key = `${bin}/${cell}`
    // A cell only grows: an answer with fewer rows than one before it was not complete.
    const known = tally.open.get(key)?.n ?? 0
    tally.open.set(key, { bin, cell, n: Math.max(n, known) })
    if (part !== 'errors') tally.newest = Math.max(newest, tally.newest ?? newest)
  }
  for (const [key, { bin, cell, n }] of tally.open) {
    if (bin + BIN_MS > from) continue
    tally.settled.set(cell, (tally.settled.get(cell) ?? 0) + n)
    tally.open.delete(key)
  }
}

/** The counters as they are now; null as long as no row has come. `lag` is how late rows usually are. */
export function readingOf(
  { key, kind }: Watch,
  tally: Tally,
  {
    edgesMs,
    lag,
    now,
  }: { readonly edgesMs: readonly number[]; readonly lag: number; readonly now: Instant },
): Reading | null {
  if (tally.newest === null) return null
  const at = Math.min(now, tally.newest + lag)
  const { keeper } = tally
  if (kind === 'latency') {
    const latency = [...edgesMs, 0].map((_, bucket) => sum(tally, `buckets/${bucket}`))
    const requests = latency.reduce((all, n) => all + n, 0)
    return { key, at, keeper, requests, errors: 0, edgesMs: [...edgesMs], latency }
  }
  const [requests, errors] = [sum(tally, 'requests/-1'), sum(tally, 'errors/-1')]
  return { key, at, keeper, requests, errors, edgesMs: [], latency: [] }
}

function sum({ settled, open }: Tally, cell: string): number {
  const later = [...open.values()].filter((one) => one.cell === cell)
  return later.reduce((all, { n }) => all + n, settled.get(cell) ?? 0)
}
