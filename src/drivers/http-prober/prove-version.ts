import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { VersionProof } from '../../core/strategy/connections.ts'
import type { Answer } from '../../ports/driver.ts'
import type { ProofTarget } from '../../ports/prober.ts'
import { httpExchange } from '../support/http-exchange.ts'
import { shorten } from '../support/last-line.ts'
import { valueAt } from './value-at.ts'

/** A version is a line; this much is room for the status document it stands in. */
const BODY_BYTES_MAX = 256 * 1024

/** Instances asked at one time. */
const ASKED_AT_ONCE = 20

/** A version that a sentence quotes. */
const VERSION_CHARS_MAX = 100

/**
 * Asks every instance for its release. One that names another release, or none, fails the proof,
 * with both versions in the sentence: a test of the wrong release proves nothing, whatever it says.
 */
export async function proveVersion(
  version: VersionProof,
  { release, stack, endpoints }: ProofTarget,
  signal: AbortSignal,
): Answer<{ readonly says: string }> {
  if (endpoints.length === 0) {
    const what = `no instance of '${release}' on stack '${stack}' is known that could be asked for its version`
    return no(failure('not-found', 'safe', what))
  }
  const wanted = version.equals.replaceAll('{release}', release)
  for (let from = 0; from < endpoints.length; from += ASKED_AT_ONCE) {
    const some = endpoints.slice(from, from + ASKED_AT_ONCE)
    const asked = some.map((endpoint) => problemOf(version, wanted, endpoint, signal))
    const problem = (await Promise.all(asked)).find((one) => one !== null)
    if (problem !== undefined) return no(problem)
  }
  const who = endpoints.length === 1 ? 'the instance' : `all ${endpoints.length} instances`
  return yes({ says: `${who} said '${wanted}' at ${version.path}` })
}

async function problemOf(
  version: VersionProof,
  wanted: string,
  endpoint: string,
  signal: AbortSignal,
): Promise<DriverFailure | null> {
  const url = URL.parse(`${endpoint.replace(/\/$/, '')}${version.path}`)
  if (url === null || url.origin !== URL.parse(endpoint)?.origin) {
    const what = `'${endpoint}${version.path}' is no address that could be asked for a version`
    return failure('misconfigured', 'never', what)
  }
  const asked = `GET ${version.path} of ${url.host}`
  const outcome = await httpExchange(url, {
    method: 'GET',
    headers: { 'user-agent': 'goaround-smoke-test' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(version.within)]),
    bodyBytesMax: BODY_BYTES_MAX,
  })
  if (outcome.kind !== 'answered') {
    const why = outcome.kind === 'aborted' ? 'in time' : `(${outcome.code})`
    const what = `the release under test is '${wanted}', and ${asked} was not answered ${why}`
    return failure('unreachable', 'safe', what)
  }
  if (outcome.status < 200 || outcome.status > 299) {
    const what = `the release under test is '${wanted}', and ${asked} answers ${outcome.status} instead of a version`
    return failure('refused', 'safe', what)
  }
  const said = versionIn(version, outcome.headers, outcome.body)
  if (said === wanted) return null
  const shown = said === null ? 'no version' : `'${shorten(said, VERSION_CHARS_MAX)}'`
  const what = `the release under test is '${wanted}', and ${asked} says ${shown}`
  return failure('refused', 'safe', what)
}

function versionIn(
  { json, header }: VersionProof,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: string,
): string | null {
  if (header !== undefined) return headers[header.toLowerCase()]?.toString() ?? null
  if (json === undefined) return body.trim() === '' ? null : body.trim()
  try {
    const value = valueAt(JSON.parse(body), json)
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null
  } catch {
    return null
  }
}
