import type { Watch, WatchLabels } from '../../ports/telemetry.ts'
import { selectorsOf } from './selectors.ts'

/** The label by which a series of the answer is told from those of other watches. */
export const KEY_LABEL = 'goaround_key'

/** What one series stands for. */
export type Part = 'requests' | 'errors' | 'buckets' | 'value'

/** Marks a series that carries the time of the newest sample instead of a value. */
export const TIME_MARK = '@'

/** What stands in a PromQL string, in whichever quotes, as it is; anything else is escaped. */
const PLAIN = /[A-Za-z0-9 _.:/@+-]/

/**
 * The PromQL of one watch: each of its counters summed over instances, and the time of the newest
 * sample behind it, every series tagged so that any number of watches can be asked for at once.
 * The time is taken from the selectors inside the expression, for only those know it.
 */
export function watchQuery(watch: Watch, index: number): string {
  const parts = partsOf(watch).flatMap(([part, expression]) => {
    const key = `${index}/${part}`
    // The expression stands on lines of its own, so that a comment in it ends where it does.
    const sum = `${AROUND[part]} (\n${expression}\n)`
    const times = part === 'errors' ? [] : selectorsOf(expression)
    return [
      tagged(sum, key),
      ...times.map(({ text }, n) => tagged(`max(timestamp(${text}))`, `${key}${TIME_MARK}${n}`)),
    ]
  })
  return parts.join(' or ')
}

/** How the instances of an arm become one: counters are added up, gauges are averaged. */
export const AROUND: Readonly<Record<Part, string>> = {
  requests: 'sum',
  errors: 'sum',
  buckets: 'sum by (le)',
  value: 'avg',
}

/** Which of its expressions each kind of metric is made of. */
export const PARTS: Readonly<Record<Watch['kind'], readonly Part[]>> = {
  'error-rate': ['requests', 'errors'],
  latency: ['buckets'],
  gauge: ['value'],
}

/** The expressions of a watch with its labels filled in. */
export function partsOf({ kind, query, labels }: Watch): readonly (readonly [Part, string])[] {
  return PARTS[kind].flatMap((part) => {
    const text = query[part]
    return text === undefined ? [] : [[part, fill(text, labels)] as const]
  })
}

function tagged(expression: string, key: string): string {
  return `label_replace(${expression}, "${KEY_LABEL}", "${key}", "", "")`
}

const VARIABLE = /\$(workload|stack|release|rollout|group)\b/g

/** Puts the labels into the query, where they stand inside quotes. */
function fill(query: string, labels: WatchLabels): string {
  return query.replaceAll(VARIABLE, (_, name: keyof WatchLabels) => escaped(labels[name]))
}

/** The labels as they are, for where no language is spoken. */
export function fillPlain(text: string, labels: WatchLabels): string {
  return text.replaceAll(VARIABLE, (_, name: keyof WatchLabels) => labels[name])
}

/** Escapes by code point: `\"` would be wrong in single quotes, and `\'` in double ones. */
function escaped(value: string): string {
  return Array.from(value, (sign) =>
    PLAIN.test(sign) ? sign : `\\U${(sign.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
  ).join('')
}
