import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { headersForUser, STACK_HEADER } from './headers.ts'
import { type Obtained, obtainAnswer } from './obtain-answer.ts'
import type { Stacks } from './stacks.ts'

/** Longer than the 60 s after which usual balancers drop idle connections, so that they close first. */
const USER_IDLE_MS = 75_000

/** How often a stopping server looks whether the last request has gone through. */
const STOP_LOOK_MS = 20

/** The side of the router that users see. */
export interface TrafficServer {
  readonly server: Server
  /** Takes no more connections and lets requests end; cuts off what takes longer than the grace. */
  readonly stop: (graceMs: number) => Promise<void>
}

/** Creates the server; it listens when its owner says so. */
export function createTrafficServer(
  stacks: Stacks,
  subjectHeader: () => string | null,
): TrafficServer {
  const switched = new Set<Duplex>()
  let isStopping = false
  const server = createServer({ keepAliveTimeout: USER_IDLE_MS }, (request, response) => {
    if (isStopping) response.shouldKeepAlive = false
    const user = new AbortController()
    response.once('close', () => user.abort())
    const asking = { request, isUpgrade: false, subjectHeader: subjectHeader() }
    obtainAnswer(stacks, { ...asking, userLeft: user.signal }).then(
      (obtained) => relay(obtained, response),
      () => refuse(response, 400, null, 'the request could not be passed on'),
    )
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    switched.add(socket)
    const user = new AbortController()
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      switched.delete(socket)
      user.abort()
    })
    const asking = { request, isUpgrade: true, subjectHeader: subjectHeader() }
    obtainAnswer(stacks, { ...asking, userLeft: user.signal }).then(
      (obtained) => relayUpgrade(obtained, socket, head),
      () => socket.end(statusLine(400, 'Bad Request', [])),
    )
  })

  return {
    server,
    async stop(graceMs) {
      isStopping = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const endsAt = performance.now() + graceMs
      while (stacks.inFlight() > 0 && performance.now() < endsAt) {
        server.closeIdleConnections()
        await new Promise((resolve) => setTimeout(resolve, STOP_LOOK_MS))
      }
      for (const socket of switched) socket.destroy()
      server.closeIdleConnections()
      if (stacks.inFlight() > 0) server.closeAllConnections()
      // Bytes that are on their way to the user still get a moment; then nobody is waited for.
      const last = setTimeout(() => server.closeAllConnections(), STOP_LOOK_MS * 10)
      await closed
      clearTimeout(last)
    },
  }
}

function relay(obtained: Obtained, response: ServerResponse): void {
  if (obtained.kind === 'left') return
  if (obtained.kind === 'nobody') {
    refuse(response, obtained.status, obtained.stack, obtained.says)
    return
  }
  const { head, stack, finish, brokeOff } = obtained
  const { answer } = head
  if (head.kind === 'upgraded') {
    // An instance that switches protocols unasked cannot be spoken to any further.
    head.socket.destroy()
    finish()
    refuse(response, 502, stack, 'the instance switched protocols without being asked')
    return
  }
  answer.on('error', () => {
    if (response.destroyed) return
    brokeOff()
    response.destroy()
  })
  response.once('close', () => {
    finish()
    if (!answer.complete) head.sent.destroy()
  })
  if (response.destroyed) {
    finish()
    head.sent.destroy()
    return
  }
  const status = answer.statusCode ?? 502
  response.writeHead(status, answer.statusMessage ?? '', headersForUser(answer, stack))
  answer.pipe(response)
}

function relayUpgrade(obtained: Obtained, user: Duplex, userHead: Buffer): void {
  if (obtained.kind === 'left') return
  if (obtained.kind === 'nobody') {
    const { stack, says, status } = obtained
    const headers = stack === null ? [] : [STACK_HEADER, stack]
    user.end(statusLine(status, says, [...headers, 'Connection', 'close']))
    return
  }
  const { head, stack, finish, brokeOff } = obtained
  user.once('close', finish)
  const status = head.answer.statusCode ?? 502
  const says = head.answer.statusMessage ?? ''
  if (head.kind === 'answered') {
    const headers = [...headersForUser(head.answer, stack), 'Connection', 'close']
    user.write(statusLine(status, says, headers), 'latin1')
    head.answer.on('error', () => {
      if (!user.destroyed) brokeOff()
      user.destroy()
    })
    user.once('close', () => head.sent.destroy())
    head.answer.pipe(user)
  } else {
    const { socket } = head
    const headers = [...head.answer.rawHeaders, STACK_HEADER, stack]
    user.write(statusLine(status, says, headers), 'latin1')
    if (head.head.length > 0) user.write(head.head)
    if (userHead.length > 0) socket.write(userHead)
    socket.on('error', () => user.destroy())
    socket.once('close', () => user.destroy())
    user.once('close', () => socket.destroy())
    socket.pipe(user)
    user.pipe(socket)
  }
  if (user.destroyed) finish()
}

function refuse(response: ServerResponse, status: number, stack: string | null, says: string) {
  if (response.destroyed || response.headersSent) return
  const headers = stack === null ? [] : [STACK_HEADER, stack]
  const retry = status === 503 ? ['Retry-After', '1'] : []
  response.writeHead(status, ['Content-Type', 'text/plain; charset=utf-8', ...retry, ...headers])
  response.end(`${status}: ${says}\n`)
}

function statusLine(status: number, says: string, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${says}\r\n`
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`
  return `${text}\r\n`
}
