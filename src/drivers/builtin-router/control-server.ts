import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { z } from 'zod'
import { AttachOrder, RouteOrder } from './control-protocol.ts'

/** The largest order is a cohort of 1,000 subjects of 200 characters. */
const BODY_BYTES_MAX = 2 * 1024 * 1024

/** What the router process can be told and asked. */
export interface Orders {
  readonly state: () => unknown
  readonly counts: () => unknown
  /** Answers null, or a sentence why not. */
  readonly attach: (order: z.output<typeof AttachOrder>) => Promise<null>
  readonly route: (order: z.output<typeof RouteOrder>) => Promise<string | null>
  readonly stop: () => void
}

/** HTTP and JSON for the drivers of this machine; it listens on a unix socket only its owner may open. */
export function createControlServer(orders: Orders): Server {
  return createServer((request, response) => {
    answer(orders, request).then(
      ([status, body]) => reply(response, status, body),
      (error: unknown) => {
        const detail = error instanceof Error ? error.message : String(error)
        reply(response, 500, { detail })
      },
    )
  })
}

async function answer(
  orders: Orders,
  request: IncomingMessage,
): Promise<readonly [status: number, body: unknown]> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /state':
      return [200, orders.state()]
    case 'GET /counts':
      return [200, orders.counts()]
    case 'PUT /endpoints':
      return [200, await orders.attach(AttachOrder.parse(await bodyOf(request)))]
    case 'PUT /plan': {
      const refusal = await orders.route(RouteOrder.parse(await bodyOf(request)))
      return refusal === null ? [200, null] : [409, { detail: refusal }]
    }
    case 'POST /stop':
      orders.stop()
      return [202, null]
    default:
      return [404, { detail: `no order '${request.method} ${request.url}'` }]
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > BODY_BYTES_MAX) throw new Error(`an order is larger than ${BODY_BYTES_MAX} bytes`)
    chunks.push(bytes)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
