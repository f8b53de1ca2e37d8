import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JournalEntry } from '../../core/backtest/journal.ts'
import { readJournal } from '../../core/backtest/journal-lines.ts'
import { startWatch } from '../../core/detect/watch.ts'
import { openRecordings } from './open-recordings.ts'

const HEAD = { rollout: 'shop-1', workload: 'shop', release: 'v2' }
const T0 = Date.parse('2026-11-20T09:00:00Z')
const MIB = 1024 * 1024

let folder: string
let troubles: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'goaround-recordings-'))
  troubles = []
})
afterEach(() => rmSync(folder, { recursive: true }))

function open(where = folder) {
  return openRecordings(where, (says) => troubles.push(says))
}

function heard(at: number, source = 'router'): JournalEntry {
  const counts = { requests: at - T0, errors: 0, edgesMs: [], latency: [] }
  const reading = { metric: 'errors', arm: 'control', at, epoch: 'e', ...counts } as const
  return { kind: 'heard', at, poll: { source, readings: [reading] } }
}

function opened(at: number): JournalEntry {
  const detection = { falseAlarms: 0.01, staleAfter: 15_000, metrics: [] }
  const group = { share: 500, bake: 60_000, minExposure: 10 }
  const state = startWatch({ startedAt: at, group, groups: 1, detection, baseline: null })
  return { kind: 'opened', at, group: 'first', state }
}

function entries(name = 'shop-1') {
  const journal = readJournal(readFileSync(join(folder, `${name}.jsonl`), 'utf8'), name)
  if (!journal.ok) throw new Error(journal.problem)
  return journal.value.entries
}

describe('recordings', () => {
  test('keep what was noted, a file per rollout', async () => {
    const recorder = open()
    for (const entry of [opened(T0), heard(T0), heard(T0 + 500)]) recorder.note(HEAD, entry)
    recorder.note({ ...HEAD, rollout: 'shop-2' }, opened(T0))
    await recorder.close()
    expect(entries()).toEqual([opened(T0), heard(T0), heard(T0 + 500)])
    expect(entries('shop-2')).toEqual([opened(T0)])
    expect(troubles).toEqual([])
  })

  test('keep a verdict when it changes', async () => {
    const recorder = open()
    const judged = (at: number, verdict: 'pass' | 'fail'): JournalEntry => ({
      kind: 'judged',
      at,
      verdict,
    })
    for (const entry of [judged(1, 'pass'), judged(2, 'pass'), judged(3, 'fail')])
      recorder.note(HEAD, entry)
    await recorder.close()
    expect(entries()).toEqual([judged(1, 'pass'), judged(3, 'fail')])
  })

  test('go on where a process was killed in the middle of a line', async () => {
    const first = open()
    for (const entry of [opened(T0), heard(T0)]) first.note(HEAD, entry)
    await first.close()
    const path = join(folder, 'shop-1.jsonl')
    truncateSync(path, readFileSync(path).length - 7)
    const second = open()
    for (const entry of [opened(T0 + 9_000), heard(T0 + 9_500)]) second.note(HEAD, entry)
    await second.close()
    expect(entries()).toEqual([opened(T0), opened(T0 + 9_000), heard(T0 + 9_500)])
  })

  test('grow coarser when they grow long, and end before they fill the disk', async () => {
    const path = join(folder, 'shop-1.jsonl')
    for (const [bytes, kept] of [
      [1 * MIB, 25],
      [40 * MIB, 2],
      [50 * MIB, 1],
      [64 * MIB, 0],
    ] as const) {
      writeFileSync(path, '')
      truncateSync(path, bytes)
      const recorder = open()
      // The file is looked at with the first note.
      recorder.note(HEAD, {
        kind: 'failed',
        at: T0,
        source: 'router',
        because: 'it did not answer',
      })
      await recorder.close()
      for (let i = 1; i <= 25; i += 1) recorder.note(HEAD, heard(T0 + i * 500))
      await recorder.close()
      const lines = readFileSync(path, 'utf8').split('\n')
      expect(lines.filter((line) => line.includes('"s":"router","r"'))).toHaveLength(kept)
    }
  })

  test('throw the oldest away, and never one that is being written', async () => {
    for (let i = 0; i < 205; i += 1) {
      const path = join(folder, `old-${i}.jsonl`)
      appendFileSync(path, '')
      utimesSync(path, 1_000 + i, 1_000 + i)
    }
    const recorder = open()
    recorder.note(HEAD, opened(T0))
    await recorder.close()
    expect(readdirSync(folder)).toHaveLength(200)
    expect(existsSync(join(folder, 'old-5.jsonl'))).toBe(false)
    expect(existsSync(join(folder, 'old-6.jsonl'))).toBe(true)
    expect(existsSync(join(folder, 'shop-1.jsonl'))).toBe(true)
  })

  test('say once that they cannot be kept, and disturb nobody', async () => {
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    const recorder = open(join(file, 'below'))
    for (let i = 0; i < 5; i += 1) recorder.note(HEAD, heard(T0 + i))
    await recorder.close()
    expect(troubles).toEqual([
      `rollouts cannot be recorded in ${join(file, 'below')} (ENOTDIR); detection goes on without`,
    ])
  })

  test('have no name that leads out of their folder', async () => {
    const recorder = open()
    recorder.note({ ...HEAD, rollout: '../shop' }, opened(T0))
    await recorder.close()
    expect(readdirSync(folder)).toEqual([])
  })
})
