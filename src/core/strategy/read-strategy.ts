import type { Instant } from '../kernel/instant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import { ALERT_CHECKS } from './checks/alert-checks.ts'
import { CAUTIONS, cautionsAt } from './checks/cautions.ts'
import type { Sections } from './checks/check.ts'
import { COMMUNICATION_CHECKS } from './checks/communication-checks.ts'
import { DECISION_CHECKS } from './checks/decision-checks.ts'
import { DETECTION_CHECKS } from './checks/detection-checks.ts'
import { EXPOSURE_CHECKS } from './checks/exposure-checks.ts'
import { HEALTH_CHECKS } from './checks/health-checks.ts'
import { PLATFORM_CHECKS } from './checks/platform-checks.ts'
import { PRACTICE_CHECKS } from './checks/practice-checks.ts'
import type { StrategyProblem } from './problem.ts'
import { readSource } from './read-source.ts'
import { problemAt, type Remark } from './remark.ts'
import { type Strategy, StrategyFile } from './schema.ts'
import { shapeRemarks } from './shape-remarks.ts'

const CHECKS = [
  ...PLATFORM_CHECKS,
  ...EXPOSURE_CHECKS,
  ...DETECTION_CHECKS,
  ...ALERT_CHECKS,
  ...HEALTH_CHECKS,
  ...DECISION_CHECKS,
  ...COMMUNICATION_CHECKS,
  ...PRACTICE_CHECKS,
]

/** Nobody reads further; and a hostile file must not be answered with a larger one. */
const REMARKS_MAX = 200

/** A file, looked at: the strategy unless something refuses it, and everything to be said about it. */
export interface Inspection {
  /** Null when a problem is an error. */
  readonly strategy: Strategy | null
  /** Errors and findings, from the top of the file to its end. */
  readonly problems: readonly StrategyProblem[]
}

/**
 * Reads a strategy, or says everything that is wrong with it at once, each problem with its line
 * and what to do. What is read here is complete: defaults are filled in, every name that is used
 * exists, every condition can be asked.
 */
export function readStrategy(
  text: string,
  fileName: string,
): Result<Strategy, readonly StrategyProblem[]> {
  const { strategy, problems } = inspectStrategy(text, fileName)
  if (strategy !== null) return yes(strategy)
  return no(problems.filter(({ severity }) => severity === 'error'))
}

/**
 * Reads a strategy and adds the findings of experience, for `goaround lint`. With the present
 * time it also says which rehearsals have run out.
 */
export function inspectStrategy(
  text: string,
  fileName: string,
  now: Instant | null = null,
): Inspection {
  const read = readSource(text, fileName)
  if (!read.ok) return { strategy: null, problems: read.problem }
  const source = read.value

  const whole = StrategyFile.safeParse(source.value)
  const sections = whole.success ? whole.data : sectionsOf(source.value)
  const remarks = [
    ...(whole.success ? [] : shapeRemarks(whole.error, source.value)),
    ...CHECKS.flatMap((check) => check(sections)),
    ...CAUTIONS.flatMap((check) => check(sections)),
    ...(now === null ? [] : cautionsAt(now)(sections)),
  ]
  const problems = limited(remarks)
    .map((remark) => problemAt(source, remark))
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
  const refused = problems.some(({ severity }) => severity === 'error')
  return { strategy: whole.success && !refused ? whole.data : null, problems }
}

/** Errors first, so that none of them is left out for a finding. */
function limited(remarks: readonly Remark[]): readonly Remark[] {
  if (remarks.length <= REMARKS_MAX) return remarks
  const errors = remarks.filter(({ severity }) => severity === 'error')
  const rest: Remark = {
    severity: errors.length > REMARKS_MAX ? 'error' : 'finding',
    path: [],
    found: `${remarks.length - REMARKS_MAX} more problems`,
    expected: `at most ${REMARKS_MAX} at once`,
    fix: 'correct the others first',
  }
  const findings = remarks.filter(({ severity }) => severity === 'finding')
  return [...[...errors, ...findings].slice(0, REMARKS_MAX), rest]
}

function sectionsOf(value: unknown): Sections {
  if (typeof value !== 'object' || value === null) return {}
  const entries = Object.entries(StrategyFile.shape).flatMap(([name, shape]) => {
    const section = shape.safeParse(
      Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined,
    )
    return section.success ? [[name, section.data]] : []
  })
  return Object.fromEntries(entries)
}
