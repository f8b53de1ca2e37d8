import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { codeOf } from './durable-file.ts'

export interface HttpRequest {
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Ends the exchange; what was sent may have been received. */
  readonly signal: AbortSignal
  /** How much of the answer's body is read; the rest is left on the wire. */
  readonly bodyBytesMax: number
}

export type HttpOutcome =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly headers: IncomingHttpHeaders
      readonly body: string
      /** True when the body was longer than the limit. */
      readonly truncated: boolean
    }
  /** Nothing was sent: there was no connection. */
  | { readonly kind: 'no-connection'; readonly code: string }
  /** A connection was there and broke; whether the request was heard is unknown. */
  | { readonly kind: 'broken'; readonly code: string }
  | { readonly kind: 'aborted' }

/**
 * One HTTP request and its answer. Each opens its own connection and none follows a redirect:
 * a kept connection may end at a process that has been replaced, and a redirect at another host.
 */
export function httpExchange(url: URL, asked: HttpRequest): Promise<HttpOutcome> {
  return new Promise((resolve) => {
    if (asked.signal.aborted) {
      resolve({ kind: 'aborted' })
      return
    }
    let connected = false
    const fail = (error: unknown) => {
      const code = codeOf(error) ?? 'unknown error'
      if (asked.signal.aborted) resolve({ kind: 'aborted' })
      else resolve({ kind: connected ? 'broken' : 'no-connection', code })
    }
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    try {
      const exchange = send(url, {
        method: asked.method,
        headers: { 'accept-encoding': 'identity', ...asked.headers, ...lengthOf(asked.body) },
        agent: false,
        signal: asked.signal,
      })
      const ready = url.protocol === 'https:' ? 'secureConnect' : 'connect'
      exchange.on('socket', (socket) => socket.once(ready, () => (connected = true)))
      exchange.on('error', fail)
      exchange.on('response', (response) => {
        const chunks: Buffer[] = []
        let size = 0
        const finish = (truncated: boolean) => {
          const body = Buffer.concat(chunks).subarray(0, asked.bodyBytesMax).toString('utf8')
          const { statusCode: status = 0, headers } = response
          resolve({ kind: 'answered', status, headers, body, truncated })
        }
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          size += chunk.length
          if (size <= asked.bodyBytesMax) return
          finish(true)
          exchange.destroy()
        })
        response.on('end', () => finish(false))
        response.on('error', fail)
      })
      exchange.end(asked.body)
    } catch (error) {
      // Node refuses headers with line breaks and the like before anything is sent.
      fail(error)
    }
  })
}

function lengthOf(body: string | undefined): Record<string, string> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
}
