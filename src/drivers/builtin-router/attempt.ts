import { Agent, type ClientRequest, type IncomingMessage, request as send } from 'node:http'
import type { Socket } from 'node:net'
import { headersForInstance } from './headers.ts'
import { addressOf, CONNECT_WITHIN_MS, type Instance } from './instances.ts'

/** An instance that has said nothing for this long is not going to; users have left long before. */
export const ANSWER_WITHIN_MS = 60_000

/** Every request of its own connection: for the second try after a kept connection broke. */
const FRESH = new Agent({ keepAlive: false })

/** What became of one try to have a request answered by one instance. */
export type Attempt =
  | { readonly kind: 'answered'; readonly answer: IncomingMessage; readonly sent: ClientRequest }
  | {
      readonly kind: 'upgraded'
      readonly answer: IncomingMessage
      readonly socket: Socket
      readonly head: Buffer
    }
  /** There was no connection: the instance has seen nothing of the request. */
  | { readonly kind: 'refused'; readonly code: string }
  /** A connection broke before an answer. `isStale`: it had been kept, and may just have been closed. */
  | { readonly kind: 'broken'; readonly code: string; readonly isStale: boolean }
  | { readonly kind: 'silent' }
  /** The user went away first. */
  | { readonly kind: 'abandoned' }

export interface Try {
  readonly request: IncomingMessage
  readonly isUpgrade: boolean
  /** Use no kept connection. */
  readonly isFresh: boolean
  /** Aborted when the user goes away. */
  readonly userLeft: AbortSignal
}

/**
 * Passes a request on to one instance until the head of the answer is there. The body is not
 * touched before there is a connection, so that a refused request is still whole for another try.
 */
export function attempt(instance: Instance, asked: Try): Promise<Attempt> {
  return new Promise((resolve) => {
    const { request, isUpgrade, isFresh, userLeft } = asked
    let isConnected = false
    let failed: Attempt | null = null
    const sent = send({
      ...addressOf(instance.url),
      agent: isFresh ? FRESH : instance.agent,
      method: request.method ?? 'GET',
      path: pathAt(instance.url, request.url ?? '/'),
      headers: headersForInstance(request, isUpgrade),
    })
    const giveUp = (as: Attempt) => {
      failed ??= as
      sent.destroy()
    }
    let timer = setTimeout(giveUp, CONNECT_WITHIN_MS, { kind: 'refused', code: 'no connection' })
    const leave = () => giveUp({ kind: 'abandoned' })
    userLeft.addEventListener('abort', leave, { once: true })
    const settle = (outcome: Attempt) => {
      clearTimeout(timer)
      userLeft.removeEventListener('abort', leave)
      resolve(outcome)
    }
    const connected = () => {
      isConnected = true
      clearTimeout(timer)
      timer = setTimeout(giveUp, ANSWER_WITHIN_MS, { kind: 'silent' })
      if (hasBody(request)) request.pipe(sent)
      else sent.end()
    }

    sent.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', connected)
      else connected()
    })
    sent.once('response', (answer) => settle({ kind: 'answered', answer, sent }))
    sent.once('upgrade', (answer, socket: Socket, head) =>
      settle({ kind: 'upgraded', answer, socket, head }),
    )
    // After the answer began, what breaks is the answer's own business.
    sent.on('error', (error: NodeJS.ErrnoException) => {
      request.unpipe(sent)
      const code = error.code ?? 'broken'
      if (failed !== null) settle(failed)
      else if (isConnected) settle({ kind: 'broken', code, isStale: sent.reusedSocket })
      else settle({ kind: 'refused', code })
    })
    if (userLeft.aborted) leave()
  })
}

/** Whether a request may carry a body, which can be sent only once. */
export function hasBody({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return true
  return headers['content-length'] !== undefined && headers['content-length'] !== '0'
}

/** A target in absolute form names this router; only its path goes to the instance. */
function pathAt(url: URL, target: string): string {
  const path = target.replace(/^[a-z]+:\/\/[^/?#]*/i, '')
  const base = url.pathname.replace(/\/$/, '')
  return path.startsWith('/') || path === '*' ? `${base}${path}` : `${base}/${path}`
}
