/** One comparison of an attribute, as in `http.response.status_code >= 500`. */
export interface Matcher {
  readonly attribute: string
  readonly operator: '=' | '!=' | '=~' | '!~' | '>' | '>=' | '<' | '<='
  readonly value: string
}

/** The series of one metric whose attributes satisfy every matcher. */
export interface Selection {
  readonly metric: string
  readonly matchers: readonly Matcher[]
}

/** What is wrong with a selector, and at which character, counted from one. */
export interface SelectorProblem {
  readonly at: number
  readonly expected: string
}

/** Attributes are text, numbers and booleans. One that a series does not have is compared as the empty text. */
export type Attributes = Readonly<Record<string, string | number | boolean>>

const METRIC = /^\s*([a-zA-Z_][\w./-]*)\s*/
const ATTRIBUTE = /^\s*([a-zA-Z_][\w./-]*)\s*/
const OPERATOR = /^(=~|!~|!=|>=|<=|=|>|<)\s*/
const VALUE = /^(?:"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?|true|false))\s*/
const OR = /^or\b/

/**
 * Reads a selector of pushed metrics: `name`, `name{attribute="value", other>=500}`, and several of
 * them joined by `or`. A series that more than one of them selects counts once. It looks like
 * PromQL because people know that, and it is no more than this, because nothing more is needed.
 */
export function readSelector(
  text: string,
):
  | { readonly ok: true; readonly value: readonly Selection[] }
  | ({ readonly ok: false } & SelectorProblem) {
  const selections: Selection[] = []
  let rest = text
  const stop = (expected: string) =>
    ({ ok: false, at: text.length - rest.length + 1, expected }) as const
  const take = (pattern: RegExp) => {
    const found = pattern.exec(rest)
    rest = rest.slice(found?.[0].length ?? 0)
    return found
  }
  for (;;) {
    const metric = take(METRIC)?.[1]
    if (metric === undefined)
      return stop('the name of a metric, such as http.server.request.duration')
    const matchers: Matcher[] = []
    if (take(/^\{\s*/) !== null) {
      while (take(/^\}\s*/) === null) {
        if (matchers.length > 0 && take(/^,\s*/) === null) return stop('"," or "}"')
        if (take(/^\}\s*/) !== null) break
        const attribute = take(ATTRIBUTE)?.[1]
        if (attribute === undefined)
          return stop('the name of an attribute, such as http.response.status_code')
        const operator = take(OPERATOR)?.[1]
        if (!isOperator(operator)) return stop('one of = != =~ !~ > >= < <=')
        const before = rest
        const value = take(VALUE)
        if (value === null) return stop('a text in double quotes, or a number')
        const matcher = { attribute, operator, value: unquoted(value) }
        const trouble = troubleOf(matcher)
        if (trouble !== null) {
          rest = before
          return stop(trouble)
        }
        matchers.push(matcher)
      }
    }
    selections.push({ metric, matchers })
    if (rest === '') return { ok: true, value: selections }
    if (take(OR) === null) return stop('"{", "or" or the end')
  }
}

/** Whether the attributes satisfy every matcher. */
export function matches(matchers: readonly Matcher[], attributes: Attributes): boolean {
  return matchers.every((matcher) => satisfies(matcher, attributes[matcher.attribute] ?? ''))
}

function satisfies({ operator, value }: Matcher, found: Attributes[string]): boolean {
  const text = String(found)
  switch (operator) {
    case '=':
      return text === value
    case '!=':
      return text !== value
    case '=~':
      return whole(value).test(text)
    case '!~':
      return !whole(value).test(text)
    case '>':
      return text !== '' && Number(text) > Number(value)
    case '>=':
      return text !== '' && Number(text) >= Number(value)
    case '<':
      return text !== '' && Number(text) < Number(value)
    case '<=':
      return text !== '' && Number(text) <= Number(value)
  }
}

/** Like PromQL, an expression must match the whole value. */
function whole(expression: string): RegExp {
  return new RegExp(`^(?:${expression})$`, 'u')
}

function troubleOf({ operator, value }: Matcher): string | null {
  if (operator === '=~' || operator === '!~') {
    try {
      whole(value)
    } catch {
      return 'a regular expression'
    }
  }
  const ordered = operator.startsWith('>') || operator.startsWith('<')
  return ordered && !(value !== '' && Number.isFinite(Number(value))) ? 'a number' : null
}

function unquoted([, quoted, bare]: RegExpExecArray): string {
  return quoted === undefined ? (bare ?? '') : quoted.replaceAll(/\\(.)/gs, '$1')
}

function isOperator(text: string | undefined): text is Matcher['operator'] {
  return text !== undefined
}
