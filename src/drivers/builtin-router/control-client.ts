import { request as send } from 'node:http'
import { codeOf } from '../support/durable-file.ts'

/** The process answers from memory; one that needs longer than this is stopped or swapped out. */
const ANSWER_WITHIN_MS = 3_000

export type ControlAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: unknown }
  /** Nobody takes orders there. */
  | { readonly kind: 'gone' }
  /** The process ended, or something else broke the connection. */
  | { readonly kind: 'broken' }
  /** The order was sent, and whether it was obeyed is unknown. */
  | { readonly kind: 'unclear'; readonly why: string }

/** Gives one order to a router process, or asks it something. */
export function order(
  socketPath: string,
  method: 'GET' | 'PUT' | 'POST',
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<ControlAnswer> {
  return new Promise((resolve) => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])
    if (within.aborted) {
      resolve({ kind: 'unclear', why: 'there was no time left to ask' })
      return
    }
    const fail = (error: unknown) => {
      const code = codeOf(error)
      if (code === 'ENOENT' || code === 'ECONNREFUSED') resolve({ kind: 'gone' })
      else if (within.aborted) resolve({ kind: 'unclear', why: 'it did not answer in time' })
      else resolve({ kind: 'broken' })
    }
    const text = body === undefined ? '' : JSON.stringify(body)
    const headers = { 'content-length': Buffer.byteLength(text) }
    const sent = send({ socketPath, method, path, headers, agent: false, signal: within })
    sent.on('error', fail)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', fail)
      response.on('end', () => {
        const status = response.statusCode ?? 0
        resolve({ kind: 'answered', status, body: parse(Buffer.concat(chunks).toString('utf8')) })
      })
    })
    sent.end(text)
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
