import { yes } from '../../core/kernel/result.ts'
import type { Smoke } from '../../core/strategy/connections.ts'
import type { Answer } from '../../ports/driver.ts'
import { hiddenValues } from '../support/command-environment.ts'
import { hide, shorten } from '../support/last-line.ts'
import { erred, type Finding, failed, passed } from './finding.ts'
import { type FailedCase, type JunitReport, readJunit } from './read-junit.ts'
import { readResults, seenResults } from './result-files.ts'
import { fillWords, runTest, type TestEnd, type TestRun } from './run-test.ts'

/** Failed tests that a sentence names; the rest is counted, and stands in the results. */
const NAMED_MAX = 3

type Junit = NonNullable<Smoke['junit']>

/**
 * Runs a test runner and reads its results in JUnit XML. It passes when tests ran, none failed and
 * the runner says the same by its exit code; results that are missing, older than the run,
 * unreadable or empty are an error, because nothing was measured.
 */
export async function probeJunit(junit: Junit, run: TestRun, madeAt: number): Answer<Finding> {
  const pattern = fillWords(junit.results, run)
  const before = await seenResults(pattern)
  const ended = await runTest(junit.command, run)
  if (!ended.ok) return ended
  const files = await readResults(pattern, before, madeAt)
  if (!files.ok) return yes(erred(`${files.problem}; ${sayEnd(junit, ended.value)}`))
  const reports: JunitReport[] = []
  for (const { path, text } of files.value) {
    const read = readJunit(text)
    if (!read.ok) return yes(erred(`${path} is not JUnit XML: ${read.problem}`))
    reports.push(read.value)
  }
  return yes(judge(reports, sayEnd(junit, ended.value), ended.value))
}

function judge(reports: readonly JunitReport[], end: string, ended: TestEnd): Finding {
  const counts = reports.reduce(
    (sum, { counts: one }) => ({
      tests: sum.tests + one.tests,
      failures: sum.failures + one.failures,
      errors: sum.errors + one.errors,
      skipped: sum.skipped + one.skipped,
    }),
    { tests: 0, failures: 0, errors: 0, skipped: 0 },
  )
  const ran = counts.tests - counts.skipped
  const bad = counts.failures + counts.errors
  const skipped = counts.skipped === 0 ? '' : ` (${counts.skipped} skipped)`
  if (bad > 0) {
    const names = sayFailed(reports.flatMap(({ failed: cases }) => cases))
    return failed(`${bad} of ${ran} tests failed${skipped}: ${names}`, { counts })
  }
  if (ran <= 0) {
    const none = counts.tests === 0 ? 'no test' : `no test, for all ${counts.tests} were skipped,`
    return erred(`${none} ran; ${end}`, { counts })
  }
  const all = `${ran} of ${ran} tests passed${skipped}`
  if (ended.kind === 'exited' && ended.code === 0) return passed(all, { counts })
  return erred(`${all}, but ${end}: the two do not agree`, { counts })
}

function sayFailed(cases: readonly FailedCase[]): string {
  const hidden = hiddenValues({})
  const told = cases.slice(0, NAMED_MAX).map(({ name, message }) => {
    const why = message === null ? '' : ` (${shorten(message, 120)})`
    return hide(`'${shorten(name, 120)}'${why}`, hidden)
  })
  const more = cases.length - told.length
  return `${told.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function sayEnd({ command }: Junit, ended: TestEnd): string {
  const name = `command '${command[0] ?? ''}'`
  if (ended.kind === 'stopped') return `${name} ${ended.why}`
  return `${name} exited with ${ended.code}${ended.says === null ? '' : `: ${ended.says}`}`
}
