import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { normalQuantile } from '../normal-quantile.ts'
import { classify, type MetricSetting } from './classify.ts'
import { mannWhitney, wilcoxonDifference } from './mann-whitney.ts'
import { scoreMetrics } from './score.ts'

const CLASSIFICATION = z.enum(['Pass', 'High', 'Low', 'Nodata', 'NodataFailMetric'])
const Pair = z.tuple([z.number(), z.number()])
const Numbers = z.array(z.number())

const Classifier = z.object({
  cases: z.array(
    z.object({
      name: z.string(),
      control: Numbers,
      experiment: Numbers,
      classifier: z.enum(['MannWhitney', 'MeanInequality']),
      tolerance: z.number(),
      confLevel: z.number(),
      effectSizeThresholds: Pair,
      criticalThresholds: Pair,
      effectSizeMeasure: z.enum(['meanRatio', 'cles']),
      direction: z.enum(['increase', 'decrease', 'either']),
      nanStrategy: z.enum(['remove', 'replace']),
      isCriticalMetric: z.boolean(),
      isDataRequired: z.boolean(),
      expect: z.object({
        classification: CLASSIFICATION.optional(),
        critical: z.boolean().optional(),
        deviation: z.union([z.number(), z.literal('NaN')]).optional(),
        reasonNotEmpty: z.boolean().optional(),
      }),
    }),
  ),
})

const MannWhitney = z.object({
  cases: z.array(
    z.looseObject({
      name: z.string(),
      asserts: z.array(z.string()),
      vals: z.record(z.string(), z.number()),
      confidenceLevel: z.number(),
    }),
  ),
})

const Scorer = z.object({
  cases: z.array(
    z.object({
      name: z.string(),
      groupWeights: z.record(z.string(), z.number()),
      metrics: z.array(
        z.object({
          classification: CLASSIFICATION,
          critical: z.boolean(),
          groups: z.array(z.string()),
        }),
      ),
      expectSummary: z.number(),
    }),
  ),
})

function fixture(name: string): unknown {
  const file = new URL(`../../../../test/fixtures/kayenta/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8'))
}

const { cases: classified } = Classifier.parse(fixture('classifier'))
const { cases: ranked } = MannWhitney.parse(fixture('mannwhitney'))
const { cases: scored } = Scorer.parse(fixture('scorer'))

test('all cases are there', () => {
  expect([classified.length, ranked.length, scored.length]).toStrictEqual([37, 7, 13])
})

describe('the classifier answers as Kayenta does', () => {
  test.each(classified)('$name', (given) => {
    const setting: MetricSetting = {
      tolerance: given.tolerance,
      confidence: given.confLevel,
      direction: given.direction,
      nanStrategy: given.nanStrategy,
      critical: given.isCriticalMetric,
      mustHaveData: given.isDataRequired,
      effectSize: given.effectSizeMeasure,
      allowed: given.effectSizeThresholds,
      criticalAt: given.criticalThresholds,
      test: given.classifier,
    }
    const { deviation, reasonNotEmpty, ...expected } = given.expect
    // The one case that only asks for a reason has no data at all.
    const wanted = reasonNotEmpty === true ? { classification: 'Nodata' } : expected
    expect(classify(given.control, given.experiment, setting)).toMatchObject({
      ...wanted,
      ...(deviation !== undefined && { deviation: Number(deviation) }),
    })
  })
})

describe('the rank test answers as Kayenta does', () => {
  test.each(ranked)('$name', (given) => {
    const sample = (...names: readonly string[]) =>
      Numbers.parse(names.map((name) => given[name]).find((value) => value !== undefined) ?? [])
    const x = sample('x', 'experiment', 'experimentData')
    const y = sample('y', 'control', 'controlData')
    const shift = mannWhitney(x, y, given.confidenceLevel)
    const least = Math.min(...x) - Math.max(...y)
    const most = Math.max(...x) - Math.min(...y)
    for (const line of given.asserts) {
      const [wanted = '', ...rest] = line.split(', ')
      const what = rest.slice(0, -1).join(', ')
      const within = rest.at(-1) === 'E' ? 1e-6 : Number(rest.at(-1))
      const expected = given.vals[wanted] ?? Number(wanted)
      expect({ what, near: Math.abs(valueOf(what) - expected) < within }).toStrictEqual({
        what,
        near: true,
      })
    }

    function valueOf(what: string): number {
      const beyond = -normalQuantile((1 - given.confidenceLevel) / 2)
      const known: Readonly<Record<string, () => number>> = {
        zQuant: () => normalQuantile(0.01),
        'mannWhitney.wilcoxonDiff(0, 0, x, y)': () => wilcoxonDifference(0, 0, x, y),
        'mannWhitney.wilcoxonDiff(5, 0, x, y)': () => wilcoxonDifference(5, 0, x, y),
        'result.confidenceInterval.head': () => shift.low,
        'result.confidenceInterval.last': () => shift.high,
        'result.estimate': () => shift.estimate,
        muMin: () => least,
        muMax: () => most,
        zqLower: () => beyond,
        zqUpper: () => -beyond,
        fLower1: () => wilcoxonDifference(least, beyond, x, y),
        fUpper1: () => wilcoxonDifference(most, beyond, x, y),
        fLower2: () => wilcoxonDifference(least, -beyond, x, y),
        fUpper2: () => wilcoxonDifference(most, -beyond, x, y),
        ciLower: () => shift.low,
        ciUpper: () => shift.high,
        estimate: () => shift.estimate,
      }
      const value = known[what]
      if (value === undefined) throw new Error(`no idea what '${what}' is`)
      return value()
    }
  })
})

describe('the score is summed as Kayenta does', () => {
  test.each(scored)('$name', ({ metrics, groupWeights, expectSummary }) => {
    expect(scoreMetrics(metrics, groupWeights)).toBe(expectSummary)
  })
})
