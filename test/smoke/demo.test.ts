import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ScenarioName } from '../../src/cli/actions.ts'
import type { DemoReport } from '../../src/main/demo/report.ts'

const MAIN = join(import.meta.dirname, '../../src/main/goaround.ts')
/** A scenario is over within a minute on a quiet machine. */
const WITHIN_MS = 120_000

describe('the demo, as a newcomer runs it', () => {
  test(
    'halts a bad canary, falls back, loses nobody afterwards, tells everybody and writes it up',
    async () => {
      const { exit, report, cwd } = await demo('bad-canary')

      expect(exit).toBe(0)
      expect(report).toMatchObject({
        scenario: 'bad-canary',
        outcome: 'mitigated',
        mitigation: 'fallback',
        groups: [{ name: 'canary', verdict: 'fail' }],
        requests: { failedAfterMitigation: 0 },
        auditVerified: true,
      })
      const { firstBadMs, haltedMs, decidedMs, mitigatedMs } = report.timings
      expect([firstBadMs, haltedMs, decidedMs, mitigatedMs]).toEqual(
        [firstBadMs, haltedMs, decidedMs, mitigatedMs].toSorted((a, b) => (a ?? 0) - (b ?? 0)),
      )
      expect(new Set(report.messages.map(({ audience }) => audience))).toEqual(
        new Set(['team', 'support', 'status-page']),
      )
      const path = report.postmortem?.path ?? ''
      expect(path.startsWith(cwd)).toBe(true)
      expect(readFileSync(path, 'utf8')).toContain('shop')
    },
    WITHIN_MS,
  )

  test(
    'survives a crashing canary without losing one request',
    async () => {
      const { exit, report } = await demo('crashing-canary')

      expect(exit).toBe(0)
      expect(report).toMatchObject({
        outcome: 'mitigated',
        mitigation: 'fallback',
        requests: { failed: 0, failedAfterMitigation: 0 },
      })
    },
    WITHIN_MS,
  )

  test(
    'takes a good release to everybody and loses nothing on the way',
    async () => {
      const { exit, report } = await demo('good')

      expect(exit).toBe(0)
      expect(report).toMatchObject({
        outcome: 'completed',
        mitigation: null,
        requests: { failed: 0 },
        postmortem: null,
      })
      expect(report.groups.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass'])
    },
    WITHIN_MS,
  )

  test.each(['slow-canary', 'blue-green', 'flagged'] as const)(
    'ends %s as it should',
    async (scenario) => {
      const { exit, report } = await demo(scenario)

      expect({ exit, because: report.because }).toMatchObject({ exit: 0 })
      expect(report.mitigation).toBe(scenario === 'flagged' ? 'bypass' : 'fallback')
    },
    WITHIN_MS,
  )
})

/** Runs the demo as a process of its own, and checks that it takes everything away that it brought. */
async function demo(
  scenario: ScenarioName,
): Promise<{ exit: number | null; report: DemoReport; cwd: string }> {
  const cwd = mkdtempSync(join(tmpdir(), 'goaround-demo-test-'))
  const folder = mkdtempSync(join(tmpdir(), 'goaround-demo-tmp-'))
  const child = spawn(process.execPath, [MAIN, 'demo', '--scenario', scenario, '--yes', '--json'], {
    cwd,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exit = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  if (stdout === '') throw new Error(`the demo printed no document: ${stderr}`)
  expect(existsSync(folder) ? processesIn(folder) : []).toEqual([])
  return { exit, report: JSON.parse(stdout) as DemoReport, cwd }
}

/** Processes whose command line names the folder, where the machine tells. */
function processesIn(folder: string): readonly string[] {
  const pids = existsSync('/proc/self/cmdline')
    ? readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    : []
  return pids.map(commandOf).filter((command) => command.includes(folder))
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    // It has ended since it was listed.
    return ''
  }
}
