import { z } from 'zod'
import { failure } from '../../core/kernel/failure.ts'
import { type Instant, MINUTE, type Millis, SECOND } from '../../core/kernel/instant.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { Answer } from '../../ports/driver.ts'
import type { Secrets } from '../../ports/secrets.ts'
import { httpExchange } from '../support/http-exchange.ts'
import { shorten } from '../support/last-line.ts'
import type { AzureMonitorConfig } from './config.ts'

/** A token is renewed this long before it ends, so that none ends on its way. */
const RENEW_BEFORE_MS: Millis = 5 * MINUTE
/** A token answer is a few kilobytes. */
const ANSWER_BYTES_MAX = 64 * 1024
const EXPLANATION_MAX = 200

const PUBLIC_AUTHORITY = 'https://login.microsoftonline.com'
/** The address at which a virtual machine is told its own identity. */
const MACHINE_IDENTITY = 'http://169.254.169.254/metadata/identity/oauth2/token'

/** Seconds are numbers from the one endpoint and texts from the other. */
const Token = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().optional(),
  expires_on: z.coerce.number().positive().optional(),
})
const Refusal = z.object({ error: z.string(), error_description: z.string().optional() })

/** Gives a token that is still good, and takes back one that was refused. */
export interface Tokens {
  readonly get: (signal: AbortSignal) => Answer<string>
  readonly forget: () => void
}

interface Parts {
  readonly secrets: Secrets
  readonly environment: NodeJS.ProcessEnv
  readonly now: () => Instant
}

/**
 * Tokens for one resource (`https://api.loganalytics.io`), fetched when first needed and kept in
 * memory until shortly before they end. A secret that stands somewhere else is read anew each time.
 */
export function openTokens(config: AzureMonitorConfig, resource: string, parts: Parts): Tokens {
  const { secrets, now } = parts
  let kept: { readonly token: string; readonly until: Instant } | null = null
  return {
    async get(signal) {
      if (config.bearer !== undefined) return secrets(config.bearer)
      if (kept !== null && now() < kept.until) return yes(kept.token)
      const fetched = await fetchToken(config, resource, parts, signal)
      if (!fetched.ok) return fetched
      kept = fetched.value
      return yes(kept.token)
    },
    forget() {
      kept = null
    },
  }
}

type Fetched = Answer<{ readonly token: string; readonly until: Instant }>

async function fetchToken(
  config: AzureMonitorConfig,
  resource: string,
  parts: Parts,
  signal: AbortSignal,
): Fetched {
  const asked =
    config.client === undefined
      ? yes(identityRequest(config, resource, parts.environment))
      : await clientRequest(
          config.client,
          config.authority ?? PUBLIC_AUTHORITY,
          resource,
          parts.secrets,
        )
  if (!asked.ok) return asked
  const { url, ...request } = asked.value
  const outcome = await httpExchange(url, {
    ...request,
    signal: AbortSignal.any([signal, AbortSignal.timeout(config.timeout)]),
    bodyBytesMax: ANSWER_BYTES_MAX,
  })
  if (outcome.kind !== 'answered') {
    return no(failure('unreachable', 'safe', `no token from ${url.host}: it did not answer`))
  }
  return understood(url.host, outcome.status, parseJson(outcome.body), parts.now())
}

function understood(host: string, status: number, body: unknown, now: Instant): Awaited<Fetched> {
  const token = Token.safeParse(body)
  if (status === 200 && token.success) {
    const { access_token, expires_in, expires_on } = token.data
    const until = expires_in === undefined ? (expires_on ?? 0) * SECOND : now + expires_in * SECOND
    return yes({ token: access_token, until: until - RENEW_BEFORE_MS })
  }
  if (status === 200) {
    return no(failure('unclear', 'safe', `${host} answered without a token: is it the authority?`))
  }
  const refusal = Refusal.safeParse(body)
  const { error, error_description = '' } = refusal.success
    ? refusal.data
    : { error: '', error_description: '' }
  const why = `${error} ${error_description}`.trim()
  const detail = `${host} gave no token (${status})${why === '' ? '' : `: ${shorten(why, EXPLANATION_MAX)}`}`
  if (status === 429 || status >= 500) return no(failure('throttled', 'safe', detail))
  return no(failure('denied', 'never', detail))
}

interface Request {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** OAuth 2.0 client credentials: learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow. */
async function clientRequest(
  { tenant, id, secret }: NonNullable<AzureMonitorConfig['client']>,
  authority: string,
  resource: string,
  secrets: Secrets,
): Answer<Request> {
  const found = await secrets(secret)
  if (!found.ok) return found
  const fields = {
    grant_type: 'client_credentials',
    client_id: id,
    client_secret: found.value,
    scope: `${resource}/.default`,
  }
  return yes({
    url: new URL(`/${encodeURIComponent(tenant)}/oauth2/v2.0/token`, authority),
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  })
}

/** App Service and containers say in the environment where to ask, virtual machines have one address. */
function identityRequest(
  { identity, authority }: AzureMonitorConfig,
  resource: string,
  environment: NodeJS.ProcessEnv,
): Request {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = environment
  const isGiven = endpoint !== undefined && header !== undefined
  const url = new URL(isGiven ? endpoint : (authority ?? MACHINE_IDENTITY))
  url.searchParams.set('api-version', isGiven ? '2019-08-01' : '2018-02-01')
  url.searchParams.set('resource', resource)
  if (identity?.clientId !== undefined) url.searchParams.set('client_id', identity.clientId)
  const headers: Readonly<Record<string, string>> = isGiven
    ? { 'x-identity-header': header }
    : { metadata: 'true' }
  return { url, method: 'GET', headers }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
