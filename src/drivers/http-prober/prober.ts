import { failure } from '../../core/kernel/failure.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { Answer } from '../../ports/driver.ts'
import type { Prober } from '../../ports/prober.ts'
import { makeEvidenceFolder } from './evidence-folders.ts'
import { type Finding, passed } from './finding.ts'
import { outOfTime } from './out-of-time.ts'
import { probeCommand } from './probe-command.ts'
import { probeHttp } from './probe-http.ts'
import { probeJunit } from './probe-junit.ts'
import { proveVersion } from './prove-version.ts'
import type { TestRun } from './run-test.ts'

/**
 * Runs smoke tests over HTTP, by command and by test runner. One with several parts passes when
 * all of them do. What they write to `{results}` is kept under `evidenceDir`. How often a test is
 * tried is the caller's.
 */
export function openHttpProber(evidenceDir: string): Prober {
  return {
    prove: proveVersion,
    async probe(smoke, target, ask, saw = () => undefined) {
      const begun = performance.now()
      if (ask.signal.aborted) return no(outOfTime(smoke))
      const found = await inFolder(evidenceDir, { smoke, target, ask, saw })
      return found.ok ? yes({ ...found.value, tookMs: performance.now() - begun }) : found
    },
  }
}

/** Only programs can leave something behind; a question needs no folder. */
async function inFolder(home: string, run: Omit<TestRun, 'results'>): Answer<Finding> {
  const { command, junit } = run.smoke
  if (command === undefined && junit === undefined) return findingOf({ ...run, results: '' }, 0)
  const folder = await makeEvidenceFolder(home, run.ask.effectId)
  if (!folder.ok) return folder
  const { path: results, madeAt, files } = folder.value
  const found = await findingOf({ ...run, results }, madeAt)
  const artefacts = await files()
  return found.ok ? yes({ ...found.value, artefacts }) : found
}

async function findingOf(run: TestRun, madeAt: number): Answer<Finding> {
  const { smoke, target, ask } = run
  const { http, command, junit } = smoke
  const parts = [
    ...(http === undefined ? [] : [() => probeHttp(http, smoke, target, ask)]),
    ...(command === undefined ? [] : [() => probeCommand(command, run)]),
    ...(junit === undefined ? [] : [() => probeJunit(junit, run, madeAt)]),
  ]
  if (parts.length === 0) {
    const what = `smoke test '${smoke.name}' has neither 'http', 'command' nor 'junit'`
    return no(failure('misconfigured', 'never', what))
  }
  const said: Finding[] = []
  for (const part of parts) {
    if (ask.signal.aborted) return no(outOfTime(smoke))
    const found = await part()
    if (!found.ok || found.value.verdict !== 'pass') return found
    said.push(found.value)
  }
  const counts = said.find((one) => one.counts !== null)?.counts ?? null
  return yes(passed(said.map(({ because }) => because).join('; '), { counts }))
}
