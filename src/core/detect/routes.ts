import type { Instant } from '../kernel/instant.ts'
import { guardedRate } from './baseline-rate.ts'
import type { Arm, Reading, RouteCounters } from './reading.ts'
import { eBH } from './statistics/e-bh.ts'
import { knownRate } from './statistics/known-rate.ts'
import { logSum } from './statistics/log-space.ts'
import { rateRatio } from './statistics/rate-ratio.ts'
import { RATIO_GRID } from './statistics/ratio-grid.ts'

/** Routers report at most 50 routes; more would be paths with ids in them, and no decision is made by id. */
const ROUTES_MAX = 50
/** At most one in ten of the routes we name may be named wrongly, on average. */
const WRONG_SHARE = 0.1
/** A control with less than a fifth of a route's requests says little; then its past is asked as well. */
const CONTROL_SHARE_MIN = 0.2

/** Requests and failed ones. */
export interface Tried {
  readonly n: number
  readonly events: number
}

/** A route on which the candidate fails more than the control. */
export interface WorstRoute {
  readonly route: string
  readonly candidate: Tried
  readonly control: Tried
}

interface RouteWatch {
  readonly candidate: Tried
  readonly control: Tried
}

interface ArmRoutes {
  readonly at: Instant
  readonly epoch: string
  readonly counters: Readonly<Record<string, RouteCounters>>
}

/** What is known per route in one group: bounded, JSON. */
export interface RouteTable {
  readonly last: Readonly<Record<Arm, ArmRoutes | null>>
  readonly seen: Readonly<Record<string, RouteWatch>>
  /** The control per route before this group. */
  readonly baseline: Readonly<Record<string, Tried>>
}

const NEVER: Tried = { n: 0, events: 0 }

export function newRouteTable(baseline: Readonly<Record<string, Tried>>): RouteTable {
  return { last: { candidate: null, control: null }, seen: {}, baseline }
}

/** Takes in the routes of one reading, each request once. A route that was not there before began at zero. */
export function takeInRoutes(table: RouteTable, reading: Reading): RouteTable {
  const { arm, at, epoch } = reading
  const before = table.last[arm]
  if (reading.routes === undefined || (before !== null && at <= before.at)) return table
  const counters = bounded(reading.routes)
  const last = { ...table.last, [arm]: { at, epoch, counters } }
  if (before === null) return { ...table, last }

  const seen = new Map(Object.entries(table.seen))
  for (const [route, now] of Object.entries(counters)) {
    const old = seen.get(route) ?? { candidate: NEVER, control: NEVER }
    if (!seen.has(route) && seen.size >= ROUTES_MAX) continue
    const from = epoch === before.epoch ? before.counters[route] : undefined
    const n = now.requests - (from?.requests ?? 0)
    const events = now.errors - (from?.errors ?? 0)
    if (n < 0 || events < 0) continue
    const more = { n: Math.max(n, events), events }
    seen.set(route, { ...old, [arm]: sum(old[arm], more) })
  }
  return { ...table, last, seen: Object.fromEntries(seen) }
}

function bounded(routes: Readonly<Record<string, RouteCounters>>): Record<string, RouteCounters> {
  return Object.fromEntries(Object.entries(routes).slice(0, ROUTES_MAX))
}

/** Routes on which the candidate's excess of failures is real, the clearest first. */
export function excessRoutes(table: RouteTable, tolerance: number): readonly WorstRoute[] {
  const compared = Object.entries(table.seen)
    .filter(([, { candidate }]) => candidate.n > 0)
    .map(([route, { candidate, control }]) => {
      const concurrent = control.n >= CONTROL_SHARE_MIN * (candidate.n + control.n)
      const all = sum(control, table.baseline[route] ?? NEVER)
      return { route, candidate, control: concurrent ? control : all, concurrent }
    })
  const logE = compared.map(({ candidate, control, concurrent }) => {
    const factors = concurrent
      ? rateRatio(
          { n1: candidate.n, x1: candidate.events, n0: control.n, x0: control.events },
          tolerance,
        )
      : knownRate(
          candidate.n,
          candidate.events,
          guardedRate(control.n, control.events, tolerance),
          1,
        )
    return logSum(factors) - Math.log(RATIO_GRID.length)
  })
  return eBH(logE, WRONG_SHARE).flatMap((index) => {
    const found = compared[index]
    if (found === undefined) return []
    const { route, candidate, control } = found
    return [{ route, candidate, control }]
  })
}

/** The control per route, old and new, as the next group's baseline. */
export function routeBaseline(table: RouteTable): Readonly<Record<string, Tried>> {
  const routes = new Set([...Object.keys(table.baseline), ...Object.keys(table.seen)])
  return Object.fromEntries(
    [...routes]
      .slice(0, ROUTES_MAX)
      .map((route) => [
        route,
        sum(table.baseline[route] ?? NEVER, table.seen[route]?.control ?? NEVER),
      ]),
  )
}

function sum(a: Tried, b: Tried): Tried {
  return { n: a.n + b.n, events: a.events + b.events }
}
