import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { goaround } from '../support/terminal.ts'

const EXAMPLE = join(import.meta.dirname, '../../examples/backtest')
const BAD = ['backtest', '--data', 'bad-release.csv', '--bad-from', '2026-11-19T10:10:00Z']

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'goaround-backtest-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a backtest', () => {
  test('of a rollout that went bad says when it would have halted, in a screenful', async () => {
    const { exit, out } = await goaround([...BAD, '--try', 'tolerance=1,1.5'], { cwd: EXAMPLE })
    expect(exit).toBe(0)
    expect(out).toMatch(
      /^✔ The rollout: it would have halted at 2026-11-19 10:1\d:\d0Z, \d+m.* after the candidate became bad/m,
    )
    expect(out).toMatch(/^· A static threshold \(99 % good, looked at each 1m/m)
    expect(out).toMatch(/^✔ False alarms: none of 11 rollouts started every 1m/m)
    expect(out).toMatch(/^ {2}tolerance 1\.5 +halted after \S+/m)
    expect(out.split('\n').length).toBeLessThan(24)
    expect(Math.max(...out.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100)
  })

  test('of a healthy day counts false alarms, and finds a fault that is put in', async () => {
    const argv = ['backtest', '--data', 'healthy-day.csv', '--inject', 'errors=1%@+10m']
    const { exit, out } = await goaround([...argv, '--starts-every', '2h'], { cwd: EXAMPLE })
    expect(exit).toBe(0)
    expect(out).toMatch(/^✔ False alarms: none of 12 rollouts started every 2h/m)
    expect(out).toMatch(
      /^✔ With 1 % more failures in errors from 10m on: found in 12 of 12 rollouts/m,
    )
    // The outage that hit everybody: no fault of the release, and far below what a threshold allows.
    expect(out).toMatch(/the static threshold would\s+have halted [1-9]/)
  })

  test('of one arm split in two equal ones halts nothing, and a fault that is too small is a finding', async () => {
    const argv = ['backtest', '--data', 'healthy-day.csv', '--aa', '--starts-every', '4h', '--json']
    const same = await goaround(argv, { cwd: EXAMPLE })
    expect(same.exit).toBe(0)
    const { asIs } = JSON.parse(same.out) as {
      asIs: { healthy: { rollouts: { firedAt: string | null }[] } }
    }
    expect(asIs.healthy.rollouts.map(({ firedAt }) => firedAt)).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
    ])

    const small = await goaround([...argv, '--inject', 'errors=0.01%'], { cwd: EXAMPLE })
    expect(small.exit).toBe(3)
    expect(small.out).toMatch(/found in [0-5] of 6 rollouts/)
  })

  test('writes a picture and a page that stand alone', async () => {
    const [svg, html] = [join(folder, 'a.svg'), join(folder, 'a.html')]
    const { exit } = await goaround([...BAD, '--svg', svg, '--html', html], { cwd: EXAMPLE })
    expect(exit).toBe(0)
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg .*goaround halts after \dm.*<\/svg>\n$/s)
    const page = readFileSync(html, 'utf8')
    expect(page).toContain('<h1>Backtest of bad-release.csv</h1>')
    expect(page).not.toMatch(/(?:src|href)="|<script/)
  })

  test.each([
    [['--data', 'nothing.csv'], 'nothing.csv cannot be read (ENOENT)'],
    [['--data', 'goaround.yaml'], 'goaround.yaml:'],
    [
      ['--data', 'healthy-day.csv', '--group', 'nobody'],
      '--group nobody: the strategy has no such group: expected one of tenth, everyone',
    ],
    [
      ['--data', 'healthy-day.csv', '--bad-from', 'noon'],
      '--bad-from noon: expected a time with its zone',
    ],
    [
      ['--data', 'healthy-day.csv', '--start', '2025-01-01T00:00:00Z'],
      '--start: 2025-01-01 00:00:00Z is not in the recording, which goes from 2026-11-18 00:00:00Z',
    ],
    [
      ['--data', 'healthy-day.csv', '--inject', 'errors=5'],
      '--inject errors=5: expected METRIC=AMOUNT@+TIME',
    ],
    [
      ['--data', 'healthy-day.csv', '--inject', 'orders=5%'],
      "'orders' is no metric of the strategy that was recorded: expected one of errors",
    ],
    [
      ['--data', 'healthy-day.csv', '--inject', 'errors=2x'],
      'a metric of kind error-rate cannot take it',
    ],
    [
      ['--data', 'healthy-day.csv', '--try', 'patience=1'],
      '--try patience=1: expected NAME=VALUE,VALUE with one of tolerance',
    ],
    [
      ['--data', 'healthy-day.csv', '--try', 'tolerance=0.5'],
      "'0.5' is not a number from 1 to 100",
    ],
    [['--data', 'healthy-day.csv', '--try', 'every=5'], "'5' is not a duration such as 5s or 10m"],
    [
      ['--data', 'healthy-day.csv', '--threshold', '99'],
      '--threshold 99: expected SUCCESS%/INTERVAL/FAILURES',
    ],
    [
      ['--data', 'healthy-day.csv', '--svg', '/nowhere/a.svg'],
      '/nowhere/a.svg cannot be written (ENOENT)',
    ],
  ])('refuses %j with exit code 2 and what was expected', async (argv, says) => {
    const { exit, err } = await goaround(['backtest', ...argv], { cwd: EXAMPLE })
    expect(err).toContain(says)
    expect(exit).toBe(2)
  })
})
