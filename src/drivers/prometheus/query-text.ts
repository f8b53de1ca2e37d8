import type { Watch } from '../../ports/telemetry.ts'

/** The label by which a series of the answer is told from those of other watches. */
export const KEY_LABEL = 'goaround_key'

/** What one series stands for. */
export type Part = 'requests' | 'errors' | 'buckets'

/** Marks the series that carries the time of the newest sample instead of a value. */
export const TIME_MARK = '@'

/**
 * The PromQL of one watch: each of its counters summed over instances, and the time of its newest
 * sample, every series tagged so that any number of watches can be asked for at once.
 */
export function watchQuery(watch: Watch, index: number): string {
  const parts = Object.entries(partsOf(watch)).flatMap(([part, query]) => {
    const expression = fill(query, watch.labels)
    const key = `${index}/${part}`
    const sum = part === 'buckets' ? `sum by (le) (${expression})` : `sum(${expression})`
    return [tagged(sum, key), tagged(`max(timestamp(${expression}))`, key + TIME_MARK)]
  })
  return parts.join(' or ')
}

function partsOf({ kind, query }: Watch): Partial<Record<Part, string>> {
  const { requests, errors, buckets } = query
  if (kind === 'latency') return buckets === undefined ? {} : { buckets }
  return {
    ...(requests === undefined ? {} : { requests }),
    ...(errors === undefined ? {} : { errors }),
  }
}

function tagged(expression: string, key: string): string {
  return `label_replace(${expression}, "${KEY_LABEL}", "${key}", "", "")`
}

/** Puts the labels into the query. They stand inside quotes there, so they are escaped as PromQL strings are. */
function fill(query: string, labels: Watch['labels']): string {
  return query.replaceAll(/\$(workload|stack|release)\b/g, (_, name: keyof Watch['labels']) =>
    escaped(labels[name]),
  )
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
