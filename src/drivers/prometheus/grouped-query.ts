import type { Watch, WatchLabels } from '../../ports/telemetry.ts'
import { AROUND, fillPlain, KEY_LABEL, PARTS, type Part, TIME_MARK } from './query-text.ts'
import { tokensOf } from './selectors.ts'

/** One expression of a metric that can be asked for all arms at once: a selector, and the labels that tell the arms apart. */
interface GroupedPart {
  readonly part: Part
  /** How the instances of an arm become one. */
  readonly around: string
  readonly metric: string
  /** Matchers that are the same for every arm. */
  readonly fixed: readonly string[]
  /** Labels and the text that each must have, with `$stack` and the like still to be filled in. */
  readonly keys: readonly { readonly label: string; readonly text: string }[]
}

/** A metric of a strategy of which one query answers any number of arms of any number of rollouts. */
export interface GroupedQuery {
  /** The PromQL for these watches. It may select arms that nobody asked for, which are left out of the answer. */
  readonly text: (watches: readonly Watch[]) => string
  /** The series of one part of one watch are those of the answer that have this identity. */
  readonly identityOf: (part: string, labels: WatchLabels) => string
  readonly identityOfSeries: (metric: Readonly<Record<string, string>>) => string
}

/**
 * Rewrites `requests_total{stack="$stack"}` into one query by `stack`, for all rollouts. It is possible
 * where the words to fill in stand in equality matchers of a plain selector, maybe inside one aggregation; null
 * for anything cleverer, which is asked for arm by arm.
 */
export function groupedQuery({ kind, query }: Watch): GroupedQuery | null {
  const parts: GroupedPart[] = []
  for (const part of PARTS[kind]) {
    const text = query[part]
    if (text === undefined) continue
    const grouped = groupedPart(part, text)
    if (grouped === null) return null
    parts.push(grouped)
  }
  const byName = new Map(parts.map((one): [string, GroupedPart] => [one.part, one]))
  const keysOf = (name: string) => byName.get(name.split(TIME_MARK)[0] ?? '')?.keys ?? []
  return {
    text: (watches) => parts.flatMap((one) => queriesOf(one, watches)).join(' or '),
    identityOf: (part, labels) =>
      JSON.stringify([part, ...keysOf(part).map(({ text }) => fillPlain(text, labels))]),
    identityOfSeries(metric) {
      const part = metric[KEY_LABEL] ?? UNTAGGED
      return JSON.stringify([part, ...keysOf(part).map(({ label }) => metric[label] ?? '')])
    },
  }
}

function queriesOf(one: GroupedPart, watches: readonly Watch[]): readonly string[] {
  const { part, metric, keys, fixed, around } = one
  const chosen = keys.map(({ label, text }) => {
    const values = new Set(watches.map(({ labels }) => fillPlain(text, labels)))
    return `${label}=~"${[...values].map(literal).join('|')}"`
  })
  const selector = `${metric}{${[...fixed, ...chosen].join(',')}}`
  const by = keys.map(({ label }) => label)
  const buckets = part === 'buckets' ? [...by, 'le'] : by
  const sum = `${around} by (${buckets.join(',')}) (${selector})`
  const value = part === UNTAGGED ? sum : tagged(sum, part)
  if (part === 'errors') return [value]
  const time = tagged(`max by (${by.join(',')}) (timestamp(${selector}))`, `${part}${TIME_MARK}`)
  return [value, time]
}

/**
 * The part that is known by having no tag: `label_replace` turns a native histogram into the number 0
 * (seen in Prometheus 2.42).
 */
const UNTAGGED: Part = 'buckets'

function tagged(expression: string, part: string): string {
  return `label_replace(${expression}, "${KEY_LABEL}", "${part}", "", "")`
}

const AGGREGATION = /^(?:sum|avg|min|max)$/i
const WORD = /^[a-zA-Z_:][\w:]*$/
const QUOTED = /^(["'])([^\\]*)\1$/s
const VARIABLE = /\$(?:workload|stack|release|rollout|group)\b/

function groupedPart(part: Part, expression: string): GroupedPart | null {
  const tokens = tokensOf(expression)
  const isWrapped = AGGREGATION.test(tokens[0] ?? '') && tokens[1] === '(' && tokens.at(-1) === ')'
  const around = isWrapped ? (tokens[0] ?? '').toLowerCase() : plainAround(part)
  const [metric = '', open, ...rest] = isWrapped ? tokens.slice(2, -1) : tokens
  if (!WORD.test(metric) || open !== '{' || rest.pop() !== '}') return null
  const fixed: string[] = []
  const keys: GroupedPart['keys'][number][] = []
  for (const matcher of split(rest)) {
    const [label = '', ...more] = matcher
    const value = more.at(-1) ?? ''
    const operator = more.slice(0, -1).join('')
    const text = QUOTED.exec(value)?.[2]
    if (!WORD.test(label) || !/^(?:=|!=|=~|!~)$/.test(operator)) return null
    if (!VARIABLE.test(value)) fixed.push(`${label}${operator}${value}`)
    else if (operator === '=' && text !== undefined) keys.push({ label, text })
    else return null
  }
  const isUsual =
    keys.length > 0 && keys.every(({ label }) => label !== 'le' && label !== '__name__')
  const isOnce = new Set(keys.map(({ label }) => label)).size === keys.length
  return isUsual && isOnce ? { part, around, metric, fixed, keys } : null
}

function plainAround(part: Part): string {
  return (AROUND[part].split(' ')[0] ?? '').toLowerCase()
}

/** The tokens of each matcher; a comma may stand at the end. */
function split(tokens: readonly string[]): readonly (readonly string[])[] {
  const matchers: string[][] = [[]]
  for (const token of tokens) {
    if (token === ',') matchers.push([])
    else matchers.at(-1)?.push(token)
  }
  return matchers.filter((matcher) => matcher.length > 0)
}

/** A value as it stands in a regular expression in double quotes, and means only itself. */
function literal(value: string): string {
  return Array.from(value, (sign) => {
    if (/[A-Za-z0-9 _:/@-]/.test(sign)) return sign
    return `\\\\x{${(sign.codePointAt(0) ?? 0).toString(16)}}`
  }).join('')
}
