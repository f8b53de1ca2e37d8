import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isWorse } from '../words/health.ts'
import { type Level, settle, UNSETTLED } from './settle.ts'

const LEVELS = ['healthy', 'degraded', 'unhealthy'] as const
const level = fc.constantFrom<Level>(...LEVELS)
const rule = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .map(([a, b]) => ({ n: Math.min(a, b), m: Math.max(a, b) }))

describe('n of m periods', () => {
  test('one bad period is a blip, the second of three is a fault, and only three good ones end it', () => {
    const of = { n: 2, m: 3 }
    const story: readonly Level[] = [
      'degraded',
      'healthy',
      'healthy',
      'degraded',
      'degraded',
      'healthy',
      'healthy',
      'healthy',
    ]
    expect(levels(story, of)).toEqual([
      'healthy',
      'healthy',
      'healthy',
      'healthy',
      'degraded',
      'degraded',
      'degraded',
      'healthy',
    ])
  })

  test('a fault gets better by steps, as far as the worst of the latest periods', () => {
    const of = { n: 2, m: 2 }
    const story: readonly Level[] = ['unhealthy', 'unhealthy', 'degraded', 'degraded', 'healthy']
    expect(levels(story, of).at(-1)).toBe('degraded')
    expect(levels([...story, 'healthy'], of).at(-1)).toBe('healthy')
  })

  test('law: a worse period never gives a better level, then or later', () => {
    fc.assert(
      fc.property(rule, fc.array(fc.tuple(level, level), { minLength: 1 }), (of, pairs) => {
        const better = levels(
          pairs.map(([a, b]) => (isWorse(a, b) ? b : a)),
          of,
        )
        const worse = levels(
          pairs.map(([a, b]) => (isWorse(a, b) ? a : b)),
          of,
        )
        for (const [place, one] of better.entries()) {
          expect(isWorse(one, worse[place] ?? 'healthy')).toBe(false)
        }
      }),
    )
  })

  test('law: fewer than n bad periods in all never make anything ill, and m good ones always heal', () => {
    fc.assert(
      fc.property(rule, fc.array(level), (of, story) => {
        const bad = story.filter((one) => one !== 'healthy').length
        const everIll = levels(story, of).some((one) => one !== 'healthy')
        expect(bad < of.n && everIll).toBe(false)
        const healed = [...story, ...Array.from({ length: of.m }, () => 'healthy' as const)]
        expect(levels(healed, of).at(-1)).toBe('healthy')
      }),
    )
  })

  test('remembers at most m periods', () => {
    fc.assert(
      fc.property(rule, fc.array(level), (of, story) => {
        const after = story.reduce((before, one) => settle(before, one, of), UNSETTLED)
        expect(after.periods.length).toBeLessThanOrEqual(of.m)
      }),
    )
  })
})

function levels(story: readonly Level[], of: { n: number; m: number }): readonly Level[] {
  let settled = UNSETTLED
  return story.map((one) => {
    settled = settle(settled, one, of)
    return settled.level
  })
}
