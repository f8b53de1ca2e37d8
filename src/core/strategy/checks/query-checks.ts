import { nearest } from '../nearest.ts'
import type { Path } from '../problem.ts'
import type { Remark } from '../remark.ts'
import type { Metric, Strategy } from '../schema.ts'
import { readSelector } from '../series-selector.ts'

export type QueryPart = keyof NonNullable<Metric['query']>
type Source = Strategy['detection']['sources'][number]

/** What is filled into a query. Only the first two differ between the arms. */
const VARIABLES = ['stack', 'release', 'workload', 'rollout', 'group']

/**
 * A query without the stack or the release measures both arms at once, and no failure ever shows;
 * one that already computed a rate can no longer be counted from. Pushed metrics are told apart by their
 * source, and selected in a smaller language.
 */
export function queryCountsOneArm(
  metric: Metric,
  index: number,
  sources: readonly Source[],
): readonly Remark[] {
  const source = sources.find(({ name }) => name === metric.source)
  if (source === undefined) return []
  return partsOf(metric).flatMap(([part, query]) => {
    const path = ['detection', 'metrics', index, 'query', part]
    return source.driver === 'otlp'
      ? selectorRemarks(query, path)
      : promQlRemarks(query, part, path)
  })
}

function promQlRemarks(query: string, part: QueryPart, path: Path): readonly Remark[] {
  const { strange, apart } = variablesIn(query)
  const rate = /\b(rate|irate|increase|delta|idelta|deriv)\s*\(/.exec(query)?.[1]
  return [
    ...strange.map((word) => unknownVariable(word, path)),
    ...(apart || strange.length > 0 ? [] : [armsAlike(path)]),
    ...(rate === undefined || part === 'value' ? [] : [notACounter(rate, path)]),
  ]
}

/** The words in a text that something should be filled into. */
export function variablesIn(text: string): {
  readonly strange: readonly string[]
  /** Whether it differs between the candidate and the control. */
  readonly apart: boolean
} {
  const words = [...text.matchAll(/\$(\{?[a-z_]\w*\}?)/gi)].map(([, word = '']) => word)
  const strange = words.filter((word) => !VARIABLES.includes(word))
  return { strange, apart: words.includes('stack') || words.includes('release') }
}

function selectorRemarks(query: string, path: Path): readonly Remark[] {
  const read = readSelector(query)
  if (read.ok) return []
  return [
    {
      severity: 'error',
      path,
      found: `a selector that cannot be read at its character ${read.at}`,
      expected: read.expected,
      fix: 'write it as in http.server.request.duration{http.response.status_code>=500}',
    },
  ]
}

function notACounter(rate: string, path: Path): Remark {
  return {
    severity: 'error',
    path,
    found: `a query that computes "${rate}"`,
    expected: 'the counter itself: goaround counts what is new since it last looked',
    fix: `remove "${rate}(…[…])"`,
  }
}

/** A word that nothing is filled into. */
export function unknownVariable(word: string, path: Path): Remark {
  const meant = nearest(word.replaceAll(/[{}]/g, ''), VARIABLES)
  return {
    severity: 'error',
    path,
    found: `"$${word}", which nothing is filled into`,
    expected: `one of ${VARIABLES.map((one) => `"$${one}"`).join(', ')}`,
    fix: meant === null ? 'remove it' : `did you mean "$${meant}"?`,
  }
}

function armsAlike(path: Path): Remark {
  return {
    severity: 'error',
    path,
    found: 'a query that is the same for the candidate and the control',
    expected: '"$stack" or "$release" in it, so that the two can be compared',
    fix: 'add a label, as in {stack="$stack"}',
  }
}

/** What a metric asks its source for. */
export function partsOf({ query }: Metric): readonly (readonly [QueryPart, string])[] {
  const parts: readonly QueryPart[] = ['requests', 'errors', 'buckets', 'value']
  return parts.flatMap((part) => {
    const text = query?.[part]
    return text === undefined ? [] : [[part, text] as const]
  })
}
