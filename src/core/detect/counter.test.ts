import { describe, expect, test } from 'vitest'
import { tally, type Watermark } from './counter.ts'
import type { Reading } from './reading.ts'

const BEFORE: Watermark = { at: 1000, epoch: 'a', requests: 100, errors: 4, latency: [60, 30, 10] }

function reading(change: Partial<Reading>): Reading {
  return {
    metric: 'errors',
    arm: 'candidate',
    at: 2000,
    epoch: 'a',
    requests: 150,
    errors: 6,
    edgesMs: [10, 100],
    latency: [90, 45, 15],
    ...change,
  }
}

describe('a cumulative counter', () => {
  test('counts what is new', () => {
    expect(tally(BEFORE, reading({}))?.fresh).toEqual({
      requests: 50,
      errors: 2,
      latency: [30, 15, 5],
    })
  })

  test('takes the first reading as the start: what was before is no evidence', () => {
    expect(tally(null, reading({}))?.fresh).toBeNull()
  })

  test.each([
    ['repeated', 1000],
    ['late', 999],
  ])('ignores a %s reading', (_, at) => {
    expect(tally(BEFORE, reading({ at }))).toBeNull()
  })

  test('counts from zero after an announced restart', () => {
    const restarted = reading({ epoch: 'b', requests: 7, errors: 3, latency: [4, 2, 1] })
    expect(tally(BEFORE, restarted)?.fresh).toEqual({ requests: 7, errors: 3, latency: [4, 2, 1] })
  })

  test.each([
    ['requests', { requests: 90 }],
    ['errors', { errors: 3 }],
    ['a bucket', { latency: [50, 90, 10] }],
  ])('counts nothing when %s shrank without one, and goes on from there', (_, change) => {
    const news = tally(BEFORE, reading(change))
    expect(news?.fresh).toBeNull()
    expect(news?.watermark.at).toBe(2000)
  })

  test('takes a failed request for a request', () => {
    expect(tally(BEFORE, reading({ requests: 101, errors: 9 }))?.fresh).toMatchObject({
      requests: 5,
      errors: 5,
    })
  })

  test.each([
    ['not a number', { errors: Number.NaN }],
    ['infinite', { requests: Number.POSITIVE_INFINITY }],
    ['negative', { errors: -1 }],
    ['a histogram without its last bucket', { latency: [1, 2] }],
  ])('ignores what makes no sense: %s', (_, change) => {
    expect(tally(BEFORE, reading(change))).toBeNull()
  })
})
