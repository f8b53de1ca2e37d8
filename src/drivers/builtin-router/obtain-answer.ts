import type { IncomingMessage } from 'node:http'
import { routeOf } from '../support/request-counts.ts'
import { type Attempt, attempt, hasBody } from './attempt.ts'
import type { Instance } from './instances.ts'
import type { Stacks } from './stacks.ts'

/** Requests with these methods may be sent twice: RFC 9110 section 9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'TRACE',
])

/**
 * A request that was already heard when the connection broke is sent to one more instance at most:
 * if it is the request that brings instances down, it must not go through all of them.
 */
const BREAKS_MAX = 2

type Head = Extract<Attempt, { kind: 'answered' | 'upgraded' }>

/** A request and what is needed to have it answered. */
export interface Asking {
  readonly request: IncomingMessage
  readonly isUpgrade: boolean
  readonly subjectHeader: string | null
  readonly userLeft: AbortSignal
}

export type Obtained =
  | {
      readonly kind: 'head'
      readonly head: Head
      readonly stack: string
      /** To be called when the last byte has gone through. */
      readonly finish: () => void
      /** To be called when the instance broke the answer off. */
      readonly brokeOff: () => void
    }
  | {
      readonly kind: 'nobody'
      readonly status: 502 | 503 | 504
      readonly stack: string | null
      readonly says: string
    }
  | { readonly kind: 'left' }

/**
 * Has a request answered by the stack that is drawn for it, or by the other one when nobody there
 * accepts a connection. What each stack did is counted as that stack's, also when the user was
 * saved by somebody else: a candidate that crashes is evidence against it, even if nobody noticed.
 * So a request that was tried twice is counted twice.
 */
export async function obtainAnswer(stacks: Stacks, asking: Asking): Promise<Obtained> {
  const { request, isUpgrade, userLeft } = asking
  const drawn = stacks.draw(subjectOf(request, asking.subjectHeader))
  if (drawn === null) return { kind: 'nobody', status: 503, stack: null, says: 'no route yet' }

  const route = routeOf(request.url ?? '/')
  const line = stacks.lineUp(drawn)
  if (line[0]?.stack !== drawn) {
    stacks.countsOf(drawn).ended({ route, status: null, tookMs: null, isError: true })
  }
  let breaks = 0
  let last: Attempt | null = null
  for (const instance of line) {
    const begunAt = performance.now()
    const finish = stacks.begin(instance)
    const outcome = await attemptOnce(instance, { request, isUpgrade, userLeft })
    const tookMs = performance.now() - begunAt
    const counts = stacks.countsOf(instance.stack)
    if (outcome.kind === 'answered' || outcome.kind === 'upgraded') {
      const status = outcome.answer.statusCode ?? 502
      const isError = status >= 500
      counts.ended({ route, status, tookMs, isError })
      const brokeOff = () => {
        if (!isError) counts.brokeOff(route)
      }
      return { kind: 'head', head: outcome, stack: instance.stack, finish, brokeOff }
    }
    finish()
    const waited = outcome.kind === 'refused' || outcome.kind === 'broken' ? null : tookMs
    counts.ended({ route, status: null, tookMs: waited, isError: true })
    if (outcome.kind === 'abandoned') return { kind: 'left' }
    if (outcome.kind === 'refused') stacks.instances.reportDown(instance)
    last = outcome
    if (outcome.kind === 'silent') break
    if (outcome.kind === 'broken' && (!mayBeRepeated(request) || ++breaks >= BREAKS_MAX)) break
  }
  return nobody(drawn, last)
}

/**
 * One try, as the user and the evidence see it. A kept connection that breaks has most often just
 * been closed for being idle, which says nothing about the instance: it is asked again on a new one.
 */
async function attemptOnce(
  instance: Instance,
  asked: Omit<Parameters<typeof attempt>[1], 'isFresh'>,
): Promise<Attempt> {
  const first = await attempt(instance, { ...asked, isFresh: false })
  const isStale = first.kind === 'broken' && first.isStale && mayBeRepeated(asked.request)
  return isStale ? attempt(instance, { ...asked, isFresh: true }) : first
}

function mayBeRepeated(request: IncomingMessage): boolean {
  return IDEMPOTENT.has(request.method ?? '') && !hasBody(request)
}

function nobody(stack: string, last: Attempt | null): Obtained {
  const [status, says] = excuse(last)
  return { kind: 'nobody', status, stack, says }
}

function excuse(last: Attempt | null): readonly [502 | 503 | 504, string] {
  if (last === null) return [503, 'no instance is attached']
  if (last.kind === 'silent') return [504, 'the instance did not answer in time']
  if (last.kind === 'broken') return [502, 'the instance broke the connection']
  return [503, 'no instance accepts connections']
}

/** Header bytes are UTF-8 in practice and come as Latin-1; the bucket is that of the bytes. */
function subjectOf(request: IncomingMessage, header: string | null): string | null {
  const value = header === null ? undefined : request.headers[header]
  if (value === undefined || value === '') return null
  return Buffer.from(String(value), 'latin1').toString('utf8')
}
