import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import { no, type Result, yes } from '../kernel/result.ts'
import { CONDITION_LIMITS } from './condition-limits.ts'
import { nearest } from './nearest.ts'

/** An expression over `event`, the JSON of one delivery from outside, that was checked as far as it can be. */
export interface EventExpression {
  readonly text: string
  /** The value, or why there is none: what an event really holds is known only when it comes. */
  readonly ask: (event: unknown) => Result<unknown, string>
}

/** What is wrong with an expression, and where: offsets into its text. */
export interface ExpressionProblem {
  readonly message: string
  readonly fix: string
  readonly range: { readonly start: number; readonly end: number }
}

/**
 * What picking values out of an event needs. `matches` is left out because a regular expression
 * can take minutes over a short text.
 */
const FUNCTIONS = [
  'size',
  'contains',
  'startsWith',
  'endsWith',
  'string',
  'int',
  'double',
  'has',
  'exists',
  'all',
  'filter',
  'map',
] as const
const LOOPS: ReadonlySet<string> = new Set(['exists', 'all', 'filter', 'map'])
/** An event is as large as its sender makes it: a loop within a loop would take the square of that. */
const LOOPS_DEEP_MAX = 1

const LANGUAGE = new Environment({ limits: CONDITION_LIMITS }).registerVariable('event', 'dyn')

/** Reads an expression over `event`, so that a slip is found when the strategy is written. */
export function compileEventExpression(text: string): Result<EventExpression, ExpressionProblem> {
  const whole = { start: 0, end: text.length }
  try {
    const parsed = LANGUAGE.parse(text)
    const objection = objectionTo(parsed.ast, 0)
    if (objection !== null) return no(objection)
    const checked = parsed.check()
    if (!checked.valid) return no(problemOf(checked.error, whole))
    return yes({
      text,
      ask(event) {
        try {
          return yes(parsed({ event }))
        } catch (error) {
          return no(summaryOf(error))
        }
      },
    })
  } catch (error) {
    return no(problemOf(error, whole))
  }
}

function objectionTo(node: ASTNode, loops: number): ExpressionProblem | null {
  const name = node.op === 'call' || node.op === 'rcall' ? node.args[0] : null
  if (name !== null && !FUNCTIONS.some((known) => known === name)) {
    const meant = nearest(name, FUNCTIONS)
    const fix = meant === null ? `use one of ${FUNCTIONS.join(', ')}` : `did you mean "${meant}"?`
    return { message: `"${name}" is not available here`, fix, range: node.range }
  }
  const deep = name !== null && LOOPS.has(name) ? loops + 1 : loops
  if (deep > LOOPS_DEEP_MAX) {
    const fix = 'ask a simpler question'
    return { message: 'a loop within a loop', fix, range: node.range }
  }
  for (const inner of nodesIn(node.args)) {
    const objection = objectionTo(inner, deep)
    if (objection !== null) return objection
  }
  return null
}

/** The nodes below one node, whatever its kind nests them in. */
function nodesIn(value: unknown): readonly ASTNode[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn)
  if (typeof value !== 'object' || value === null || !('op' in value)) return []
  // Whatever carries an `op` in the library's tree is one of its nodes.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return [value as ASTNode]
}

function problemOf(error: unknown, whole: ExpressionProblem['range']): ExpressionProblem {
  const range = fieldOf(error, 'range')
  const [start, end] = [fieldOf(range, 'start'), fieldOf(range, 'end')]
  return {
    message: summaryOf(error),
    fix: 'expressions are CEL over "event", as in event.data.id',
    range: typeof start === 'number' && typeof end === 'number' ? { start, end } : whole,
  }
}

function summaryOf(error: unknown): string {
  const summary = fieldOf(error, 'summary')
  if (typeof summary === 'string') return summary
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
