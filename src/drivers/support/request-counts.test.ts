import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LATENCY_EDGES_MS } from '../../ports/router.ts'
import { latencyBucket, openRequestCounts, routeOf } from './request-counts.ts'

describe('the route of a request', () => {
  test.each([
    ['/', '/'],
    ['', '/'],
    ['/cart', '/cart'],
    ['/api/orders/17/lines?page=2', '/api/orders'],
    ['//api//v2/', '/api/v2'],
    ['/users/4711', '/users/:id'],
    ['/reset/3f6c1f0e9b2a4d7c', '/reset/:id'],
    ['/verify/alice%40example.org', '/verify/:id'],
    ['/verify/alice@example.org', '/verify/:id'],
    ['/login?token=s3cret', '/login'],
    ['http://shop.example/api/orders', '/api/orders'],
  ])('of %s is %s', (target, route) => {
    expect(routeOf(target)).toBe(route)
  })
})

describe('the counters of a stack', () => {
  test('put a latency into the first bucket whose edge it does not exceed', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 200_000, noNaN: true }), (tookMs) => {
        const found = LATENCY_EDGES_MS.findIndex((edge) => tookMs <= edge)
        return latencyBucket(tookMs) === (found < 0 ? LATENCY_EDGES_MS.length : found)
      }),
    )
    for (const [i, edge] of LATENCY_EDGES_MS.entries()) expect(latencyBucket(edge)).toBe(i)
  })

  test('count at most fifty routes, and everything beyond as other', () => {
    const counts = openRequestCounts()
    for (let i = 0; i < 80; i += 1) {
      counts.ended({ route: `/r${i}`, status: 500, tookMs: 3, isError: true })
    }
    const { requests, errors, routes } = counts.read()
    expect(requests).toBe(80)
    expect(errors).toBe(80)
    expect(Object.keys(routes)).toHaveLength(50)
    expect(routes['other']).toEqual({ requests: 31, errors: 31 })
  })

  test('give no name to routes that are not found, so that a scanner cannot use up the names', () => {
    const counts = openRequestCounts()
    for (let i = 0; i < 200; i += 1) {
      counts.ended({ route: `/probe-${i}`, status: 404, tookMs: 1, isError: false })
    }
    counts.ended({ route: '/cart', status: 200, tookMs: 1, isError: false })
    expect(Object.keys(counts.read().routes)).toEqual(['other', '/cart'])
  })

  test('count an answer that breaks off as an error of the request that was counted', () => {
    const counts = openRequestCounts()
    counts.ended({ route: '/cart', status: 200, tookMs: 1, isError: false })
    counts.brokeOff('/cart')
    expect(counts.read()).toMatchObject({
      requests: 1,
      errors: 1,
      routes: { '/cart': { requests: 1, errors: 1 } },
    })
  })
})
