import { describe, expect, test } from 'vitest'
import type { Arm } from '../detect/reading.ts'
import { HOUR, MINUTE, SECOND, startOfDay } from '../kernel/instant.ts'
import type { Strategy } from '../strategy/schema.ts'
import { backtest, type Findings, type Progress, type Question } from './backtest.ts'
import { newRecording, type Recording, spanOf } from './recording.ts'
import { chanceOfAtLeast, sayFindings } from './say-findings.ts'
import { sayThreshold, tryThreshold } from './static-threshold.ts'
import { startsIn } from './trials.ts'
import { variationsOf } from './variations.ts'

const T0 = startOfDay('2026-11-20')
const DETECTION = {
  every: 10 * SECOND,
  falseAlarms: 0.01,
  staleAfter: MINUTE,
  onNoData: 'wait',
  sources: [],
  alerts: {},
  metrics: [
    {
      name: 'errors',
      source: 'router',
      kind: 'error-rate',
      tolerance: 1,
      weight: 1,
      shadow: false,
    },
  ],
} as unknown as Strategy['detection']
const GROUP = { share: 1_000, bake: 20 * MINUTE, minExposure: 50 }
const SETTINGS = { detection: DETECTION, group: GROUP, groups: 1 }
const THRESHOLD = { successMin: 0.99, every: MINUTE, failuresMax: 2 }

/** A candidate of 10 and a control of 90 requests each ten seconds, with failures as many as are said. */
function recordingOf(minutes: number, failures: (arm: Arm, step: number) => number): Recording {
  const seen = Array.from({ length: minutes * 6 + 1 }, (_, step) => step).flatMap((step) =>
    (['candidate', 'control'] as const).map((arm) => {
      const at = T0 + step * 10 * SECOND
      const requests = step * (arm === 'candidate' ? 10 : 90)
      const base = { metric: 'errors', arm, at, epoch: 'e', edgesMs: [], latency: [] }
      return {
        seenAt: at,
        source: 'router',
        reading: { ...base, requests, errors: failures(arm, step) },
      }
    }),
  )
  return newRecording('r.csv', seen)
}

/** Nothing fails until a minute, and then every request of the candidate. */
const badFrom = (minute: number) =>
  recordingOf(60, (arm, step) => (arm === 'candidate' ? Math.max(0, step - minute * 6) * 10 : 0))

function ask(
  recording: Recording,
  more: Partial<Question> = {},
): { question: Question; findings: Findings } {
  const span = spanOf(recording) ?? { from: 0, to: 0 }
  const question: Question = {
    recording,
    span,
    settings: SETTINGS,
    variations: [],
    threshold: THRESHOLD,
    start: T0,
    badFrom: null,
    injections: [],
    startsEvery: 10 * MINUTE,
    seed: 1,
    ...more,
  }
  const progress: Progress[] = []
  const steps = backtest(question)
  let step = steps.next()
  for (; step.done !== true; step = steps.next()) progress.push(step.value)
  expect(progress).toEqual(progress.map((_, i) => ({ done: i + 1, all: progress.length })))
  return { question, findings: step.value }
}

function said(recording: Recording, more: Partial<Question> = {}): readonly string[] {
  const { question, findings } = ask(recording, more)
  return sayFindings(question, findings).map(({ weight, sentence }) => `${weight}: ${sentence}`)
}

describe('a backtest says', () => {
  test('when a bad release would have been halted, and what a threshold would have done', () => {
    const { findings } = ask(badFrom(10), { badFrom: T0 + 10 * MINUTE })
    const { firedAt } = findings.asIs.main
    expect(firedAt).toBeGreaterThan(T0 + 10 * MINUTE)
    expect(firedAt).toBeLessThanOrEqual(T0 + 10 * MINUTE + 30 * SECOND)
    expect(findings.threshold[0]?.firedAt).toBe(T0 + 13 * MINUTE)
  })

  test('what it found, in sentences', () => {
    const [rollout, threshold, healthy] = said(badFrom(30), {
      badFrom: T0 + 30 * MINUTE,
      start: T0 + 20 * MINUTE,
    })
    expect(rollout).toMatch(
      /^fine: The rollout: it would have halted at 2026-11-20 00:30:[123]0Z, [123]0s after the candidate became bad; errors: candidate \d+ of /,
    )
    expect(threshold).toMatch(
      /^beside: A static threshold \(99 % good, looked at each 1m, more than 2 failing looks\) would have halted at 2026-11-20 00:33:00Z, 2m \d0s later$/,
    )
    expect(healthy).toBe(
      'fine: False alarms: none of 2 rollouts started every 10m where nothing is known to be wrong would have been halted (the strategy allows 1 % in this group); the static threshold would have halted none',
    )
  })

  test('that a halt without a reason wants to be looked at, and that too many do', () => {
    const [rollout, , healthy] = said(badFrom(0))
    expect(rollout).toMatch(/^wanting: .*and nothing is known to be wrong/)
    expect(healthy).toMatch(/^wanting: False alarms: 5 of 5 rollouts/)
  })

  test('that a release which was never bad would have passed', () => {
    expect(said(recordingOf(30, () => 0))[0]).toMatch(
      /^fine: The rollout: it would not have halted; at 2026-11-20 00:20:00Z the verdict was pass/,
    )
  })

  test('that data which stopped would never have passed', () => {
    const recording = recordingOf(30, () => 0)
    const cut = newRecording(
      'r',
      recording.seen.filter(
        ({ seenAt, reading }) => reading.arm === 'control' || seenAt < T0 + 5 * MINUTE,
      ),
    )
    expect(said(cut)[0]).toMatch(/^wanting: .*the verdict was no data/)
  })

  test('in how many rollouts a fault would have been found, and how fast', () => {
    const injections = [
      { metric: 'errors', kind: 'errors', amount: 0.5, after: 5 * MINUTE } as const,
    ]
    const { question, findings } = ask(
      recordingOf(60, () => 0),
      { injections },
    )
    const [rollout, , , injected] = sayFindings(question, findings)
    expect(rollout?.sentence).toMatch(/after the candidate became bad/)
    expect(injected?.sentence).toMatch(
      /^With 50 % more failures in errors from 5m on: found in 5 of 5 rollouts, after \d0s in the middle and \d0s at the longest; the static threshold found it in 5$/,
    )
  })

  test('what other settings would have done', () => {
    const variations = variationsOf(SETTINGS, ['tolerance.errors=1,50', 'every=1m'])
    const { findings } = ask(badFrom(10), {
      badFrom: T0 + 10 * MINUTE,
      variations: variations.ok ? variations.value : [],
    })
    expect(findings.others.map(({ label }) => label)).toEqual([
      'tolerance of errors 1, every 1m',
      'tolerance of errors 50, every 1m',
    ])
    for (const { main } of findings.others) expect((main.firedAt ?? 1) % MINUTE).toBe(0)
  })
})

describe('a static threshold', () => {
  const looks = { start: T0, end: T0 + 10 * MINUTE, metrics: ['errors'] }

  test('halts at the failing look after as many as it allows, in a row or not', () => {
    // One failing look per other minute: minutes 1, 3 and 5.
    const recording = recordingOf(10, (arm, step) =>
      arm === 'candidate' ? Math.ceil(Math.ceil(step / 6) / 2) * 2 : 0,
    )
    const [outcome] = tryThreshold(recording, THRESHOLD, looks)
    expect(outcome).toMatchObject({ looks: 10, emptyLooks: 0, firedAt: T0 + 5 * MINUTE })
    expect(tryThreshold(recording, { ...THRESHOLD, failuresMax: 9 }, looks)[0]?.firedAt).toBeNull()
  })

  test('does not count a look at nothing', () => {
    const recording = newRecording('r', [])
    expect(tryThreshold(recording, THRESHOLD, looks)).toEqual([])
    const quiet = newRecording('q', badFrom(0).seen.slice(0, 2))
    expect(tryThreshold(quiet, THRESHOLD, looks)[0]).toMatchObject({
      emptyLooks: 10,
      failedLooks: [],
      firedAt: null,
    })
  })

  test('is said in words', () => {
    expect(sayThreshold({ successMin: 0.999, every: 5 * MINUTE, failuresMax: 1 })).toBe(
      '99.9 % good, looked at each 5m, more than 1 failing look',
    )
  })
})

describe('rollouts are started', () => {
  test.each([
    [24 * HOUR, HOUR, null, HOUR, 24],
    [HOUR, 2 * HOUR, null, HOUR, 0],
    [HOUR, HOUR, null, MINUTE, 1],
    [3 * HOUR, HOUR, null, 10 * MINUTE, 13],
    [1_000 * HOUR, HOUR, MINUTE, Math.ceil((999 * HOUR) / 199), 199],
  ])(
    'in %d ms with a bake of %d ms and a wish of %o every %d ms, %d times',
    (length, bake, wish, every, times) => {
      const starts = startsIn({ from: T0, to: T0 + length }, bake, wish)
      expect({ every: starts.every, times: starts.at.length }).toEqual({ every, times })
      for (const at of starts.at) expect(at + bake).toBeLessThanOrEqual(T0 + length)
    },
  )
})

test.each([
  [0, 10, 0.01, 1],
  [1, 1, 0.01, 0.01],
  [1, 100, 0.01, 0.634],
  [3, 100, 0.01, 0.0794],
  [10, 10, 0.5, 0.000977],
])('at least %d halts of %d at a chance of %d each have a chance of %d', (k, n, p, chance) => {
  expect(chanceOfAtLeast(k, n, p)).toBeCloseTo(chance, 3)
})
