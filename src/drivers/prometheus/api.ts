import { z } from 'zod'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { TelemetrySource as SourceConfig } from '../../core/strategy/connections.ts'
import type { Answer } from '../../ports/driver.ts'
import type { Secrets } from '../../ports/secrets.ts'
import { type HttpOutcome, httpExchange } from '../support/http-exchange.ts'
import { shorten } from '../support/last-line.ts'

export type PrometheusConfig = Extract<SourceConfig, { driver: 'prometheus' }>

/** 200 watches of 50 buckets are about 2 MB of JSON. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024
/** Prometheus' own explanation of a bad query, as far as a person reads. */
const EXPLANATION_MAX = 300

const ErrorAnswer = z.object({ errorType: z.string(), error: z.string() })

/** Asks one endpoint of the query API and answers its JSON; `refused` is an answer that is too long. Only reads, so asking again is safe. */
export type Api = (
  endpoint: 'query' | 'labels' | 'metadata',
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Answer<unknown>

/** The query API of one server. Forms are posted, because a query for all rollouts is longer than a URL may be. */
export function openApi(config: PrometheusConfig, secrets: Secrets): Api {
  const base = config.url.endsWith('/') ? config.url : `${config.url}/`
  const { host } = new URL(base)
  return async (endpoint, fields, signal) => {
    const bearer = config.bearer === undefined ? null : await secrets(config.bearer)
    if (bearer !== null && !bearer.ok) return bearer
    const url = new URL(`api/v1/${endpoint}`, base)
    const form = new URLSearchParams(fields).toString()
    // The metadata endpoint knows GET alone.
    const isGet = endpoint === 'metadata'
    if (isGet) url.search = form
    const outcome = await httpExchange(url, {
      method: isGet ? 'GET' : 'POST',
      headers: {
        ...(isGet ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        accept: 'application/json',
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer.value}` }),
      },
      ...(isGet ? {} : { body: form }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(config.timeout)]),
      bodyBytesMax: ANSWER_BYTES_MAX,
    })
    if (outcome.kind !== 'answered') return no(unanswered(host, outcome))
    if (outcome.status !== 200) return no(refused(host, outcome.status, outcome.body))
    if (outcome.truncated) {
      const what = `${host} answered more than ${ANSWER_BYTES_MAX} bytes: sum the query over fewer series`
      return no(failure('refused', 'never', what))
    }
    return yes(parseJson(outcome.body))
  }
}

function unanswered(
  host: string,
  outcome: Exclude<HttpOutcome, { kind: 'answered' }>,
): DriverFailure {
  switch (outcome.kind) {
    case 'no-connection': {
      const what = `Prometheus at ${host} could not be reached (${outcome.code})`
      return failure('unreachable', 'safe', what)
    }
    case 'broken': {
      const what = `the connection to Prometheus at ${host} broke (${outcome.code})`
      return failure('unreachable', 'safe', what)
    }
    case 'aborted':
      return failure('timed-out', 'safe', `Prometheus at ${host} did not answer in time`)
  }
}

function refused(host: string, status: number, body: string): DriverFailure {
  const answer = ErrorAnswer.safeParse(parseJson(body))
  const why = answer.success
    ? `: ${answer.data.errorType}: ${shorten(answer.data.error, EXPLANATION_MAX)}`
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
