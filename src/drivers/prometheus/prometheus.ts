import { z } from 'zod'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { TelemetrySource as SourceConfig } from '../../core/strategy/connections.ts'
import type { Reading, TelemetrySource, Watch } from '../../ports/telemetry.ts'
import type { Secrets } from '../secrets.ts'
import { httpExchange } from '../support/http-exchange.ts'
import { watchQuery } from './query-text.ts'
import { readingsOf, VectorAnswer } from './readings.ts'

type Config = Extract<SourceConfig, { driver: 'prometheus' }>

/** Prometheus parses a query of this many watches in a few milliseconds; more go into further queries. */
const WATCHES_PER_QUERY = 200
/** 200 watches of 50 buckets are about 2 MB of JSON. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024
/** Prometheus' own explanation of a bad query, as far as a person reads. */
const EXPLANATION_MAX = 300

const ErrorAnswer = z.object({ errorType: z.string(), error: z.string() })

/** Reads counters and classic histograms from a Prometheus server, or from anything that speaks its query API. */
export function openPrometheus(config: Config, secrets: Secrets): TelemetrySource {
  return {
    async read(watches, signal) {
      const readings: Reading[] = []
      for (let from = 0; from < watches.length; from += WATCHES_PER_QUERY) {
        const some = await ask(
          config,
          secrets,
          watches.slice(from, from + WATCHES_PER_QUERY),
          signal,
        )
        if (!some.ok) return some
        readings.push(...some.value)
      }
      return yes(readings)
    },
    close: async () => undefined,
  }
}

async function ask(
  config: Config,
  secrets: Secrets,
  watches: readonly Watch[],
  signal: AbortSignal,
): Promise<Result<readonly Reading[], DriverFailure>> {
  const query = watches
    .map(watchQuery)
    .filter((text) => text !== '')
    .join(' or ')
  if (query === '') return yes([])
  const bearer = config.bearer === undefined ? null : await secrets(config.bearer)
  if (bearer !== null && !bearer.ok) return bearer
  const base = config.url.endsWith('/') ? config.url : `${config.url}/`
  const outcome = await httpExchange(new URL('api/v1/query', base), {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer.value}` }),
    },
    body: new URLSearchParams({ query }).toString(),
    signal: AbortSignal.any([signal, AbortSignal.timeout(config.timeout)]),
    bodyBytesMax: ANSWER_BYTES_MAX,
  })
  const { host } = new URL(config.url)
  switch (outcome.kind) {
    case 'no-connection':
      return no(
        failure(
          'unreachable',
          'safe',
          `Prometheus at ${host} could not be reached (${outcome.code})`,
        ),
      )
    case 'broken':
      return no(
        failure(
          'unreachable',
          'safe',
          `the connection to Prometheus at ${host} broke (${outcome.code})`,
        ),
      )
    case 'aborted':
      return no(failure('timed-out', 'safe', `Prometheus at ${host} did not answer in time`))
    case 'answered':
      return outcome.status === 200
        ? understood(host, outcome.body, watches)
        : no(refused(host, outcome.status, outcome.body))
  }
}

function understood(
  host: string,
  body: string,
  watches: readonly Watch[],
): Result<readonly Reading[], DriverFailure> {
  const answer = VectorAnswer.safeParse(parseJson(body))
  if (answer.success) return yes(readingsOf(answer.data.data.result, watches))
  return no(
    failure(
      'unclear',
      'safe',
      `${host} answered in a shape that Prometheus does not have: is it the right URL?`,
    ),
  )
}

function refused(host: string, status: number, body: string): DriverFailure {
  const answer = ErrorAnswer.safeParse(parseJson(body))
  const why = answer.success
    ? `: ${answer.data.errorType}: ${answer.data.error.slice(0, EXPLANATION_MAX)}`
    : ''
  const detail = `Prometheus at ${host} answered ${status}${why}`
  if (status === 401 || status === 403) return failure('denied', 'never', detail)
  if (status === 400 || status === 422 || status === 404)
    return failure('misconfigured', 'never', detail)
  if (status === 429) return failure('throttled', 'safe', detail)
  return failure('unclear', 'safe', detail)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
