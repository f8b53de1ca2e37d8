import { yes } from '../../core/kernel/result.ts'
import type { Answer } from '../../ports/driver.ts'
import { type Finding, failed, passed } from './finding.ts'
import { runTest, type TestRun } from './run-test.ts'

/** Runs a command against the candidate; exit code 0 passes, and one that does not end has failed. */
export async function probeCommand(words: readonly string[], run: TestRun): Answer<Finding> {
  const ended = await runTest(words, run)
  if (!ended.ok) return ended
  const name = `command '${words[0] ?? ''}'`
  if (ended.value.kind === 'stopped') return yes(failed(`${name} ${ended.value.why}`))
  const { code, says } = ended.value
  if (code === 0) return yes(passed(`${name} exited with 0${says === null ? '' : `: ${says}`}`))
  return yes(failed(`${name} exited with ${code}: ${says ?? 'it printed nothing'}`))
}
