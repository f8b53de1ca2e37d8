import { describe, expect, test } from 'vitest'
import type { Metric } from '../../core/strategy/schema.ts'
import { readCsv } from './csv-recording.ts'

const METRIC = { source: 'router', tolerance: 1, weight: 1, shadow: false } as const
const ERRORS: Metric = { ...METRIC, name: 'errors', kind: 'error-rate' }
const LATENCY: Metric = { ...METRIC, name: 'latency', kind: 'latency' }
const WIDE = 'time,candidate_requests,candidate_errors,control_requests,control_errors'

function read(lines: readonly string[], metrics: readonly Metric[] = [ERRORS]) {
  return readCsv(lines.join('\n'), 'r.csv', metrics)
}

function readings(lines: readonly string[], metrics?: readonly Metric[]) {
  const recording = read(lines, metrics)
  if (!recording.ok) throw new Error(recording.problem)
  return recording.value.seen.map(({ seenAt, reading }) => {
    const { metric, arm, at, requests, errors, edgesMs, latency } = reading
    return { metric, arm, requests, errors, edgesMs, latency, at: at - T0, late: seenAt - at }
  })
}

const T0 = Date.parse('2026-11-20T09:00:00Z')
const COUNTED = { metric: 'errors', edgesMs: [], latency: [], late: 0 }

describe('a table', () => {
  test('in the wide form has both arms in a row, each row counting for itself', () => {
    expect(
      readings([WIDE, '2026-11-20T09:00:00Z,10,1,90,2', '2026-11-20T10:01:00+01:00,5,0,80,1']),
    ).toEqual([
      { ...COUNTED, arm: 'candidate', at: 0, requests: 10, errors: 1 },
      { ...COUNTED, arm: 'control', at: 0, requests: 90, errors: 2 },
      { ...COUNTED, arm: 'candidate', at: 60_000, requests: 15, errors: 1 },
      { ...COUNTED, arm: 'control', at: 60_000, requests: 170, errors: 3 },
    ])
  })

  test('in the long form names the arm; counters that end in _total are taken as they are', () => {
    const lines = ['time_s,arm,requests_total,errors_total', `${T0 / 1000},control,100,7`]
    expect(readings(lines)).toEqual([
      { ...COUNTED, arm: 'control', at: 0, requests: 100, errors: 7 },
    ])
  })

  test('has latency in buckets that count everything up to their edge', () => {
    const lines = ['time_ms,arm,le_100,le_inf,le_250', `${T0},candidate,10,25,20`]
    expect(readings(lines, [LATENCY])).toEqual([
      {
        metric: 'latency',
        arm: 'candidate',
        at: 0,
        late: 0,
        requests: 25,
        errors: 0,
        edgesMs: [100, 250],
        latency: [10, 10, 5],
      },
    ])
  })

  test('serves each metric with the columns of its kind', () => {
    const lines = ['time_ms,arm,requests,errors,le_100,le_inf', `${T0},candidate,9,1,4,9`]
    expect(readings(lines, [ERRORS, LATENCY]).map(({ metric }) => metric)).toEqual([
      'errors',
      'latency',
    ])
  })

  test('may come from a spreadsheet: quoted, with a byte order mark and comments', () => {
    const lines = [
      '\uFEFF# a day',
      `"time_ms","arm","requests","errors"`,
      `"${T0}","control","3","0"`,
    ]
    expect(readings(lines)).toHaveLength(1)
  })

  test('says how many rows came late or twice', () => {
    const row = (seconds: number) => `2026-11-20T09:00:0${seconds}Z,1,0,1,0`
    const recording = read([WIDE, row(5), row(3), row(5)])
    expect(recording).toMatchObject({
      value: { remarks: [expect.stringMatching(/^4 rows came late or twice/)] },
    })
  })
})

describe('a table that cannot be read', () => {
  const row = '2026-11-20T09:00:00Z,1,0,1,0'
  test.each([
    [[], 'r.csv is empty: expected a header and rows'],
    [[WIDE], 'r.csv has a header and no rows: expected at least two'],
    [
      [WIDE, row, '2026-11-20 09:00:10,1,0,1,0'],
      "r.csv:3: column 'time': '2026-11-20 09:00:10' is not a time with its zone: expected 2026-11-20T14:05:00Z or …+01:00 (or name the column time_s or time_ms for epoch seconds or milliseconds)",
    ],
    [
      [WIDE, row, '2026-11-20T09:00:10Z,1,many,1,0'],
      "r.csv:3: column 'candidate_errors': 'many' is not a count: expected a number from 0",
    ],
    [
      [WIDE, row, '2026-11-20T09:00:10Z,1,-1,1,0'],
      "r.csv:3: column 'candidate_errors': '-1' is not a count: expected a number from 0",
    ],
    [
      [WIDE, '2026-11-20T09:00:10Z,1,,1,0'],
      "r.csv:2: column 'candidate_errors': '' is not a count: expected a number from 0",
    ],
    [
      ['time,arm,requests,errors', '2026-11-20T09:00:10Z,canary,1,0'],
      "r.csv:2: column 'arm': 'canary' is no arm: expected candidate or control",
    ],
    [
      ['time,arm,metric,requests,errors', '2026-11-20T09:00:10Z,control,orders,1,0'],
      "r.csv:2: column 'metric': 'orders' is no metric of the strategy: expected one of errors",
    ],
  ])('is refused with file, line and column: %j', (lines, problem) => {
    expect(read(lines)).toEqual({ ok: false, problem })
  })

  test.each([
    [['time,request'], /^r\.csv:1: column 'request' is not known: expected time/],
    [['requests,errors,arm'], /^r\.csv:1: there is no column time/],
    [['time,arm,requests_total,errors'], /some counts end in _total and some do not/],
    [['time,requests,errors'], /a count does not say of which arm it is/],
    [
      ['time,arm,candidate_requests,candidate_errors'],
      /there is a column arm and counts with an arm/,
    ],
    [['time,arm,le_100,le_250'], /no le_inf/],
    [
      ['time,candidate_le_100,candidate_le_inf,control_le_200,control_le_inf'],
      /the same latency buckets/,
    ],
    [[WIDE, '2026-11-20T09:00:10Z,1,0'], /^r\.csv:2: .*expected comma-separated values/],
  ])('is refused with what was expected: %j', (lines, problem) => {
    const recording = read(lines)
    expect(recording.ok ? '' : recording.problem).toMatch(problem)
  })

  test('without a metric column has to be of one metric of its kind', () => {
    const two = [ERRORS, { ...ERRORS, name: 'orders' }]
    const recording = read([WIDE, row], two)
    expect(recording.ok ? '' : recording.problem).toMatch(
      /2 metrics of kind error-rate \(errors, orders\): a column metric/,
    )
  })
})
