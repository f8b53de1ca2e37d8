import { createServer as createHttpServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { SECOND } from '../core/kernel/instant.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import { createServer } from './app.ts'
import { hostsOf, isLoopback } from './hosts.ts'
import type { ServerParts } from './parts.ts'

/** The headers of an honest request come in one packet. */
const HEADERS_WITHIN_MS = 10 * SECOND
/** Two megabytes over a slow line. Live streams are answers and not bound by it. */
const REQUEST_WITHIN_MS = 30 * SECOND
/** Longer than the pauses of a client that polls, shorter than those of proxies. */
const IDLE_MS = 15 * SECOND
/** Requests that are under way at the end may take this long. */
const STOP_WITHIN_MS = 10 * SECOND
/** Short enough that nobody notices, long enough to cost nothing. */
const CLOSE_IDLE_EVERY_MS = 50
/** File descriptors are needed for drivers too. */
const CONNECTIONS_MAX = 2_000

export interface Running {
  /** `http://127.0.0.1:4800` */
  readonly url: string
  readonly port: number
  /** Takes nothing new, ends the live streams, lets requests finish for a while, then closes. */
  readonly stop: () => Promise<void>
}

/** Why the server could not begin to listen, in a sentence that says what to do. */
export interface ServeRefusal {
  readonly code: 'open-beyond-loopback' | 'cannot-listen'
  readonly detail: string
}

/** Listens on a host and port (0: a free one) and answers with the API. */
export async function serve(
  parts: ServerParts,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Result<Running, ServeRefusal>> {
  if (parts.access.mode === 'open' && !isLoopback(host)) {
    const detail = `without tokens the server only listens on loopback, not on ${host}: use --listen 127.0.0.1:${port}, or leave out --no-auth`
    return no({ code: 'open-beyond-loopback', detail })
  }
  const stopping = new AbortController()
  const app = createServer(parts, { hosts: hostsOf(host), stopping: stopping.signal })
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const server = createHttpServer(
    {
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      keepAliveTimeout: IDLE_MS,
    },
    (incoming, outgoing) => void listener(incoming, outgoing),
  )
  server.maxConnections = CONNECTIONS_MAX
  const sockets = watchSockets(server)
  const listening = await listen(server, host, port)
  if (!listening.ok) return listening
  const name = host.includes(':') ? `[${host}]` : host
  return yes({
    url: `http://${name}:${listening.value}`,
    port: listening.value,
    stop: () => stop(server, stopping, sockets),
  })
}

function listen(server: Server, host: string, port: number): Promise<Result<number, ServeRefusal>> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'something listens there already: stop it, or choose another port with --listen'
          : error.message
      resolve(no({ code: 'cannot-listen', detail: `cannot listen on ${host}:${port}: ${why}` }))
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve(yes(typeof address === 'object' && address !== null ? address.port : port))
    })
  })
}

interface Sockets {
  /** Closes those on which nothing is being answered. */
  readonly closeIdle: () => void
}

/** Node's own `closeIdleConnections` passes over connections that have not asked for anything yet. */
function watchSockets(server: Server): Sockets {
  const answering = new Map<Socket, number>()
  server.on('connection', (socket) => {
    answering.set(socket, 0)
    socket.once('close', () => answering.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    answering.set(socket, (answering.get(socket) ?? 0) + 1)
    response.once('close', () => {
      const left = answering.get(socket)
      if (left !== undefined) answering.set(socket, left - 1)
    })
  })
  return {
    closeIdle() {
      for (const [socket, requests] of answering) if (requests === 0) socket.destroy()
    },
  }
}

async function stop(server: Server, stopping: AbortController, sockets: Sockets): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  stopping.abort()
  // Connections become idle one by one, as their last answers are sent.
  const idle = setInterval(sockets.closeIdle, CLOSE_IDLE_EVERY_MS)
  const late = setTimeout(() => server.closeAllConnections(), STOP_WITHIN_MS)
  await closed
  clearInterval(idle)
  clearTimeout(late)
}
