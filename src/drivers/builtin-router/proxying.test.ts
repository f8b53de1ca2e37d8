import { once } from 'node:events'
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type HttpService,
  sendRequest,
  startHttpService,
} from '../../../test/support/http-service.ts'
import { eventually } from '../../../test/support/router-world.ts'
import { ANSWER_WITHIN_MS } from './attempt.ts'
import { openStacks, type Stacks } from './stacks.ts'
import { createTrafficServer, type TrafficServer } from './traffic-server.ts'

let stacks: Stacks
let traffic: TrafficServer
let url: string
const closing: (() => unknown)[] = []

beforeEach(async () => {
  stacks = openStacks()
  traffic = createTrafficServer(stacks, () => 'x-user')
  url = await listen(traffic.server)
  stacks.setPlan({ control: 'blue', candidate: 'green', buckets: 0, salt: 'r', cohort: [] })
})
afterEach(async () => {
  vi.useRealTimers()
  await traffic.stop(100)
  stacks.instances.close()
  for (const close of closing.splice(0)) await close()
})

describe('a request that goes through', () => {
  test('streams both ways: the first bytes are answered while the last are not yet sent', async () => {
    stacks.attach('blue', [await serve((asked, answer) => asked.pipe(answer))])
    const sent = request(url, { method: 'POST' })
    sent.write('first')
    const answer = await answerTo(sent)
    const [chunk] = await once(answer, 'data')
    expect(String(chunk)).toBe('first')
    const rest = buffer(answer)
    const large = Buffer.alloc(8 * 1024 * 1024, 'x')
    sent.end(large)
    expect((await rest).length).toBe(large.length)
  })

  test('loses the headers of the connection and gains those of the way', async () => {
    let asked: IncomingMessage | null = null
    const endpoint = await serve((incoming, answer) => {
      asked = incoming
      answer.writeHead(
        200,
        [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['Connection', 'X-Inner'],
          ['X-Inner', 'not for users'],
          ['X-Goaround-Stack', 'forged'],
        ].flat(),
      )
      answer.end('ok')
    })
    stacks.attach('blue', [`${endpoint}/base`])
    const sent = request(`${url}/cart?x=1`, {
      headers: {
        connection: 'x-secret-hop',
        'x-secret-hop': '1',
        te: 'trailers',
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-proto': 'https',
        'X-Keep': 'Me',
      },
    })
    sent.end()
    const answer = await answerTo(sent)
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(answer.headers['x-inner']).toBeUndefined()
    expect(answer.headers['x-goaround-stack']).toBe('blue')
    const seen = asked as IncomingMessage | null
    expect(seen?.url).toBe('/base/cart?x=1')
    expect(seen?.headers).toMatchObject({
      'x-forwarded-for': '203.0.113.9, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': new URL(url).host,
      'x-keep': 'Me',
      host: new URL(url).host,
    })
    expect(seen?.headers['x-secret-hop']).toBeUndefined()
    expect(seen?.headers['te']).toBeUndefined()
    expect(seen?.rawHeaders).toContain('X-Keep')
    answer.resume()
  })

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
    ['DELETE', 404],
  ])('ends where it ends: %s answered with %i', async (method, status) => {
    const endpoint = await serve((asked, answer) => {
      const length = asked.method === 'HEAD' ? { 'content-length': '5' } : {}
      answer.writeHead(status, length).end()
    })
    stacks.attach('blue', [endpoint])
    const sent = request(url, { method })
    sent.end()
    const answer = await answerTo(sent)
    expect(answer.statusCode).toBe(status)
    expect(await text(answer)).toBe('')
    await eventually(async () => stacks.inFlight() === 0)
  })

  test('keeps its body also where a body is unusual', async () => {
    stacks.attach('blue', [await serve(echo)])
    const sent = request(url, { method: 'GET', headers: { 'transfer-encoding': 'chunked' } })
    sent.end('query as a body')
    const answer = await answerTo(sent)
    expect(await text(answer)).toBe('query as a body')
  })

  test('switches protocols and carries bytes both ways, in flight until it is closed', async () => {
    const server = createServer()
    server.on('upgrade', (asked: IncomingMessage, socket: Socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${asked.headers.upgrade}\r\nConnection: Upgrade\r\n\r\nhello `,
      )
      socket.on('error', () => socket.destroy())
      socket.pipe(socket)
    })
    stacks.attach('blue', [await listen(server)])
    const sent = request(url, { headers: { connection: 'upgrade', upgrade: 'echo' } })
    sent.end()
    const [answer, socket, head] = (await once(sent, 'upgrade')) as [
      IncomingMessage,
      Socket,
      Buffer,
    ]
    expect(answer.headers).toMatchObject({ upgrade: 'echo', 'x-goaround-stack': 'blue' })
    let heard = head.toString()
    socket.on('data', (chunk) => (heard += chunk.toString()))
    socket.write('world')
    await eventually(async () => heard === 'hello world')
    expect(stacks.describe()['blue']?.inFlight).toBe(1)
    socket.destroy()
    await eventually(async () => stacks.inFlight() === 0)
    expect(stacks.countsOf('blue').read()).toMatchObject({ requests: 1, errors: 0 })
  })

  test('is answered in plain HTTP when the instance does not switch', async () => {
    stacks.attach('blue', [await serve((_, answer) => answer.writeHead(426).end('no'))])
    const sent = request(url, { headers: { connection: 'upgrade', upgrade: 'websocket' } })
    sent.end()
    const answer = await answerTo(sent)
    expect(answer.statusCode).toBe(426)
    expect(await text(answer)).toBe('no')
  })
})

describe('an instance that fails', () => {
  test('and refuses connections costs nobody a request, not even one with a body', async () => {
    const dead = await startHttpService('dead')
    await dead.crash()
    const alive = await serve(echo)
    stacks.attach('blue', [dead.url, alive])
    for (let i = 0; i < 4; i += 1) {
      const sent = request(url, { method: 'POST' })
      sent.end(`order ${i}`)
      const answer = await answerTo(sent)
      expect(await text(answer)).toBe(`order ${i}`)
    }
    expect(stacks.describe()['blue']?.down).toEqual([dead.url])
    expect(stacks.countsOf('blue').read()).toMatchObject({ requests: 5, errors: 1 })
  })

  test('gets requests again soon after it accepts connections again', async () => {
    const services = await twoServices()
    await services[0].crash()
    await Promise.all(Array.from({ length: 6 }, () => sendRequest(url)))
    expect(stacks.describe()['blue']?.down).toEqual([services[0].url])
    await services[0].recover()
    await eventually(async () => stacks.describe()['blue']?.down.length === 0)
    const before = services[0].seen()
    for (let i = 0; i < 4; i += 1) await sendRequest(url)
    expect(services[0].seen()).toBe(before + 2)
  })

  test('after it has heard an order does not get it twice, nor does another', async () => {
    let heard = 0
    const breaking = () => serve((asked) => ((heard += 1), asked.socket.resetAndDestroy()))
    stacks.attach('blue', [await breaking(), await breaking()])
    const sent = request(url, { method: 'POST' })
    sent.end('order')
    const answer = await answerTo(sent)
    expect(answer.statusCode).toBe(502)
    expect(heard).toBe(1)
    answer.resume()
  })

  test('on a request that brings instances down takes one more with it at most', async () => {
    let heard = 0
    const breaking = () => serve((asked) => ((heard += 1), asked.socket.resetAndDestroy()))
    stacks.attach('blue', [await breaking(), await breaking()])
    stacks.attach('green', [await breaking(), await breaking()])
    stacks.setPlan({ control: 'blue', candidate: 'green', buckets: 1, salt: 'r', cohort: [] })
    expect(await sendRequest(url)).toMatchObject({ status: 502 })
    expect(heard).toBe(2)
    expect(stacks.countsOf('blue').read()).toMatchObject({ requests: 2, errors: 2 })
  })

  test('by closing a kept connection has done nothing wrong', async () => {
    const served = new WeakSet<Socket>()
    let connections = 0
    const endpoint = await serve((asked, answer) => {
      // As a server does whose idle timeout ends at this very moment.
      if (served.has(asked.socket)) asked.socket.resetAndDestroy()
      else answer.end('ok')
      if (!served.has(asked.socket)) connections += 1
      served.add(asked.socket)
    })
    stacks.attach('blue', [endpoint])
    for (let i = 0; i < 6; i += 1) expect(await sendRequest(url)).toMatchObject({ status: 200 })
    expect(connections).toBeGreaterThan(1)
    expect(stacks.countsOf('blue').read()).toMatchObject({ requests: 6, errors: 0 })
  })

  test('in the middle of an answer is seen as failing, by the user and in the counts', async () => {
    const endpoint = await serve((asked, answer) => {
      answer.writeHead(200, { 'content-length': '100' })
      answer.write('half')
      setTimeout(() => asked.socket.resetAndDestroy(), 20)
    })
    stacks.attach('blue', [endpoint])
    const reply = await sendRequest(url)
    expect(reply.failure).toMatch(/cut off/)
    expect(stacks.countsOf('blue').read()).toMatchObject({ requests: 1, errors: 1 })
    await eventually(async () => stacks.inFlight() === 0)
  })

  test('by saying nothing is given up in the end, and the user is told', async () => {
    const silent = await startHttpService('silent')
    closing.push(silent.close, silent.hold())
    stacks.attach('blue', [silent.url])
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const sent = request(url)
    sent.end()
    const response = answerTo(sent)
    while (silent.seen() === 0) await new Promise((resolve) => setImmediate(resolve))
    vi.advanceTimersByTime(ANSWER_WITHIN_MS)
    const answer = await response
    expect(answer.statusCode).toBe(504)
    answer.resume()
    expect(stacks.countsOf('blue').read()).toMatchObject({ requests: 1, errors: 1 })
  })

  test('to answer before the user leaves is held against it, with the time it took', async () => {
    const slow = await startHttpService('slow')
    closing.push(slow.close, slow.hold())
    stacks.attach('blue', [slow.url])
    const sent = request(url)
    sent.on('error', () => undefined)
    sent.end()
    await eventually(async () => slow.seen() === 1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    sent.destroy()
    await eventually(async () => stacks.inFlight() === 0)
    const { requests, errors, latency } = stacks.countsOf('blue').read()
    expect({ requests, errors }).toEqual({ requests: 1, errors: 1 })
    // 64 ms is the edge of bucket 24.
    expect(latency.findIndex((n) => n === 1)).toBeGreaterThan(24)
  })

  test('with all its stack leaves users to the other stack, and is told so in the counts', async () => {
    const green = await startHttpService('green')
    closing.push(green.close)
    const dead = await startHttpService('dead')
    await dead.crash()
    stacks.attach('blue', [dead.url])
    stacks.attach('green', [green.url])
    stacks.setPlan({ control: 'blue', candidate: 'green', buckets: 1, salt: 'r', cohort: [] })
    for (let i = 0; i < 10; i += 1) {
      expect(await sendRequest(url)).toMatchObject({ servedBy: 'green' })
    }
    expect(stacks.countsOf('blue').read()).toMatchObject({ requests: 10, errors: 10 })
    expect(stacks.countsOf('green').read()).toMatchObject({ requests: 10, errors: 0 })
  })
})

describe('the router', () => {
  test('says that it was not told where the traffic goes', async () => {
    const fresh = createTrafficServer(openStacks(), () => null)
    closing.push(() => fresh.stop(0))
    expect(await sendRequest(await listen(fresh.server))).toMatchObject({ status: 503 })
  })

  test('gives each instance of a stack its part', async () => {
    const services = await twoServices()
    for (let i = 0; i < 20; i += 1) await sendRequest(url)
    expect(services.map((service) => service.seen())).toEqual([10, 10])
  })

  test('sends nothing more to an instance that was detached, and lets its requests end', async () => {
    const services = await twoServices()
    const release = services[0].hold()
    const replies = [sendRequest(url), sendRequest(url)]
    await eventually(async () => services[0].seen() === 1)
    stacks.attach('blue', [services[1].url])
    for (let i = 0; i < 10; i += 1) await sendRequest(url)
    expect(services[0].seen()).toBe(1)
    release()
    expect((await Promise.all(replies)).map(({ failure }) => failure)).toEqual([null, null])
  })

  test('stops by taking no more connections and letting requests end', async () => {
    const [service] = await twoServices()
    const release = service.hold()
    const replies = [sendRequest(url), sendRequest(url)]
    await eventually(async () => service.seen() === 1)
    const stopped = traffic.stop(5_000)
    await eventually(async () => (await sendRequest(url)).failure === 'ECONNREFUSED')
    release()
    expect((await Promise.all(replies)).map(({ failure }) => failure)).toEqual([null, null])
    await stopped
  })

  test('survives what is no HTTP at all', async () => {
    await twoServices()
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.end('\u0016\u0003\u0001 nonsense\r\n\r\n')
    expect(await text(socket)).toMatch(/^HTTP\/1.1 400/)
    expect(await sendRequest(url)).toMatchObject({ status: 200 })
  })
})

async function twoServices(): Promise<readonly [HttpService, HttpService]> {
  const services = [await startHttpService('blue'), await startHttpService('blue')] as const
  closing.push(...services.map((service) => service.close))
  stacks.attach(
    'blue',
    services.map((service) => service.url),
  )
  return services
}

function answerTo(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve)
    sent.once('error', reject)
  })
}

function echo(asked: IncomingMessage, answer: ServerResponse): void {
  asked.pipe(answer)
}

async function serve(handle: RequestListener): Promise<string> {
  return listen(createServer(handle))
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
