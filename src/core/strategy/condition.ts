import { Environment } from '@marcbachmann/cel-js'
import { no, type Result, yes } from '../kernel/result.ts'
import { CONDITION_CHARS_MAX, CONDITION_LIMITS } from './condition-limits.ts'
import { againstRails, type KnownValues } from './condition-rails.ts'
import { FACT_FIELDS, type Facts } from './facts.ts'
import { nearest } from './nearest.ts'

/** A condition that was checked: it parses, knows only facts that exist, and answers yes or no. */
export interface Condition {
  readonly text: string
  readonly ask: (facts: Readonly<Record<string, unknown>>) => unknown
}

/** What is wrong with a condition, and where: offsets into its text. */
export interface ConditionProblem {
  readonly message: string
  readonly fix: string
  readonly range: { readonly start: number; readonly end: number }
}

const FACT_PATHS = FACT_FIELDS.map(({ path }) => path)
const OBJECTS = [...new Set(FACT_PATHS.map((path) => path.split('.')[0] ?? path))]
const FACTS_LISTED = `the facts begin with ${OBJECTS.join(', ')}; see docs/strategy.md`
const LANGUAGE = language()

/**
 * Reads a condition and checks it against the facts, so that a slip is found when the file is
 * written and not in the night when the tree is needed. `known` narrows facts whose values this
 * strategy decides, such as its group names.
 */
export function compileCondition(
  text: string,
  known: KnownValues = {},
): Result<Condition, ConditionProblem> {
  if (text.length > CONDITION_CHARS_MAX) {
    return no({
      message: `the condition has ${text.length} characters, at most ${CONDITION_CHARS_MAX} are allowed`,
      fix: 'split it into several branches',
      range: { start: CONDITION_CHARS_MAX, end: text.length },
    })
  }
  try {
    const parsed = LANGUAGE.parse(text)
    const objection = againstRails(parsed.ast, known)
    if (objection !== null) return no(objection)
    const checked = parsed.check()
    if (!checked.valid) return no(asProblem(checked.error, text))
    if (checked.type !== 'bool') {
      return no({
        message: `the condition gives ${checked.type ?? 'a value'}, not yes or no`,
        fix: 'compare it with something, as in "exposure.share > 0.5"',
        range: { start: 0, end: text.length },
      })
    }
    return yes({ text, ask: (facts) => parsed({ ...facts }) })
  } catch (error) {
    return no(asProblem(error, text))
  }
}

/**
 * Asks a condition about one failure. The same condition and facts give the same answer; an
 * arithmetic error (a division by zero) is a sentence, and the branch then does not hold.
 */
export function evaluate(condition: Condition, facts: Facts): Result<boolean, string> {
  try {
    const answer = condition.ask(inCel(facts))
    if (typeof answer === 'boolean') return yes(answer)
    return no(`the condition "${condition.text}" gave no yes or no`)
  } catch (error) {
    return no(`the condition "${condition.text}" could not be answered: ${summaryOf(error)}`)
  }
}

/** CEL's whole numbers are 64 bits wide, so they travel as BigInt; everything else is as it is. */
function inCel(facts: Facts): Readonly<Record<string, unknown>> {
  const { exposure, workload, attempt } = facts
  return {
    ...facts,
    exposure: {
      ...exposure,
      groupIndex: BigInt(exposure.groupIndex),
      groups: BigInt(exposure.groups),
    },
    workload: { ...workload, criticalityRank: BigInt(workload.criticalityRank) },
    attempt: BigInt(attempt),
  }
}

function language(): Environment {
  const environment = new Environment({ limits: CONDITION_LIMITS })
  const objects = new Map<string, Record<string, string>>()
  for (const { path, type } of FACT_FIELDS) {
    const [name = '', field] = path.split('.')
    if (field === undefined) environment.registerVariable(name, type)
    else objects.set(name, { ...objects.get(name), [field]: type })
  }
  for (const [name, schema] of objects) environment.registerVariable({ name, schema })
  return environment
}

function asProblem(error: unknown, text: string): ConditionProblem {
  const message = summaryOf(error)
  const range = rangeOf(error) ?? { start: 0, end: text.length }
  if (codeOf(error) === 'unknown_variable' || codeOf(error) === 'no_such_key') {
    return unknownFact(text, range)
  }
  if (/\bint\b/.test(message) && /\bdouble\b/.test(message)) {
    const fix = 'write ratios and shares with a point (3.0) and counts without (3)'
    return { message, fix, range }
  }
  if (message === 'Unexpected token: EOF') {
    return { message: 'the condition ends too early', fix: 'complete it, or remove it', range }
  }
  return { message, fix: 'conditions are CEL; docs/strategy.md has examples', range }
}

/** Names the fact that was probably meant: a neighbour, the same last word, or the nearest spelling. */
function unknownFact(text: string, range: ConditionProblem['range']): ConditionProblem {
  const before = /[\w.]*$/.exec(text.slice(0, range.start))?.[0] ?? ''
  const asked = `${before}${text.slice(range.start, range.end)}`
  const after = /^[\w.]*/.exec(text.slice(range.end))?.[0] ?? ''
  return { message: `there is no fact "${asked}"`, fix: fixFor(asked, `${asked}${after}`), range }
}

function fixFor(asked: string, whole: string): string {
  const [object = '', field] = asked.split('.')
  const neighbours = FACT_PATHS.filter((path) => path.startsWith(`${object}.`))
  if (field !== undefined && neighbours.length > 0) {
    const near = nearest(
      field,
      neighbours.map((path) => path.slice(object.length + 1)),
    )
    if (near !== null) return `did you mean "${object}.${near}"?`
    const elsewhere = FACT_PATHS.find((path) => path.endsWith(`.${field}`))
    if (elsewhere !== undefined) return `did you mean "${elsewhere}"?`
    return `it is one of ${neighbours.join(', ')}`
  }
  const last = whole.split('.').at(-1) ?? whole
  const meant =
    FACT_PATHS.find((path) => path.split('.').at(-1) === last) ??
    nearest(whole, FACT_PATHS) ??
    nearest(whole, OBJECTS)
  return meant === null ? FACTS_LISTED : `did you mean "${meant}"?`
}

/** The library's errors carry `summary`, `code` and `range`; anything else only a message. */
function summaryOf(error: unknown): string {
  const summary = fieldOf(error, 'summary')
  if (typeof summary === 'string') return summary
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
}

function codeOf(error: unknown): unknown {
  return fieldOf(error, 'code')
}

function rangeOf(error: unknown): ConditionProblem['range'] | null {
  const range = fieldOf(error, 'range')
  const start = fieldOf(range, 'start')
  const end = fieldOf(range, 'end')
  return typeof start === 'number' && typeof end === 'number' ? { start, end } : null
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
