/** A series selector as it stands in a query: `http_requests_total{code=~"5.."}`. */
export interface Selector {
  /** The selector alone, without range, offset and functions. */
  readonly text: string
  /** The metric's name; null when it is only matched by labels. */
  readonly metric: string | null
  /** The names of the labels that it matches. */
  readonly labels: readonly string[]
}

/** Strings, comments, durations and ranges, numbers, words, and any other sign, in this order of preference. */
const TOKEN =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*|\[[^\]]*\]|\d[\w.]*|[a-zA-Z_:][\w:]*|\s+|./gs

const WORD = /^[a-zA-Z_:][\w:]*$/

/** Words that are followed by a list of labels in parentheses. */
const GROUPING = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'])

/** Other words of the language that no metric can be meant by. */
const KEYWORDS = new Set([
  ...GROUPING,
  'and',
  'or',
  'unless',
  'atan2',
  'bool',
  'offset',
  'inf',
  'nan',
])

/** The words and signs of a PromQL expression, without space and comments. */
export function tokensOf(query: string): readonly string[] {
  return (query.match(TOKEN) ?? []).filter((token) => !/^(?:\s|#)/.test(token))
}

/**
 * The series selectors of a PromQL expression. Needed because `timestamp()` tells the time of a
 * sample only for a selector itself: of any other expression it tells when it was computed, so
 * that old data would always look fresh.
 */
export function selectorsOf(query: string): readonly Selector[] {
  const tokens = tokensOf(query)
  const selectors: Selector[] = []
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? ''
    const next = tokens[at + 1]
    if (GROUPING.has(token.toLowerCase()) && next === '(') {
      at = tokens.indexOf(')', at)
      if (at === -1) break
    } else if (token === '{') {
      const end = tokens.indexOf('}', at)
      if (end === -1) break
      selectors.push(selector(null, tokens.slice(at, end + 1)))
      at = end
    } else if (WORD.test(token) && next === '{') {
      const end = tokens.indexOf('}', at)
      if (end === -1) break
      selectors.push(selector(token, tokens.slice(at + 1, end + 1)))
      at = end
    } else if (isMetric(token, next, tokens[at + 2])) {
      selectors.push(selector(token, []))
    }
  }
  return selectors
}

/** A word alone is a metric, unless it is called as a function or an aggregation: `sum by (le) (…)`. */
function isMetric(token: string, next: string | undefined, after: string | undefined): boolean {
  if (!WORD.test(token) || KEYWORDS.has(token.toLowerCase()) || next === '(') return false
  const isAggregation = next !== undefined && GROUPING.has(next.toLowerCase()) && after === '('
  return !(isAggregation && AGGREGATIONS.has(token.toLowerCase()))
}

const AGGREGATIONS = new Set([
  'sum',
  'min',
  'max',
  'avg',
  'group',
  'stddev',
  'stdvar',
  'count',
  'count_values',
  'bottomk',
  'topk',
  'quantile',
  'limitk',
  'limit_ratio',
])

function selector(metric: string | null, braces: readonly string[]): Selector {
  const labels = braces.filter(
    (token, at) => WORD.test(token) && /^[=!]/.test(braces[at + 1] ?? '') && token !== '__name__',
  )
  return { text: `${metric ?? ''}${braces.join('')}`, metric, labels }
}
