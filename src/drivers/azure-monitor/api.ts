import { z } from 'zod'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import {
  type Instant,
  MINUTE,
  type Millis,
  SECOND,
  sayDuration,
} from '../../core/kernel/instant.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { Answer } from '../../ports/driver.ts'
import { httpExchange } from '../support/http-exchange.ts'
import { shorten } from '../support/last-line.ts'
import type { AzureMonitorConfig } from './config.ts'
import type { Tokens } from './tokens.ts'

/** The service itself ends an answer at 64 MB; a tenth of that is already the wrong query. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024
const EXPLANATION_MAX = 300
/** Where a throttled service does not say how long: its quota is counted over half a minute. */
const QUIET_MS: Millis = 30 * SECOND
/** However long a service says: then somebody else is asked to look. */
const QUIET_MAX_MS: Millis = 10 * MINUTE

const Trouble = z.object({
  code: z.string().default(''),
  message: z.string().default(''),
  innererror: z.object({ message: z.string().default('') }).optional(),
})

/** Only the part that is relied on: learn.microsoft.com/azure/azure-monitor/logs/api/response-format. */
const Answered = z.object({
  tables: z
    .array(
      z.object({
        columns: z.array(z.object({ name: z.string(), type: z.string() })),
        rows: z.array(z.array(z.unknown())),
      }),
    )
    .min(1),
  error: Trouble.optional(),
})
const Refused = z.object({ error: Trouble })

/** One table as the service gave it. */
export type Table = z.output<typeof Answered>['tables'][number]

/** Asks one KQL query over a stretch of time and answers its first table. Only reads. */
export type Api = (
  query: string,
  stretch: { readonly from: Instant; readonly to: Instant },
  signal: AbortSignal,
) => Answer<Table>

/** What a source of either kind is called, and whom its tokens are for. */
export function resourceOf({ workspace }: AzureMonitorConfig): string {
  return workspace === undefined
    ? 'https://api.applicationinsights.io'
    : 'https://api.loganalytics.io'
}

/**
 * The query API. After 429 nothing is asked until the service wants to be asked again. A token
 * that was refused is fetched anew once. A partial answer is none: what is missing from it cannot
 * be told from what did not happen.
 */
export function openApi(config: AzureMonitorConfig, tokens: Tokens, now: () => Instant): Api {
  const url = addressOf(config)
  let quietUntil: Instant = 0
  return async function ask(query, { from, to }, signal) {
    if (now() < quietUntil) {
      const wait = sayDuration(quietUntil - now())
      return no(failure('throttled', 'safe', `${url.host} wants not to be asked for ${wait} more`))
    }
    const body = JSON.stringify({ query, timespan: `${iso(from)}/${iso(to)}` })
    const first = await send(body, signal)
    const isStale = !first.ok && first.problem.reason === 'denied' && first.problem.retry === 'safe'
    if (!isStale || config.bearer !== undefined) return first
    tokens.forget()
    return send(body, signal)
  }

  async function send(body: string, signal: AbortSignal): Answer<Table> {
    const token = await tokens.get(signal)
    if (!token.ok) return token
    const outcome = await httpExchange(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        authorization: `Bearer ${token.value}`,
        prefer: `wait=${Math.max(1, Math.floor(config.timeout / SECOND))}`,
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(config.timeout)]),
      bodyBytesMax: ANSWER_BYTES_MAX,
    })
    if (outcome.kind === 'aborted')
      return no(failure('timed-out', 'safe', `${url.host} did not answer in time`))
    if (outcome.kind !== 'answered')
      return no(
        failure('unreachable', 'safe', `${url.host} could not be reached (${outcome.code})`),
      )
    if (outcome.status === 429) {
      const wait = retryAfter(outcome.headers['retry-after'])
      quietUntil = now() + wait
      const says = `${url.host} has had too many queries; it is asked again in ${sayDuration(wait)}`
      return no(failure('throttled', 'safe', says))
    }
    if (outcome.status !== 200) return no(refused(url.host, outcome.status, outcome.body))
    if (outcome.truncated) {
      const says = `${url.host} answered more than ${ANSWER_BYTES_MAX} bytes: narrow the query`
      return no(failure('misconfigured', 'never', says))
    }
    return understood(url.host, outcome.body)
  }
}

function addressOf({ workspace, app, endpoint }: AzureMonitorConfig): URL {
  return workspace === undefined
    ? new URL(`/v1/apps/${app ?? ''}/query`, endpoint ?? 'https://api.applicationinsights.io')
    : new URL(`/v1/workspaces/${workspace}/query`, endpoint ?? 'https://api.loganalytics.azure.com')
}

function understood(host: string, body: string): Awaited<Answer<Table>> {
  const answer = Answered.safeParse(parseJson(body))
  const [table] = answer.success ? answer.data.tables : []
  if (!answer.success || table === undefined) {
    const says = `${host} answered in a shape that the query API does not have: is it the right endpoint?`
    return no(failure('unclear', 'safe', says))
  }
  const { error } = answer.data
  if (error === undefined) return yes(table)
  return no(failure('unclear', 'safe', `${host} answered in part only: ${sayTrouble(error)}`))
}

function refused(host: string, status: number, body: string): DriverFailure {
  const answer = Refused.safeParse(parseJson(body))
  const why = answer.success ? `: ${sayTrouble(answer.data.error)}` : ''
  const detail = `${host} answered ${status}${why}`
  if (status === 401) return failure('denied', 'safe', detail)
  if (status === 403) return failure('denied', 'never', detail)
  if (status === 400) return failure('misconfigured', 'never', detail)
  if (status === 404) return failure('not-found', 'never', detail)
  return failure('unclear', 'safe', detail)
}

function sayTrouble({ code, message, innererror }: z.output<typeof Trouble>): string {
  const inner = innererror === undefined ? '' : ` ${innererror.message}`
  return shorten(`${code}: ${message}${inner}`, EXPLANATION_MAX)
}

/** Seconds or a date, RFC 9110 10.2.3. */
function retryAfter(header: string | undefined): Millis {
  const seconds = Number(header)
  const wait = Number.isFinite(seconds) ? seconds * SECOND : Date.parse(header ?? '') - Date.now()
  if (header === undefined || !Number.isFinite(wait) || wait <= 0) return QUIET_MS
  return Math.min(wait, QUIET_MAX_MS)
}

function iso(at: Instant): string {
  return new Date(at).toISOString()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
