import type { Instant, Millis } from '../kernel/instant.ts'
import type { Verdict } from '../words/verdict.ts'

/** A share of fewer requests than this is an accident: the period goes on until there are enough. */
const REQUESTS_MIN = 20

/** The candidate's bad requests of one metric, period by period. */
export interface Rate {
  /** The cumulative counts at which the present period began. */
  readonly from: { readonly n: number; readonly events: number }
  readonly since: Instant
  /** The latest period that had enough requests; null before the first. */
  readonly period: { readonly n: number; readonly events: number } | null
  /** True in the look that ended the period: each is believed once. */
  readonly isNew: boolean
}

export type Rates = Readonly<Record<string, Rate>>

/** Turns the cumulative counts of the evidence into counts per period. Counts that shrink begin anew. */
export function countRates(before: Rates, verdict: Verdict, every: Millis, now: Instant): Rates {
  return Object.fromEntries(
    verdict.evidence.map(({ metric, candidate: { n, events } }) => {
      const known = before[metric]
      const from = { n, events }
      if (known === undefined || n < known.from.n || events < known.from.events) {
        return [metric, { from, since: now, period: known?.period ?? null, isNew: false }]
      }
      const period = { n: n - known.from.n, events: events - known.from.events }
      if (now - known.since < every || period.n < REQUESTS_MIN) {
        return [metric, { ...known, isNew: false }]
      }
      return [metric, { from, since: now, period, isNew: true }]
    }),
  )
}
