import { expect, test } from 'vitest'
import type { MetricEvidence } from '../../core/words/verdict.ts'
import { drawEvidence } from './draw-evidence.ts'
import { ink } from './ink.ts'

const ERRORS: MetricEvidence = {
  metric: 'errors',
  verdict: 'pass',
  because: '',
  candidate: { n: 210, events: 10 },
  control: { n: 3990, events: 4 },
  ratio: 47.5,
  logE: 2,
  logEToFire: 4,
}

function draw(...evidence: MetricEvidence[]): readonly string[] {
  return drawEvidence({ kind: 'pass', because: '', exposed: 210, evidence }, ink(false))
}

test('an effect is drawn with its interval and what would have been noticed', () => {
  const effect = { estimate: 47.5, low: 12, high: 160, confidence: 0.95 }
  const [line, size] = draw({
    ...ERRORS,
    effect: { measure: 'times-as-many', ...effect },
    detectable: 2.13,
  })
  expect(line).toMatch(/errors .* 50 % {2}pass {2}10 of 210 against 4 of 3990, 48×$/)
  expect(size?.trim()).toBe('12 to 160 times as many; 2.1 times as many would have been noticed')
})

test('the mean of a gauge and a shadow are drawn as what they are', () => {
  const [line, size] = draw({
    ...ERRORS,
    metric: 'memory',
    candidate: { n: 40, events: 0, mean: 512.4 },
    control: { n: 40, events: 0, mean: 498 },
    ratio: 1.03,
    effect: { measure: 'more-by', estimate: 14, low: -3, high: 31, confidence: 0.95 },
    detectable: null,
    shadow: { wouldHaveHaltedAt: null },
  })
  expect(line).toMatch(/pass \(shadow\) {2}512 against 498, mean of 40, 1.0×$/)
  expect(size?.trim()).toBe('between 3 less and 31 more')
})

test('a verdict that was recorded before there were intervals is one line', () => {
  expect(draw(ERRORS)).toHaveLength(1)
})
