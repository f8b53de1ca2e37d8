import { bindingOf } from '../../src/core/rollout/group-tests.ts'
import type { Step } from '../../src/core/step/step.ts'
import type { TestOutcome, TestVerdict } from '../../src/core/words/test-outcome.ts'

/** What the engine would report of a step besides that it was seen or failed: a test's outcome. */
export function testReport(
  rollout: string,
  { action }: Step,
  verdict: TestVerdict,
): { readonly test?: TestOutcome } {
  if (action.kind !== 'smoke') return {}
  const test = {
    test: action.smoke.name,
    verdict,
    because: `the test says ${verdict}`,
    of: bindingOf(rollout, action),
    provedBy: 'the platform sees it',
    counts: null,
    artefacts: [],
    startedAt: 0,
    tookMs: 12,
  }
  return { test }
}
