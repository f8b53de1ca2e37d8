import type { Finding } from '../../contract/problem.ts'
import type { StrategyProblem } from '../../core/strategy/problem.ts'

/** More problems than this are not read at once; the first ones are usually the cause of the rest. */
const FINDINGS_MAX = 100

/** The problems of a strategy as an answer carries them. */
export function findingsOf(problems: readonly StrategyProblem[]): Finding[] {
  return problems
    .slice(0, FINDINGS_MAX)
    .map(({ found, expected, severity, file, line, column, path, fix, excerpt }) => ({
      path,
      message: `found ${found}; expected ${expected}`,
      file,
      line,
      column,
      severity,
      fix,
      excerpt,
    }))
}
