import { no, type Result, yes } from '../kernel/result.ts'

/** One condition on a label, with the operators of PromQL. */
export interface Matcher {
  readonly label: string
  readonly operator: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

/** Series by name and labels: what one selector of a query stands for. */
export type Matchers = readonly Matcher[]

const TOKEN =
  /\s+|#[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|=~|!~|!=|[a-zA-Z_:][\w:]*|\d+|./gs
const NAME = /^[a-zA-Z_:]/
/** A sum over instances is what goaround makes of every query anyway, so it changes nothing here. */
const LISTS = new Set(['by', 'without'])

/**
 * The selectors that a query adds up: `x{a="1"}`, `sum by (le) (x)`, `a + b`, `x or vector(0)`. A query
 * that does more than add up needs a server to compute it, and is refused with a sentence.
 */
export function plainSelectors(query: string): Result<readonly Matchers[], string> {
  const tokens = (query.match(TOKEN) ?? []).filter((token) => !/^(?:\s|#)/.test(token))
  const found: Matchers[] = []
  for (let at = 0; at < tokens.length; at += 1) {
    const [token = '', next] = [tokens[at], tokens[at + 1]]
    if (token === '(' || token === ')' || token === '+') continue
    if (token === 'sum' && (next === '(' || LISTS.has(next ?? ''))) continue
    if (LISTS.has(token) && next === '(') at = endOf(tokens, at, ')')
    else if (token === 'or' && tokens.slice(at + 1, at + 5).join('') === 'vector(0)') at += 4
    else if (token === '{' || (NAME.test(token) && next === '{')) {
      const open = token === '{' ? at : at + 1
      const end = endOf(tokens, open, '}')
      const matchers = matchersIn(tokens.slice(open + 1, end))
      if (matchers === null) return no(`${query}: its labels cannot be read here`)
      found.push(token === '{' ? matchers : [named(token), ...matchers])
      at = end
    } else if (NAME.test(token) && next !== '(') found.push([named(token)])
    else
      return no(
        `${query}: '${token}' does more than add up series, which only a server can compute`,
      )
  }
  return found.length === 0 ? no(`${query}: it names no series`) : yes(found)
}

/** Whether a series has what the matchers ask for; a label that is not there is the empty text. */
export function matches(matchers: Matchers, labels: Readonly<Record<string, string>>): boolean {
  return matchers.every(({ label, operator, value }) => {
    const actual = labels[label] ?? ''
    if (operator === '=') return actual === value
    if (operator === '!=') return actual !== value
    const whole = new RegExp(`^(?:${value})$`, 's').test(actual)
    return operator === '=~' ? whole : !whole
  })
}

function named(name: string): Matcher {
  return { label: '__name__', operator: '=', value: name }
}

function endOf(tokens: readonly string[], from: number, closing: string): number {
  const end = tokens.indexOf(closing, from)
  return end === -1 ? tokens.length : end
}

function matchersIn(tokens: readonly string[]): Matchers | null {
  const matchers: Matcher[] = []
  for (let at = 0; at < tokens.length; at += 4) {
    const [label = '', operator = '', quoted = '', comma = ','] = tokens.slice(at, at + 4)
    if (!isOperator(operator) || !/^["'`]/.test(quoted) || comma !== ',') return null
    const value = unquoted(quoted)
    if (!NAME.test(label) || value === null || (operator.endsWith('~') && !isPattern(value)))
      return null
    matchers.push({ label, operator, value })
  }
  return matchers
}

function isOperator(text: string): text is Matcher['operator'] {
  return text === '=' || text === '!=' || text === '=~' || text === '!~'
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text).source !== ''
  } catch {
    return false
  }
}

/** What stands within quotes; null for an escape that JSON does not know either. */
function unquoted(quoted: string): string | null {
  const inner = quoted.slice(1, -1)
  if (quoted.startsWith('`') || !inner.includes('\\')) return inner
  try {
    const value: unknown = JSON.parse(
      `"${quoted.startsWith("'") ? inner.replaceAll("\\'", "'").replaceAll('"', '\\"') : inner}"`,
    )
    return typeof value === 'string' ? value : null
  } catch {
    return null
  }
}
