import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

/** A secret for tests; it protects nothing. */
export const TEST_WEBHOOK_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

export interface WebhookReceiver {
  readonly url: string
  /** Bodies whose signature was right, repeats with the same id once. */
  readonly received: () => readonly Record<string, unknown>[]
  /** What the next requests are answered with, instead of 204. */
  readonly answers: { status: number; headers?: Record<string, string> }[]
  readonly stop: () => Promise<void>
}

/** A receiver that checks signatures as the specification asks. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received = new Map<string, Record<string, unknown>>()
  const answers: WebhookReceiver['answers'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const answer = answers.shift()
      if (answer !== undefined) {
        response.writeHead(answer.status, answer.headers).end()
        return
      }
      try {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        )
        const body = new Webhook(TEST_WEBHOOK_SECRET).verify(
          Buffer.concat(chunks).toString('utf8'),
          headers,
        )
        const id = headers['webhook-id'] ?? ''
        if (!received.has(id)) received.set(id, Object(body) as Record<string, unknown>)
        response.writeHead(204).end()
      } catch {
        response.writeHead(401).end()
      }
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received: () => [...received.values()],
    answers,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
