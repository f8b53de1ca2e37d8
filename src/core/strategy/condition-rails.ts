import type { ASTNode } from '@marcbachmann/cel-js'
import { LOOPS_DEEP_MAX, WHOLE_NUMBER_MAX } from './condition-limits.ts'
import { FACT_FIELDS } from './facts.ts'
import { nearest } from './nearest.ts'

/** Values that a fact can have in one strategy, by the fact's path: `exposure.group` → its groups. */
export type KnownValues = Readonly<Record<string, readonly string[]>>

interface Objection {
  readonly message: string
  readonly fix: string
  readonly range: { readonly start: number; readonly end: number }
}

/**
 * The part of CEL that conditions may use: what a decision about a failure needs, no more. Each
 * allowed word behaves the same in the reference implementation, which a test compares.
 */
const FUNCTIONS = new Set(['size', 'contains', 'startsWith', 'endsWith', 'double'])
const LOOPS = new Set(['exists', 'all', 'exists_one', 'filter', 'map'])

/** Words of CEL that are left out, with the reason that people should see. */
const REFUSED: Readonly<Record<string, string>> = {
  matches: 'a regular expression can take minutes over a short text; use startsWith or contains',
  has: 'every fact is always there, so there is nothing to ask for',
  dyn: 'it would switch the checks off',
}
const INDEX_FIX = 'ask with "in" or ".exists(x, …)": a list may be empty when the tree is needed'

/** Values that facts can have in every strategy. */
const ALWAYS_KNOWN: KnownValues = Object.fromEntries(
  FACT_FIELDS.flatMap(({ path, values }) => (values === null ? [] : [[path, values]])),
)

/** The first thing in a parsed condition that must not stand there, or null. */
export function againstRails(ast: ASTNode, known: KnownValues): Objection | null {
  return walk(ast, 0, { ...ALWAYS_KNOWN, ...known })
}

function walk(node: ASTNode, loops: number, known: KnownValues): Objection | null {
  switch (node.op) {
    case 'value':
      return valueObjection(node)
    case 'id':
      return null
    case '.':
      return walk(node.args[0], loops, known)
    case 'call':
      return callObjection(node, node.args[0], node.args[1], loops, known)
    case 'rcall':
      return callObjection(node, node.args[0], [node.args[1], ...node.args[2]], loops, known)
    case 'list':
      if (node.args.length > 0) return first(node.args, loops, known)
      return { message: 'the list is empty', fix: 'name what it holds', range: node.range }
    case '!_':
    case '-_':
      return walk(node.args, loops, known)
    case '?:':
    case '&&':
    case '||':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return first(node.args, loops, known)
    case '==':
    case '!=':
    case 'in':
      return unknownValue(node, known) ?? first(node.args, loops, known)
    case '[]':
      return {
        message: 'conditions do not index lists or facts',
        fix: INDEX_FIX,
        range: node.range,
      }
    case 'map':
    case '.?':
    case '[?]':
      return {
        message: 'this part of CEL is not available here',
        fix: 'see docs/strategy.md',
        range: node.range,
      }
  }
}

function first(nodes: readonly ASTNode[], loops: number, known: KnownValues): Objection | null {
  for (const node of nodes) {
    const objection = walk(node, loops, known)
    if (objection !== null) return objection
  }
  return null
}

function callObjection(
  node: ASTNode,
  name: string,
  inner: readonly ASTNode[],
  loops: number,
  known: KnownValues,
): Objection | null {
  const { range } = node
  if (LOOPS.has(name)) {
    if (loops < LOOPS_DEEP_MAX) return first(inner, loops + 1, known)
    return {
      message: `loops are nested more than ${LOOPS_DEEP_MAX} deep`,
      fix: 'ask a simpler question, or split it into several branches',
      range,
    }
  }
  if (FUNCTIONS.has(name)) return first(inner, loops, known)
  const all = [...FUNCTIONS, ...LOOPS]
  const meant = nearest(name, all)
  return {
    message: `"${name}" is not available in conditions`,
    fix: Object.hasOwn(REFUSED, name)
      ? (REFUSED[name] ?? '')
      : meant === null
        ? `use one of ${all.join(', ')}`
        : `did you mean "${meant}"?`,
    range,
  }
}

/** Only the kinds of literal that facts can be compared with. */
function valueObjection(node: ASTNode): Objection | null {
  const { args } = node
  if (typeof args === 'bigint' && (args > WHOLE_NUMBER_MAX || args < -WHOLE_NUMBER_MAX)) {
    return {
      message: `${args} is larger than any fact can be`,
      fix: `use a number of at most ${WHOLE_NUMBER_MAX}`,
      range: node.range,
    }
  }
  if (['string', 'number', 'bigint', 'boolean'].includes(typeof args)) return null
  return {
    message: 'facts are texts, numbers, true or false, and lists of texts',
    fix: 'compare with one of these',
    range: node.range,
  }
}

/** A comparison with a value that the fact can never have, which would silently be no for ever. */
function unknownValue(
  node: Extract<ASTNode, { readonly op: '==' | '!=' | 'in' }>,
  known: KnownValues,
): Objection | null {
  const [left, right] = node.args
  const path = pathOf(left) ?? pathOf(right)
  const values = path === null || !Object.hasOwn(known, path) ? undefined : known[path]
  if (path === null || values === undefined) return null
  const compared = pathOf(left) === null ? left : right
  const literals = compared.op === 'list' ? compared.args : [compared]
  for (const literal of literals) {
    if (literal.op !== 'value' || typeof literal.args !== 'string') continue
    if (values.includes(literal.args)) continue
    const meant = nearest(literal.args, values)
    const all = values.map((value) => `"${value}"`).join(', ')
    return {
      message: `${path} can never be "${literal.args}"`,
      fix: meant === null ? `it is one of ${all}` : `did you mean "${meant}"?`,
      range: literal.range,
    }
  }
  return null
}

function pathOf(node: ASTNode): string | null {
  if (node.op === 'id') return node.args
  if (node.op !== '.') return null
  const [object, field] = node.args
  const before = pathOf(object)
  return before === null ? null : `${before}.${field}`
}
