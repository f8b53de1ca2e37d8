import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judge } from '../detect/judge.ts'
import type { Arm, Reading } from '../detect/reading.ts'
import { observe, sourceFailed, startWatch } from '../detect/watch.ts'
import { SECOND, startOfDay } from '../kernel/instant.ts'
import type { Strategy } from '../strategy/schema.ts'
import { chanceFrom, draw } from './chance.ts'
import type { JournalEntry } from './journal.ts'
import { JournalWriter, readJournal } from './journal-lines.ts'
import { recordingOf, relive } from './relive.ts'
import { sayRelived } from './say-relived.ts'

const T0 = startOfDay('2026-11-20')
const HEAD = { rollout: 'shop-1', workload: 'shop', release: 'v2' }
const EDGES = [50, 100, 200, 400]

type Metrics = Strategy['detection']['metrics']
const METRIC = { source: 'router', tolerance: 1, weight: 1, shadow: false } as const
const METRICS: Metrics = [
  { ...METRIC, name: 'errors', kind: 'error-rate' },
  { ...METRIC, name: 'latency', kind: 'latency', source: 'prom' },
]

/** A live watch, noted down as it goes: every look's answers and every change of the verdict. */
function live({ badRate, seed, looks }: { badRate: number; seed: number; looks: number }) {
  const chance = chanceFrom(seed)
  const opened = { startedAt: T0, groups: 2, baseline: null } as const
  const detection = { falseAlarms: 0.01, staleAfter: 15_000, metrics: METRICS }
  const group = { share: 1_000, bake: 600_000, minExposure: 20 }
  let state = startWatch({ ...opened, group, detection })
  const entries: JournalEntry[] = [{ kind: 'opened', at: T0, group: 'first', state }]
  const sums = { candidate: [0, 0], control: [0, 0] } as Record<Arm, [number, number]>
  const latency = { candidate: EDGES.map(() => 0), control: EDGES.map(() => 0) }
  for (const arm of ['candidate', 'control'] as const) latency[arm].push(0)
  let [verdict, epoch] = ['', 'one']
  for (let look = 0; look < looks; look += 1) {
    const at = T0 + look * 700 + (look % 3)
    if (chance() < 0.02) {
      epoch = `restart ${look}`
      for (const arm of ['candidate', 'control'] as const) sums[arm] = [0, 0]
    }
    for (const [arm, rate] of [
      ['candidate', badRate],
      ['control', 0.01],
    ] as const) {
      const requests = draw(arm === 'candidate' ? 10 : 90, 0.5, chance)
      sums[arm] = [sums[arm][0] + requests, sums[arm][1] + draw(requests, rate, chance)]
      for (let i = 0; i < requests; i += 1) {
        const k = Math.floor(chance() * 5)
        latency[arm][k] = (latency[arm][k] ?? 0) + 1
      }
    }
    for (const source of ['router', 'prom'] as const) {
      if (chance() < 0.05) {
        entries.push({ kind: 'failed', at, source, because: 'it did not answer' })
        state = sourceFailed(state, source, 'it did not answer')
        continue
      }
      const late = chance() < 0.1 ? 3 * SECOND : 0
      const readings = (['candidate', 'control'] as const).map((arm): Reading => {
        const base = { arm, at: at - late, epoch, edgesMs: [], latency: [] }
        const [requests, errors] = sums[arm]
        if (source === 'router') return { ...base, metric: 'errors', requests, errors }
        return {
          ...base,
          metric: 'latency',
          epoch: 'p',
          requests: 0,
          errors: 0,
          edgesMs: EDGES,
          latency: [...latency[arm]],
        }
      })
      const absence = { metric: 'latency', arm: 'candidate', because: 'it has no buckets' } as const
      const absent = source === 'prom' && chance() < 0.05
      const poll = absent
        ? { source, readings: readings.slice(1), absences: [absence] }
        : { source, readings }
      entries.push({ kind: 'heard', at, poll })
      state = observe(state, poll, at)
    }
    const { kind } = judge(state, at)
    if (kind !== verdict) entries.push({ kind: 'judged', at, verdict: kind })
    verdict = kind
  }
  return entries
}

function written(entries: readonly JournalEntry[]): string {
  const writer = new JournalWriter()
  return [writer.head(HEAD), ...entries.map((entry) => writer.line(entry)), ''].join('\n')
}

function readBack(text: string) {
  const journal = readJournal(text, 'r.jsonl')
  if (!journal.ok) throw new Error(journal.problem)
  return journal.value
}

describe('a recorded rollout', () => {
  test('gives the same verdict at the same look when it is told again', () => {
    let halted = 0
    fc.assert(
      fc.property(
        fc.constantFrom(0.01, 0.05, 0.3),
        fc.integer({ min: 1, max: 1e6 }),
        (badRate, seed) => {
          const entries = live({ badRate, seed, looks: 150 })
          const relived = relive(readBack(written(entries)))
          const changes = entries.filter((entry) => entry.kind === 'judged')
          expect(relived.map(({ at, was, is }) => [at, was, is])).toEqual(
            changes.map(({ at, verdict }) => [at, verdict, verdict]),
          )
          if (changes.some(({ verdict }) => verdict === 'fail')) halted += 1
        },
      ),
      { numRuns: 60 },
    )
    expect(halted).toBeGreaterThan(10)
  })

  test('has the very readings that were noted, whatever was left out to keep it short', () => {
    const entries = live({ badRate: 0.05, seed: 5, looks: 80 })
    const { entries: read } = readBack(written(entries))
    const told = (all: readonly JournalEntry[]) =>
      all.flatMap((entry) =>
        entry.kind === 'heard'
          ? entry.poll.readings.map((one) => ({ ...one, seenAt: entry.at }))
          : [],
      )
    const kept = told(read)
    expect(kept).toEqual(
      told(entries).filter((one) =>
        kept.some(
          (other) =>
            other.seenAt === one.seenAt && other.metric === one.metric && other.arm === one.arm,
        ),
      ),
    )
    expect(kept.length).toBeGreaterThan(150)
  })

  test('takes less than 120 bytes per reading', () => {
    const entries = live({ badRate: 0.01, seed: 1, looks: 400 })
    const lines = written(entries)
      .split('\n')
      .filter((line) => line.includes('"r"'))
    const readings = lines.flatMap((line) => (JSON.parse(line) as { r: unknown[] }).r).length
    expect(lines.join('\n').length / readings).toBeLessThan(120)
  })

  test('can be replayed under other settings: its readings, and when which group was opened', () => {
    const recording = recordingOf(readBack(written(live({ badRate: 0.01, seed: 3, looks: 50 }))))
    expect(recording).toMatchObject({
      name: 'shop-1 (shop v2)',
      opened: [{ group: 'first', at: T0 }],
    })
    expect(recording.seen.length).toBeGreaterThan(100)
  })
})

describe('a journal that was cut off', () => {
  const text = written(live({ badRate: 0.01, seed: 2, looks: 20 }))

  test('is read up to there', () => {
    const whole = readBack(text).entries
    expect(readBack(text.slice(0, -10)).entries).toEqual(whole.slice(0, -1))
  })

  test('is read on where the next process went on', () => {
    const more = written(live({ badRate: 0.01, seed: 4, looks: 3 }))
      .split('\n')
      .slice(1)
      .join('\n')
    const both = readBack(`${text.slice(0, -10)}\n${more}`)
    expect(both.entries.filter(({ kind }) => kind === 'opened')).toHaveLength(2)
  })

  test('is refused, with its line, where something else is wrong', () => {
    const lines = text.split('\n')
    const spoilt = [...lines.slice(0, 3), '{"t":1,"s":2}', ...lines.slice(3)].join('\n')
    expect(readJournal(spoilt, 'r.jsonl')).toEqual({
      ok: false,
      problem: 'r.jsonl:4: not a line of a recording: expected JSON as goaround wrote it',
    })
    expect(readJournal('{"format":"goaround-recording/9"}', 'r.jsonl')).toEqual({
      ok: false,
      problem: 'r.jsonl:1: expected the first line of a recording, goaround-recording/1',
    })
  })
})

describe('what is said of it', () => {
  const change = { at: T0, group: 'first', was: 'fail', is: 'fail' } as const
  test.each([
    [[], null],
    [
      [change],
      'That day the rollout was halted at 2026-11-20 00:00:00Z in group first; told the same again, detection judges the same: its one verdict is as then',
    ],
    [
      [{ ...change, was: 'pass' }],
      'That day the rollout was not halted by detection; told the same again, detection judges otherwise: at 2026-11-20 00:00:00Z in group first the verdict was pass and is fail',
    ],
    [
      [{ ...change, is: null }],
      'That day the rollout was halted at 2026-11-20 00:00:00Z in group first; it cannot be lived through again look by look, because its state is of another version of goaround',
    ],
  ] as const)('%j', (relived, sentence) => {
    expect(sayRelived(relived)?.sentence ?? null).toBe(sentence)
  })
})
