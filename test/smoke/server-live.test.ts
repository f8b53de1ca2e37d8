import { once } from 'node:events'
import { connect, createServer as createTcp } from 'node:net'
import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream'
import { afterEach, describe, expect, test } from 'vitest'
import { LIVE_EVENTS } from '../../src/contract/live-view.ts'
import { systemClock } from '../../src/drivers/system-clock.ts'
import { openAccess } from '../../src/server/access/open-access.ts'
import type { ServerParts } from '../../src/server/parts.ts'
import { type Running, serve } from '../../src/server/serve.ts'
import { type TestParts, testParts } from '../support/api-server.ts'

const open: Running[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ stop }) => stop()))
})

async function listening(change: Partial<ServerParts> = {}): Promise<TestParts & Running> {
  const built = await testParts(systemClock, change)
  const running = await serve(built.parts, { host: '127.0.0.1', port: 0 })
  if (!running.ok) throw new Error(running.problem.detail)
  open.push(running.value)
  return { ...built, ...running.value }
}

/** Opens a live stream; its events are read one at a time. */
async function watch(
  { url, admin }: Pick<TestParts & Running, 'url' | 'admin'>,
  id: string,
  headers: Readonly<Record<string, string>> = {},
) {
  const leave = new AbortController()
  const response = await fetch(`${url}/v1/rollouts/${id}/live`, {
    headers: { authorization: `Bearer ${admin}`, ...headers },
    signal: leave.signal,
  })
  if (response.body === null) throw new Error('no stream')
  const events = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader()
  return {
    response,
    leave: () => leave.abort(),
    async next(): Promise<EventSourceMessage | null> {
      const { value } = await events.read()
      return value ?? null
    },
    /** The first event of this kind from here on; the stream must not end before. */
    async until(event: string, holds: (data: unknown) => boolean = () => true) {
      for (;;) {
        const message = await this.next()
        if (message === null) throw new Error(`the stream ended before '${event}'`)
        if (message.event === event && holds(JSON.parse(message.data))) return message
      }
    },
  }
}

function sentences(message: EventSourceMessage): readonly string[] {
  return LIVE_EVENTS.timeline.parse(JSON.parse(message.data)).entries.map(({ says }) => says)
}

const isPhase = (phase: string) => (data: unknown) => Object(data).phase === phase

describe('a live stream', () => {
  test('shows a rollout as it goes on, and ends when everybody has been told', async () => {
    const server = await listening()
    const { shop, fake } = server
    const id = await shop.start()
    const stream = await watch(server, id)
    expect(stream.response.headers.get('content-type')).toContain('text/event-stream')
    await stream.until('rollout', isPhase('preparing'))
    await shop.bake(id)
    await stream.until('rollout', isPhase('baking'))
    const stacks = { green: { requests: 40, errors: 2, perSecond: 4.5, share: 500 } }
    fake.see(id, { at: systemClock.now(), stacks, verdict: null, foresight: null, doing: null })
    const live = LIVE_EVENTS.live.parse(JSON.parse((await stream.until('live')).data))
    expect(live.stacks['green']).toEqual(stacks.green)

    await server.fake.control.tell(
      id,
      { type: 'choose', choose: 'fallback', because: 'it burns' },
      { actor: { name: 'person:carol', roles: ['release-captain'] }, commandId: 'c' },
    )
    await fake.seeAllSteps(id)
    const now = systemClock.now()
    const opened = { type: 'open', rollout: id, workload: 'shop', now } as const
    await fake.incident(id, { ...opened, because: 'it burns', audiences: [] })
    await fake.incident(id, { type: 'resolve', outcome: 'mitigated', because: 'back', now })
    await fake.postmortem(id, opened)
    await fake.workload('shop', { type: 'release', rollout: id, now })
    await stream.until('rollout', isPhase('mitigated'))
    const path = '/tmp/postmortem.md'
    await fake.postmortem(id, { type: 'report-drafted', digest: 'd', path, now })
    await stream.until('end')
    expect(await stream.next()).toBeNull()
  })

  test('is taken up again where it broke: no sentence is missed and none is repeated', async () => {
    const server = await listening()
    const { shop } = server
    const id = await shop.start()
    const first = await watch(server, id)
    const before = await first.until('timeline')
    expect(sentences(before)).toHaveLength(1)
    first.leave()
    await shop.bake(id)
    const again = await watch(server, id, { 'last-event-id': String(before.id) })
    const after = await again.until('timeline')
    expect(sentences(after).length).toBeGreaterThan(0)
    expect(sentences(after)).not.toContain(sentences(before)[0])
    const whole = await watch(server, id)
    expect(sentences(await whole.until('timeline'))).toEqual([
      ...sentences(before),
      ...sentences(after),
    ])
    again.leave()
    whole.leave()
  })

  test('is one of a bounded number, and a closed one makes room', async () => {
    const server = await listening({ limits: { streamsMax: 2 } })
    const id = await server.shop.start()
    const one = await watch(server, id)
    const two = await watch(server, id)
    const headers = { authorization: `Bearer ${server.admin}` }
    const full = await fetch(`${server.url}/v1/rollouts/${id}/live`, { headers })
    expect(full.status).toBe(503)
    expect(await full.json()).toMatchObject({ type: '/problems/too-many-streams' })
    await one.until('rollout')
    one.leave()
    await expect
      .poll(async () => {
        const next = await watch(server, id)
        next.leave()
        return next.response.status
      })
      .toBe(200)
    two.leave()
  })

  test('a reader that goes away is let go, and its rollout is no longer looked at', async () => {
    let looks = 0
    const server = await listening()
    const { control } = server.parts
    const counting = await listening({
      control: {
        ...control,
        live: async (id) => {
          looks += 1
          return control.live(id)
        },
      },
    })
    const id = await server.shop.start()
    const stream = await watch({ url: counting.url, admin: counting.admin }, id)
    await stream.until('rollout')
    expect(looks).toBeGreaterThan(0)
    stream.leave()
    await expect
      .poll(async () => {
        const before = looks
        await new Promise((resolve) => setTimeout(resolve, 700))
        return looks - before
      })
      .toBe(0)
  })
})

describe('the end of a server', () => {
  test('lets a request that is under way finish, closes the streams and takes nothing new', async () => {
    const { promise: asked, resolve: wasAsked } = Promise.withResolvers<void>()
    const { promise: answer, resolve: letGo } = Promise.withResolvers<void>()
    const slow = {
      streams: 1,
      events: 7,
      problems: [],
      problemsLeftOut: 0,
      anchor: null,
    }
    const server = await listening({
      audit: async () => {
        wasAsked()
        await answer
        return slow
      },
    })
    const id = await server.shop.start()
    const stream = await watch(server, id)
    await stream.until('rollout')
    const headers = { authorization: `Bearer ${server.admin}` }
    const request = fetch(`${server.url}/v1/audit/verify`, { headers })
    await asked

    const stopped = server.stop()
    expect(await stream.next()).toBeNull()
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow('fetch failed')
    letGo()
    expect(await (await request).json()).toMatchObject({ events: 7 })
    await stopped
  })
})

describe('a socket', () => {
  test('is cut off when it sends more than a body may hold, whatever it announced', async () => {
    const server = await listening({ limits: { bodyMax: 10_000 } })
    const socket = connect(server.port, '127.0.0.1')
    socket.write(
      `POST /v1/lint HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.admin}\r\n` +
        'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const chunk = `3e8\r\n${'x'.repeat(1_000)}\r\n`
    for (let sent = 0; sent < 20; sent += 1) socket.write(chunk)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413/)
    socket.destroy()
  })

  test('that speaks no HTTP gets an answer and no more', async () => {
    const server = await listening()
    const socket = connect(server.port, '127.0.0.1')
    socket.end('\u0000\u0001 nonsense\r\n\r\n')
    const said: string[] = []
    for await (const chunk of socket) said.push(String(chunk))
    expect(said.join('')).toMatch(/^HTTP\/1\.1 400/)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  test('on loopback answers only to its own names', async () => {
    const server = await listening()
    const socket = connect(server.port, '127.0.0.1')
    socket.end('GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')
    const said: string[] = []
    for await (const chunk of socket) said.push(String(chunk))
    expect(said.join('')).toMatch(/^HTTP\/1\.1 421/)
  })
})

describe('listening', () => {
  test('without tokens is refused anywhere but on loopback', async () => {
    const { parts } = await testParts(systemClock, { access: openAccess() })
    const refused = await serve(parts, { host: '0.0.0.0', port: 0 })
    expect(refused).toMatchObject({ ok: false, problem: { code: 'open-beyond-loopback' } })
    const allowed = await serve(parts, { host: 'localhost', port: 0 })
    if (!allowed.ok) throw new Error(allowed.problem.detail)
    open.push(allowed.value)
    expect((await fetch(`${allowed.value.url}/v1/rollouts`)).status).toBe(200)
  })

  test('on a port that is taken says so and what to do', async () => {
    const taken = createTcp()
    await new Promise<void>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve())
    })
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { parts } = await testParts(systemClock)
    const refused = await serve(parts, { host: '127.0.0.1', port })
    if (refused.ok) throw new Error('two servers on one port')
    expect(refused.problem.detail).toBe(
      `cannot listen on 127.0.0.1:${port}: something listens there already: stop it, or choose another port with --listen`,
    )
    taken.close()
  })
})
