import { createSocket } from 'node:dgram'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Haproxy, type HaproxyServer, startHaproxy } from '../../../test/support/haproxy.ts'
import {
  freePort,
  type HttpService,
  sendRequest,
  startHttpService,
} from '../../../test/support/http-service.ts'
import { eventually } from '../../../test/support/router-world.ts'
import type { DriverFailure } from '../../core/kernel/failure.ts'
import type { Result } from '../../core/kernel/result.ts'
import type { Router, TrafficSample } from '../../ports/router.ts'
import { type HaproxyConfig, openHaproxy } from './haproxy.ts'
import { askHaproxy } from './runtime-socket.ts'

let blue: HttpService
let green: HttpService
const closing: (() => unknown)[] = []

beforeEach(async () => {
  blue = await startHttpService('blue')
  green = await startHttpService('green')
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  await Promise.all([blue.close(), green.close()])
})

describe('HAProxy as it is seen', () => {
  test('names servers that are down, with the reason, and keeps their share', async () => {
    const { router } = await start()
    await expectDone(router.route(plan(5_000), ask()))
    await green.crash()
    await eventually(async () => (await evidence(router)).includes('g1 DOWN'))
    expect(await evidence(router)).toContain('green 50 % [g1 DOWN (Connection refused) weight 256]')
    expect(await see(router)).toMatchObject({
      buckets: { blue: 5_000, green: 5_000 },
      unreachable: ['green'],
    })
  })

  test('calls a stack reachable while one of its servers is up, or has no weight at all', async () => {
    const { router } = await start()
    await expectDone(router.route(plan(0), ask()))
    await green.crash()
    await eventually(async () => (await evidence(router)).includes('g1 DOWN'))
    expect(await see(router)).toMatchObject({ buckets: { blue: 10_000 }, unreachable: [] })
  })

  test('counts servers in maintenance or drain as having no share, and leaves them so', async () => {
    const { router, tell } = await start()
    await expectDone(router.route(plan(5_000), ask()))
    for (const state of ['maint', 'drain']) {
      await tell(`set server shop/b1 state ${state}`)
      expect((await see(router)).buckets).toEqual({ blue: 0, green: 10_000 })
      await expectDone(router.route(plan(5_000), ask()))
      expect(await evidence(router)).toContain(`b1 ${state.toUpperCase()}`)
    }
    await tell('set server shop/b1 state ready')
    expect((await see(router)).buckets).toEqual({ blue: 5_000, green: 5_000 })
  })

  test('includes a server of no stack that takes traffic', async () => {
    const { router, tell } = await start({}, [{ name: 'old', port: blue.port, weight: 0 }])
    await expectDone(router.route(plan(0), ask()))
    expect((await see(router)).buckets).toEqual({ blue: 10_000, green: 0 })
    await tell('set server shop/old weight 256')
    expect((await see(router)).buckets).toEqual({ blue: 5_000, green: 0 })
    expect(await evidence(router)).toContain('server old belongs to no stack and gets traffic too')
  })

  test('never shows a small weight as nothing', async () => {
    const { router, tell } = await start()
    await tell('set server shop/b1 weight 256;set server shop/g1 weight 1')
    expect((await see(router)).buckets).toEqual({ blue: 9_961, green: 39 })
  })

  test('shows the weights of the configuration after a reload, until a share is asked again', async () => {
    const { router, haproxy } = await start()
    await expectDone(router.route(plan(0), ask()))
    await haproxy.reload()
    expect((await see(router)).buckets).toEqual({ blue: 5_000, green: 5_000 })
    await expectDone(router.route(plan(0), ask()))
    expect((await see(router)).buckets).toEqual({ blue: 10_000, green: 0 })
  })
})

describe('HAProxy counters', () => {
  test('without a log have no latency, and belong to one start of HAProxy', async () => {
    const { router, haproxy } = await start({ log: undefined })
    await expectDone(router.route(plan(0), ask()))
    for (let i = 0; i < 5; i += 1) await sendRequest(haproxy.url)
    const before = await count(router)
    expect(before.stacks['blue']).toEqual({ requests: 5, errors: 0, latency: [], routes: {} })
    const other = openHaproxy(config(haproxy, { log: undefined }))
    expect((await count(other)).epoch).toBe(before.epoch)
    await haproxy.reload()
    expect((await count(router)).epoch).not.toBe(before.epoch)
  })

  test('with a log start at nothing for a server that comes later', async () => {
    const { router, haproxy } = await start()
    for (let i = 0; i < 4; i += 1) await sendRequest(haproxy.url)
    const first = await count(router)
    expect(total(first)).toBe(0)
    for (let i = 0; i < 6; i += 1) await sendRequest(haproxy.url)
    await eventually(async () => timed(await count(router)) === 6)
    expect(total(await count(router))).toBe(6)
    expect((await count(router)).epoch).toBe(first.epoch)
  })

  test('count every kind of failing server once per try', async () => {
    const modes = ['close', 'reset', 'junk', 'half'] as const
    let mode: (typeof modes)[number] | 'well' = 'well'
    const failing = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        if (mode === 'well') socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
        if (mode === 'close') socket.destroy()
        if (mode === 'reset') socket.resetAndDestroy()
        if (mode === 'junk') socket.end('what?\r\n\r\n')
        if (mode !== 'half') return
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')
        setTimeout(() => socket.resetAndDestroy(), 10)
      })
    })
    await new Promise<void>((resolve) => failing.listen(0, '127.0.0.1', resolve))
    closing.push(() => failing.close())
    const address = failing.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const { router, haproxy } = await start({ log: undefined }, [], port)
    await expectDone(router.route(plan(5_000), ask()))
    for (let i = 0; i < 100; i += 1) await sendRequest(haproxy.url)
    for (mode of modes) {
      const before = await count(router)
      for (let i = 0; i < 10; i += 1) await sendRequest(haproxy.url)
      await eventually(async () => {
        const after = (await count(router)).stacks['green']
        const tries = (after?.requests ?? 0) - (before.stacks['green']?.requests ?? 0)
        return tries > 0 && tries === (after?.errors ?? 0) - (before.stacks['green']?.errors ?? 0)
      })
    }
    expect((await count(router)).stacks['blue']?.errors).toBe(0)
  })

  test('tell the time of an answer from the log', async () => {
    green.answer = { status: 200, delayMs: 100 }
    const { router, haproxy } = await start()
    await expectDone(router.route(plan(10_000), ask()))
    await count(router)
    for (let i = 0; i < 3; i += 1) await sendRequest(haproxy.url)
    await eventually(async () => timed(await count(router)) === 3)
    const latency = (await count(router)).stacks['green']?.latency ?? []
    // 100 ms lies above the edge 2^(26/4) = 90.5 ms; a busy machine may add a lot.
    expect(latency.findIndex((n) => n > 0)).toBeGreaterThan(26)
  })

  test('cannot be forged by the path of a request', async () => {
    const { router, haproxy } = await start()
    await expectDone(router.route(plan(0), ask()))
    await count(router)
    const forged = '/x","srv":"g1","st":500,"path":"/y'
    await sendRequest(haproxy.url, { path: `/ok` })
    const raw = await rawRequest(haproxy.url, forged)
    expect(raw).toMatch(/^HTTP\/1.1 200/)
    await eventually(async () => timed(await count(router)) === 2)
    const { stacks } = await count(router)
    expect(stacks['green']?.routes).toEqual({})
    expect(Object.keys(stacks['blue']?.routes ?? {})).toHaveLength(2)
  })
})

describe('HAProxy that cannot be had says why', () => {
  test('when the socket is not there, or nobody answers on it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'goaround-socket-'))
    closing.push(() => rm(folder, { recursive: true }))
    const socket = join(folder, 'admin.sock')
    const router = openHaproxy({ driver: 'haproxy', socket, backend: 'shop', servers: SERVERS })
    const missing = await router.observe(soon())
    expect(missing).toMatchObject({ ok: false, problem: { reason: 'unreachable', retry: 'safe' } })
    expect(sentence(missing)).toContain(`stats socket ${socket}`)

    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(socket, resolve))
    closing.push(() => silent.close())
    const late = await router.observe(AbortSignal.timeout(100))
    expect(late).toMatchObject({ ok: false, problem: { reason: 'timed-out', retry: 'safe' } })
    const order = await router.route(plan(0), { effectId: 'e', signal: AbortSignal.timeout(100) })
    expect(order).toMatchObject({ ok: false, problem: { retry: 'after-looking' } })
  })

  test('when the socket may only be read', async () => {
    const { router } = await start({}, [], green.port, 'operator')
    expect((await see(router)).buckets).toEqual({ blue: 5_000, green: 5_000 })
    const refused = await router.route(plan(0), ask())
    expect(refused).toMatchObject({ ok: false, problem: { reason: 'denied', retry: 'never' } })
    expect(sentence(refused)).toContain('level admin')
  })

  test('when backend or server are not there', async () => {
    const { haproxy, router } = await start()
    const noBackend = await openHaproxy(config(haproxy, { backend: 'shap' })).observe(soon())
    expect(noBackend).toMatchObject({ ok: false, problem: { reason: 'not-found', retry: 'never' } })
    expect(sentence(noBackend)).toContain("no backend 'shap'")

    const servers = { blue: ['b1'], green: ['g1', 'g2'] }
    const noServer = openHaproxy(config(haproxy, { servers }))
    for (const asked of [
      await noServer.attach('green', [], ask()),
      await noServer.route(plan(500), ask()),
      await noServer.observe(soon()),
    ]) {
      expect(asked).toMatchObject({ ok: false, problem: { reason: 'not-found', retry: 'never' } })
      expect(sentence(asked)).toMatch(/no server 'g2', only b1, g1/)
    }
    await expectDone(router.attach('green', [], ask()))
    expect(await router.attach('purple', [], ask())).toMatchObject({
      ok: false,
      problem: { reason: 'not-found' },
    })
  })

  test('when another program receives its log, and reads it once it is free', async () => {
    const log = `127.0.0.1:${await freePort()}`
    const other = createSocket('udp4')
    await new Promise<void>((resolve) =>
      other.bind(Number(log.split(':')[1]), '127.0.0.1', resolve),
    )
    const { router } = await start({ log })
    const failed = await router.count(soon())
    expect(failed).toMatchObject({ ok: false, problem: { reason: 'misconfigured', retry: 'safe' } })
    expect(sentence(failed)).toContain(log)
    await new Promise<void>((resolve) => other.close(resolve))
    expect(await router.count(soon())).toMatchObject({ ok: true })
  })
})

const SERVERS = { blue: ['b1'], green: ['g1'] }

function config(haproxy: Haproxy, more: Partial<HaproxyConfig> = {}): HaproxyConfig {
  const { socket, backend } = haproxy
  return { driver: 'haproxy', socket, backend, servers: SERVERS, ...more }
}

async function start(
  more: Partial<HaproxyConfig> = {},
  others: readonly HaproxyServer[] = [],
  greenPort = green.port,
  level: 'admin' | 'operator' = 'admin',
) {
  const log = 'log' in more ? more.log : `127.0.0.1:${await freePort()}`
  const servers = [
    { name: 'b1', port: blue.port, weight: 100 },
    { name: 'g1', port: greenPort, weight: 100 },
    ...others,
  ]
  const haproxy = await startHaproxy({ servers, level, ...(log === undefined ? {} : { log }) })
  const router = openHaproxy(config(haproxy, { ...more, log }))
  closing.push(haproxy.stop, router.close)
  const tell = async (command: string) => {
    const answer = await askHaproxy(haproxy.socket, [command], 'safe', soon())
    expect(answer.ok && answer.value.trim()).toBe('')
  }
  return { haproxy, router, tell }
}

/** A client that escapes nothing. */
function rawRequest(url: string, path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let heard = ''
    socket.on('data', (chunk) => (heard += chunk.toString()))
    socket.on('close', () => resolve(heard))
    socket.write(`GET ${path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n`)
  })
}

function plan(buckets: number) {
  return { control: 'blue', candidate: 'green', buckets, salt: 'r', cohort: [] }
}

function ask() {
  return { effectId: 'e', signal: soon() }
}

function soon(): AbortSignal {
  return AbortSignal.timeout(10_000)
}

async function see(router: Router) {
  const seen = await router.observe(soon())
  if (!seen.ok) throw new Error(seen.problem.detail)
  return seen.value
}

async function evidence(router: Router): Promise<string> {
  return (await see(router)).evidence
}

async function count(router: Router): Promise<TrafficSample> {
  const counted = await router.count(soon())
  if (!counted.ok) throw new Error(counted.problem.detail)
  return counted.value
}

async function expectDone(asked: ReturnType<Router['route']>): Promise<void> {
  expect(await asked).toEqual({ ok: true, value: null })
}

function total({ stacks }: TrafficSample): number {
  return Object.values(stacks).reduce((sum, { requests }) => sum + requests, 0)
}

function timed({ stacks }: TrafficSample): number {
  return Object.values(stacks)
    .flatMap(({ latency }) => latency)
    .reduce((sum, n) => sum + n, 0)
}

function sentence(outcome: Result<unknown, DriverFailure>): string {
  return outcome.ok ? '' : outcome.problem.detail
}
