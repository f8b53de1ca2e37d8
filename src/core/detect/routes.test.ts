import { describe, expect, test } from 'vitest'
import type { Arm, Reading, RouteCounters } from './reading.ts'
import {
  excessRoutes,
  newRouteTable,
  type RouteTable,
  routeBaseline,
  takeInRoutes,
} from './routes.ts'

type Routes = Readonly<Record<string, readonly [number, number]>>

function reading(arm: Arm, at: number, routes: Routes, epoch = 'a'): Reading {
  const counters = Object.entries(routes).map(
    ([route, [requests, errors]]): [string, RouteCounters] => [route, { requests, errors }],
  )
  return {
    metric: 'errors',
    arm,
    at,
    epoch,
    requests: 0,
    errors: 0,
    edgesMs: [],
    latency: [],
    routes: Object.fromEntries(counters),
  }
}

function after(candidate: Routes, control: Routes, baseline = {}): RouteTable {
  return [
    reading('candidate', 0, {}),
    reading('control', 0, {}),
    reading('candidate', 1, candidate),
    reading('control', 1, control),
  ].reduce(takeInRoutes, newRouteTable(baseline))
}

function paths(from: number, to: number): Routes {
  return Object.fromEntries(
    Array.from({ length: to - from }, (_, i) => [`/${from + i}`, [10, 10] as const] as const),
  )
}

describe('the routes that fail', () => {
  test('are named with the clearest first, and the others are not', () => {
    const table = after(
      { '/cart': [100, 1], '/pay': [50, 30], '/search': [200, 20], '/home': [500, 0] },
      { '/cart': [2000, 18], '/pay': [900, 1], '/search': [4000, 4], '/home': [9000, 2] },
    )
    expect(excessRoutes(table, 1).map(({ route }) => route)).toEqual(['/pay', '/search'])
    expect(excessRoutes(table, 1)[0]).toEqual({
      route: '/pay',
      candidate: { n: 50, events: 30 },
      control: { n: 900, events: 1 },
    })
  })

  test('are named after four failed requests of a small canary', () => {
    const table = after(
      { '/pay': [4, 4], '/home': [20, 0] },
      { '/pay': [76, 0], '/home': [380, 0] },
    )
    expect(excessRoutes(table, 1).map(({ route }) => route)).toEqual(['/pay'])
  })

  test('are none when both arms fail alike', () => {
    const table = after({ '/pay': [50, 25] }, { '/pay': [900, 450] })
    expect(excessRoutes(table, 1)).toEqual([])
  })

  test('are compared with what the control was before, when it has no traffic', () => {
    const known = { '/pay': { n: 10_000, events: 400 }, '/home': { n: 10_000, events: 1 } }
    const table = after({ '/pay': [500, 20], '/home': [500, 20] }, {}, known)
    expect(excessRoutes(table, 1).map(({ route }) => route)).toEqual(['/home'])
  })

  test('count each request once, whatever is repeated, and go on after a restart', () => {
    const table = [
      reading('candidate', 0, { '/pay': [10, 0] }),
      reading('candidate', 1, { '/pay': [20, 5] }),
      reading('candidate', 1, { '/pay': [20, 5] }),
      reading('candidate', 0, { '/pay': [10, 0] }),
      reading('candidate', 2, { '/pay': [3, 2] }, 'b'),
    ].reduce(takeInRoutes, newRouteTable({}))
    expect(table.seen['/pay']?.candidate).toEqual({ n: 13, events: 7 })
  })

  test('stay at most fifty, however many paths somebody invents', () => {
    const table = after(paths(0, 80), paths(40, 120))
    expect(Object.keys(table.seen)).toHaveLength(50)
    expect(Object.keys(table.last.control?.counters ?? {})).toHaveLength(50)
  })

  test('teach the next group what the control was like', () => {
    const table = after({}, { '/pay': [900, 9] }, { '/pay': { n: 100, events: 1 } })
    expect(routeBaseline(table)).toEqual({ '/pay': { n: 1000, events: 10 } })
  })
})
