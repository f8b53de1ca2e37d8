import { failure } from '../../core/kernel/failure.ts'
import { sayDuration } from '../../core/kernel/instant.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { Smoke } from '../../core/strategy/connections.ts'
import type { Answer, Ask } from '../../ports/driver.ts'
import type { ProbeTarget } from '../../ports/prober.ts'
import { type HttpOutcome, httpExchange } from '../support/http-exchange.ts'
import { checkAnswer } from './check-answer.ts'
import { type Finding, failed } from './finding.ts'
import { outOfTime } from './out-of-time.ts'

export type HttpSmoke = NonNullable<Smoke['http']>
type Answered = Extract<HttpOutcome, { kind: 'answered' }>

/** A smoke test reads a page or a status document; more than this is a download. */
const BODY_BYTES_MAX = 1024 * 1024

/** From `/` to `/en/` to `/en/start`; more hops than this go in circles. */
const REDIRECTS_MAX = 5

/** DNS codes that tell of the resolver and not of the candidate. */
const RESOLVER_TROUBLE = new Set(['EAI_AGAIN', 'ENOTFOUND', 'EAI_FAIL'])

/**
 * Asks one instance of the candidate over HTTP. An instance that does not answer has failed the
 * test; a test that could not be asked, because no instance is known, is a failure of ours. A
 * redirect is followed only on the same host, since another host is not the candidate.
 */
export async function probeHttp(
  http: HttpSmoke,
  smoke: Smoke,
  target: ProbeTarget,
  ask: Ask,
): Answer<Finding> {
  const url = urlOf(http, target)
  if (!url.ok) return url
  const patience = Math.min(http.within, smoke.timeout)
  const timeOver = AbortSignal.timeout(patience)
  const signal = AbortSignal.any([ask.signal, timeOver])
  const asked = `${http.method} ${http.path} of ${url.value.host}`

  const begun = performance.now()
  const outcome = await askFollowing(http, url.value, target, ask.effectId, signal)
  if (outcome.kind === 'answered') {
    const tookMs = performance.now() - begun
    return yes(checkAnswer(http, target, outcome, `${asked} answered ${outcome.status}`, tookMs))
  }
  if (ask.signal.aborted) return no(outOfTime(smoke))
  if (outcome.kind === 'aborted') {
    return yes(failed(`${asked} was not complete within ${sayDuration(patience)}`))
  }
  if (RESOLVER_TROUBLE.has(outcome.code)) {
    const what = `the host of ${url.value.host} could not be looked up (${outcome.code})`
    return no(failure('unreachable', 'safe', what))
  }
  return yes(failed(`${asked} was not answered (${outcome.code})`))
}

function urlOf(http: HttpSmoke, { endpoint, stack, release }: ProbeTarget) {
  if (endpoint === null) {
    const what = `no instance of '${release}' on stack '${stack}' is known that could be asked`
    return no(failure('not-found', 'safe', what))
  }
  // `new URL(path, base)` would take `//host/…` for another host.
  const text = `${endpoint.replace(/\/$/, '')}${http.path}`
  const [base, url] = [endpoint, text].map((one) => URL.parse(one))
  if (url && base && url.origin === base.origin && /^https?:$/.test(url.protocol)) return yes(url)
  const what = `'${text}' is no address of an instance on stack '${stack}'`
  return no(failure('misconfigured', 'never', what))
}

async function askFollowing(
  http: HttpSmoke,
  start: URL,
  target: ProbeTarget,
  effectId: string,
  signal: AbortSignal,
): Promise<HttpOutcome> {
  let url = start
  for (let hops = 0; ; hops += 1) {
    const outcome = await httpExchange(url, {
      method: http.method,
      headers: {
        'user-agent': 'goaround-smoke-test',
        'goaround-group': target.group,
        'goaround-effect-id': effectId,
        ...http.headers,
      },
      ...(http.body === undefined ? {} : { body: http.body }),
      signal,
      bodyBytesMax: BODY_BYTES_MAX,
    })
    if (outcome.kind !== 'answered') return outcome
    const next = hops < REDIRECTS_MAX ? nextOf(http, url, outcome) : null
    if (next === null) return outcome
    url = next
  }
}

/** Where a redirect leads, when it may be followed; null otherwise, and the answer is judged as it is. */
function nextOf(http: HttpSmoke, url: URL, { status, headers }: Answered): URL | null {
  const isRedirect = [301, 302, 303, 307, 308].includes(status)
  if (!isRedirect || status === http.status || headers.location === undefined) return null
  if (http.method !== 'GET' && http.method !== 'HEAD') return null
  const next = URL.parse(headers.location, url.href)
  return next !== null && next.origin === url.origin ? next : null
}
