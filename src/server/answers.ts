import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import { SECOND } from '../core/kernel/instant.ts'
import { problemOf, type Trouble } from './problems.ts'

/** What Hono keeps of one request while it is answered. */
export interface Env {
  readonly Bindings: {
    readonly incoming?: { readonly socket: { readonly remoteAddress?: string | undefined } }
  }
  readonly Variables: { requestId: string; caller: string }
}

export type Ask = Context<Env>

/** A JSON document. Every answer to a look carries its ETag, and is not sent twice. */
export function answerJson(c: Ask, text: string, status: 200 | 201): Response {
  const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8' }
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return c.body(text, status, headers)
  const etag = `"${createHash('sha256').update(text).digest('base64url')}"`
  headers['etag'] = etag
  headers['cache-control'] = 'private, no-cache'
  const known = c.req.header('if-none-match') ?? ''
  const isKnown = known
    .split(',')
    .map((one) => one.trim().replace(/^W\//, ''))
    .some((one) => one === etag || one === '*')
  return isKnown ? c.body(null, 304, headers) : c.body(text, status, headers)
}

/** The problem document for a trouble, with what a polite client needs to go on. */
export function answerTrouble(c: Ask, trouble: Trouble): Response {
  const problem = problemOf(trouble, c.get('requestId'))
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (problem.status === 401) headers['www-authenticate'] = 'Bearer realm="goaround"'
  if (trouble.retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.ceil(trouble.retryAfterMs / SECOND))
  } else if (problem.status === 503) {
    headers['retry-after'] = '1'
  }
  return c.body(JSON.stringify(problem), problem.status, headers)
}
