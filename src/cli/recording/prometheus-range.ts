import type { Matchers } from '../../core/backtest/plain-selectors.ts'
import { HOUR, type Instant, type Millis, SECOND } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Metric } from '../../core/strategy/schema.ts'
import { EXIT } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import type { Failure } from '../outcome.ts'
import {
  type Labels,
  MatrixAnswer,
  type Series,
  selectorsOf,
  seriesOf,
} from './prometheus-recording.ts'

/** Raw samples of this long are asked for at once: a day of a large service is too much for one answer. */
const CHUNK_MS: Millis = 2 * HOUR
/** Prometheus gives a query two minutes by itself; a person would have given up by then. */
const ANSWER_WITHIN_MS: Millis = 60 * SECOND
/** The token is named by a variable, because what is typed can be seen by others on the machine. */
const TOKEN_VARIABLE = 'GOAROUND_PROMETHEUS_TOKEN'
/** Prometheus' own explanation, as far as a person reads. */
const EXPLANATION_MAX = 300

/** Which samples are wanted of which server. */
export interface Wanted {
  readonly url: string
  readonly from: Instant
  readonly to: Instant
}

/**
 * The raw samples of every series that the strategy's queries select, with their own times: not what
 * `query_range` makes of them, which repeats old samples on its grid. Queries that do more than add up
 * are not asked here; reading the series names them.
 */
export async function fetchSeries(
  io: Io,
  { url, from, to }: Wanted,
  metrics: readonly Metric[],
  labels: Labels,
): Promise<Result<readonly Series[], Failure>> {
  const selectors = new Set(
    metrics.flatMap((metric) =>
      [labels.candidate, labels.control].flatMap((arm) => {
        const selected = selectorsOf(metric, arm)
        return selected.ok ? Object.values(selected.value).flat().map(written) : []
      }),
    ),
  )
  const found = new Map<string, Series>()
  for (const selector of selectors) {
    for (let start = from; start < to; start += CHUNK_MS) {
      const end = Math.min(to, start + CHUNK_MS)
      const some = await askFor(io, url, selector, { start, end })
      if (!some.ok) return some
      for (const series of some.value) join(found, series)
    }
  }
  return yes([...found.values()])
}

/** A series that two selectors ask for, or that goes over several chunks, is one series. */
function join(found: Map<string, Series>, { labels, samples }: Series): void {
  const key = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const newest = found.get(key)?.samples.at(-1)?.at ?? Number.NEGATIVE_INFINITY
  const fresh = samples.filter(({ at }) => at > newest)
  found.set(key, { labels, samples: [...(found.get(key)?.samples ?? []), ...fresh] })
}

async function askFor(
  io: Io,
  url: string,
  selector: string,
  { start, end }: { readonly start: Instant; readonly end: Instant },
): Promise<Result<readonly Series[], Failure>> {
  const endpoint = new URL('api/v1/query', url.endsWith('/') ? url : `${url}/`)
  const token = io.env[TOKEN_VARIABLE] ?? ''
  const body = new URLSearchParams({
    query: `${selector}[${end - start}ms]`,
    time: String(end / SECOND),
  })
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
  const signal = AbortSignal.any([io.interrupted, AbortSignal.timeout(ANSWER_WITHIN_MS)])
  let status: number
  let text: string
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      body,
      headers,
      signal,
      redirect: 'error',
    })
    status = response.status
    text = await response.text()
  } catch (error) {
    const why =
      error instanceof Error
        ? error.cause instanceof Error
          ? error.cause.message
          : error.message
        : String(error)
    return no({
      exit: EXIT.unreachable,
      says: `Prometheus at ${endpoint.host} did not answer (${why}): is it the right URL?`,
    })
  }
  const answer = MatrixAnswer.safeParse(parse(text))
  if (answer.success) return yes(seriesOf(answer.data))
  const says = `Prometheus at ${endpoint.host} answered ${status} to ${selector}: ${text.slice(0, EXPLANATION_MAX)}`
  return no({ exit: EXIT.usage, says })
}

function written(matchers: Matchers): string {
  return `{${matchers.map(({ label, operator, value }) => `${label}${operator}${JSON.stringify(value)}`).join(',')}}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
