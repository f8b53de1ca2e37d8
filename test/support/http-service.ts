import { type Agent, createServer, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** Says which service answered, whatever stands between it and the test. */
export const SERVED_BY = 'x-served-by'

/** An answer that takes longer than this is a failed test, not a slow service. */
const ANSWER_WITHIN_MS = 10_000

/** The pace is kept by looking this often at how many requests are due. */
const PACE_MS = 5

/** One small HTTP service in this process, as well or unwell as a test wants it. */
export interface HttpService {
  readonly name: string
  readonly url: string
  readonly port: number
  /** Requests whose head has arrived. */
  readonly seen: () => number
  /** What it answers from now on. */
  answer: { status: number; delayMs: number }
  /** Lets all requests wait from now on, until the answer is called. */
  readonly hold: () => () => void
  /** Drops listener and connections at once, as when the process is killed. */
  readonly crash: () => Promise<void>
  /** Comes back on the same port. */
  readonly recover: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Starts a service on a free port; it answers with its name. */
export async function startHttpService(name: string): Promise<HttpService> {
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []
  let isHolding = false
  let seen = 0
  let server = createServer(handle)
  const port = await listen(0)

  const service: HttpService = {
    name,
    url: `http://127.0.0.1:${port}`,
    port,
    seen: () => seen,
    answer: { status: 200, delayMs: 0 },
    hold() {
      isHolding = true
      return () => {
        isHolding = false
        for (const go of held.splice(0)) go()
      }
    },
    crash,
    async recover() {
      server = createServer(handle)
      await listen(port)
    },
    close: crash,
  }
  return service

  function handle(_request: unknown, response: ServerResponse): void {
    seen += 1
    const { status, delayMs } = service.answer
    const reply = () => {
      response.writeHead(status, { [SERVED_BY]: name })
      response.end(`${name}\n`)
    }
    if (isHolding) held.push(reply)
    else if (delayMs > 0) setTimeout(reply, delayMs)
    else reply()
  }

  async function listen(at: number): Promise<number> {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(at, '127.0.0.1', resolve)
    })
    const address = server.address()
    return isTcp(address) ? address.port : at
  }

  async function crash(): Promise<void> {
    const gone = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of sockets) socket.resetAndDestroy()
    await gone
  }
}

/** How one request ended for the user. */
export interface Reply {
  /** Null when there was no answer. */
  readonly status: number | null
  readonly servedBy: string | null
  /** What went wrong, in words; null when the answer is complete and no 5xx. */
  readonly failure: string | null
}

export interface Sending {
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly agent?: Agent
}

/** Sends one request as a user would and never throws. */
export function sendRequest(url: string, sending: Sending = {}): Promise<Reply> {
  return new Promise((resolve) => {
    const { path = '/', headers = {}, agent } = sending
    const fail = (what: string) => resolve({ status: null, servedBy: null, failure: what })
    const sent = send(new URL(path, url), {
      headers,
      agent: agent ?? false,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    sent.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
    sent.on('response', (response) => {
      response.on('error', (error: NodeJS.ErrnoException) => fail(`cut off: ${error.code}`))
      response.on('end', () => {
        const status = response.statusCode ?? 0
        const servedBy = response.headers[SERVED_BY]
        resolve({
          status,
          servedBy: typeof servedBy === 'string' ? servedBy : null,
          failure: status >= 500 ? `status ${status}` : null,
        })
      })
      response.resume()
    })
    sent.end()
  })
}

/** What the users of one stretch of load have seen. */
export interface LoadReport {
  readonly sent: number
  readonly ok: number
  /** Each failed request with the time since the start, in words. */
  readonly failures: readonly string[]
  readonly servedBy: Readonly<Record<string, number>>
}

export interface Load {
  /** Ends it, waits for every answer, and reports. */
  readonly stop: () => Promise<LoadReport>
  /** Resolves when so many more requests have been answered. */
  readonly answered: (more: number) => Promise<void>
}

/** Sends requests at a steady pace over kept connections, whatever the answers are. */
export function startLoad(perSecond: number, sendOne: (nth: number) => Promise<Reply>): Load {
  const startedAt = performance.now()
  const waiting = new Set<Promise<void>>()
  const failures: string[] = []
  const servedBy: Record<string, number> = {}
  const watchers = new Set<() => void>()
  let sent = 0
  let done = 0

  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond)
    while (sent < due) {
      const nth = sent
      sent += 1
      const answered = sendOne(nth).then(take)
      waiting.add(answered)
      void answered.finally(() => waiting.delete(answered))
    }
  }, PACE_MS)

  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(waiting)
      return { sent, ok: sent - failures.length, failures, servedBy }
    },
    answered(more) {
      const enough = done + more
      return new Promise((resolve) => {
        const look = () => {
          if (done < enough) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
      })
    },
  }

  function take({ failure, servedBy: name }: Reply): void {
    done += 1
    if (name !== null) servedBy[name] = (servedBy[name] ?? 0) + 1
    if (failure !== null) {
      failures.push(`${Math.round(performance.now() - startedAt)} ms: ${failure}`)
    }
    for (const look of watchers) look()
  }
}

/** A port that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (!isTcp(address)) throw new Error('no port was free')
  return address.port
}

function isTcp(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}
