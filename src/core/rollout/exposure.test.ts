import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BUCKETS } from '../words/exposure-share.ts'
import { bucketOf, isExposed } from './exposure.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const share = fc.integer({ min: 0, max: BUCKETS })

describe('the bucket of a subject', () => {
  test.each([
    // From `str(…),xxh32,mod(10000)` in HAProxy 2.6.12; the second is longer than one 16-byte stripe.
    ['rollout-1', 'alice', 1808],
    ['shop-2026-11-23T13:00', 'user-0123456789-abcdef', 4147],
    ['rollout-1', 'Zoë 🦆', 1666],
  ])('of %s/%s is the one that HAProxy computes', (salt, subject, bucket) => {
    expect(bucketOf(subject, salt)).toBe(bucket)
  })

  test('is always one of the 10,000', () => {
    fc.assert(
      fc.property(text, text, (subject, salt) => {
        const bucket = bucketOf(subject, salt)
        return Number.isInteger(bucket) && bucket >= 0 && bucket < BUCKETS
      }),
    )
  })

  test('spreads subjects evenly, also those that differ only in a number', () => {
    const cells = 100
    const subjects = 100_000
    const seen = Array.from({ length: cells }, () => 0)
    for (let i = 0; i < subjects; i += 1) {
      const cell = Math.floor(bucketOf(`user-${i}`, 'rollout-1') / (BUCKETS / cells))
      seen[cell] = (seen[cell] ?? 0) + 1
    }
    const expected = subjects / cells
    const chiSquare = seen.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
    // 99 degrees of freedom: above 148 with a chance of 1 in 1,000, and the input is fixed.
    expect(chiSquare).toBeLessThan(148)
    // Far too even would be as suspicious: below 60 with a chance of 1 in 1,000.
    expect(chiSquare).toBeGreaterThan(60)
  })

  test('in one rollout says nothing about the bucket in another', () => {
    const users = Array.from({ length: 20_000 }, (_, i) => `user-${i}`)
    const inBoth = users.filter(
      (user) => bucketOf(user, 'rollout-1') < 1_000 && bucketOf(user, 'rollout-2') < 1_000,
    )
    // 1 % of 20,000 with independence: 200, and four standard deviations either side.
    expect(inBoth.length).toBeGreaterThan(200 - 57)
    expect(inBoth.length).toBeLessThan(200 + 57)
  })
})

describe('who is exposed', () => {
  test('a growing share never moves anybody out', () => {
    fc.assert(
      fc.property(text, text, share, share, fc.array(text), (subject, salt, a, b, cohort) => {
        const [small, large] = a < b ? [a, b] : [b, a]
        const before = isExposed(subject, { buckets: small, salt, cohort })
        return !before || isExposed(subject, { buckets: large, salt, cohort })
      }),
      { numRuns: 2_000 },
    )
  })

  test('everybody at the full share, nobody at none, not even the cohort', () => {
    fc.assert(
      fc.property(text, text, (subject, salt) => {
        const all = isExposed(subject, { buckets: BUCKETS, salt, cohort: [] })
        const none = isExposed(subject, { buckets: 0, salt, cohort: [subject] })
        return all && !none
      }),
    )
  })

  test('the cohort at the smallest share', () => {
    fc.assert(
      fc.property(text, text, (subject, salt) =>
        isExposed(subject, { buckets: 1, salt, cohort: ['somebody', subject] }),
      ),
    )
  })

  test('a share is a share: 5 % of many subjects is 5 %', () => {
    const exposure = { buckets: 500, salt: 'rollout-1', cohort: [] }
    const exposed = Array.from({ length: 40_000 }, (_, i) => isExposed(`user-${i}`, exposure))
    const seen = exposed.filter(Boolean).length
    // 2,000 and four standard deviations of a binomial either side.
    expect(Math.abs(seen - 2_000)).toBeLessThan(4 * Math.sqrt(40_000 * 0.05 * 0.95))
  })
})
