import { MINUTE } from '../../core/kernel/instant.ts'
import type { Watch } from '../../ports/telemetry.ts'

/** What one leg of a query counts. */
export type Part = 'requests' | 'errors' | 'buckets'

/** Rows are counted by the minute in which they happened, so that late ones can be told from counted ones. */
export const BIN_MS = MINUTE

/** What may stand in a KQL string in either kind of quotes and mean itself. Release names hold nothing else. */
const PLAIN = /^[A-Za-z0-9 _.:/@+-]*$/

/** The columns of a table, by the API that answers: workspaces and the older Application Insights differ. */
export interface Columns {
  readonly time: string
  readonly duration: string
}

export const WORKSPACE_COLUMNS: Columns = { time: 'TimeGenerated', duration: 'DurationMs' }
export const APP_COLUMNS: Columns = { time: 'timestamp', duration: 'duration' }

/** The expressions of a watch with its labels filled in, or why they cannot be. */
export function partsOf({
  kind,
  query,
  labels,
}: Watch): readonly { readonly part: Part; readonly text: string }[] | string {
  const strange = Object.entries(labels).find(([, value]) => !PLAIN.test(value))
  if (strange !== undefined) {
    return `the ${strange[0]} '${strange[1]}' holds a sign that cannot safely stand in a KQL string`
  }
  const wanted: readonly Part[] = kind === 'latency' ? ['buckets'] : ['requests', 'errors']
  const found = wanted.flatMap((part) => {
    const text = query[part]
    return text === undefined ? [] : [{ part, text: fill(text, labels) }]
  })
  return found.length < wanted.length ? `it needs ${wanted.join(' and ')}` : found
}

/**
 * One query for any number of watches: each expression gives rows, which are tagged and counted by
 * minute and, for latency, by bucket. Rows are counted as they are: where the application keeps a
 * sample, each row stands for many requests, but is the evidence of one.
 */
export function queryText(
  legs: readonly { readonly key: string; readonly part: Part; readonly text: string }[],
  { time, duration }: Columns,
  edgesMs: readonly number[],
): string {
  const tagged = legs.map(({ key, part, text }) => {
    const took = part === 'buckets' ? `todouble(${duration})` : 'real(null)'
    // The expression stands on lines of its own, so that a comment in it ends where it does.
    return `(\n${text}\n| project goaround_key = "${key}", goaround_time = ${time}, goaround_ms = ${took}\n)`
  })
  const bucket = [
    'isnull(goaround_ms), -1',
    ...edgesMs.map((edge, place) => `goaround_ms <= ${edge}, ${place}`),
    String(edgesMs.length),
  ].join(', ')
  return [
    `union ${tagged.join(',\n')}`,
    `| extend goaround_bucket = case(${bucket})`,
    `| summarize goaround_n = count(), goaround_newest = max(goaround_time) by goaround_key, goaround_bucket, goaround_bin = bin(goaround_time, ${BIN_MS / MINUTE}m)`,
  ].join('\n')
}

function fill(text: string, labels: Watch['labels']): string {
  return text.replaceAll(
    /\$(workload|stack|release|rollout|group)\b/g,
    (_, name: keyof Watch['labels']) => labels[name],
  )
}
