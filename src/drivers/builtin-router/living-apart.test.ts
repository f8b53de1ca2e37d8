import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  freePort,
  type HttpService,
  sendRequest,
  startHttpService,
  startLoad,
} from '../../../test/support/http-service.ts'
import { eventually } from '../../../test/support/router-world.ts'
import type { Router } from '../../ports/router.ts'
import { isSameProcess } from '../support/process-identity.ts'
import { type BuiltinRouterOptions, openBuiltinRouter } from './builtin-router.ts'
import { type ProcessCard, readProcessCard, routerFolder } from './control-protocol.ts'
import { stopBuiltinRouter } from './stop-builtin-router.ts'

let stateDir: string
let listen: string
let blue: HttpService
let green: HttpService

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'goaround-router-'))
  listen = `127.0.0.1:${await freePort()}`
  blue = await startHttpService('blue')
  green = await startHttpService('green')
})
afterEach(async () => {
  await stopBuiltinRouter(stateDir, 'shop')
  await Promise.all([blue.close(), green.close()])
  await rm(stateDir, { recursive: true, force: true })
})

describe('the router process', () => {
  test('serves on when the server that started it is killed with all its group, and is found by the next', async () => {
    const program = join(import.meta.dirname, '../../../test/support/router-owner.ts')
    const owner = spawn(process.execPath, [program, stateDir, listen, blue.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // A group of its own, as a terminal gives to a command.
      detached: true,
    })
    await once(owner.stdout, 'data')
    const before = await card()
    const load = startLoad(100, () => sendRequest(`http://${listen}`))
    await load.answered(20)
    process.kill(-(owner.pid ?? 0), 'SIGKILL')
    await once(owner, 'exit')
    await load.answered(50)
    expect(await load.stop()).toMatchObject({ failures: [] })

    const next = open()
    await expectDone(next.attach('green', [green.url], ask()))
    await expectDone(next.route(plan(10_000), ask()))
    expect(await sendRequest(`http://${listen}`)).toMatchObject({ servedBy: 'green' })
    expect((await card()).pid).toBe(before.pid)
  })

  test('is one, however many servers start it at the same moment', async () => {
    const servers = Array.from({ length: 4 }, () => open())
    const seen = await Promise.all(servers.map((server) => server.observe(soon())))
    const pids = seen.map((one) => (one.ok ? /process \d+/.exec(one.value.evidence)?.[0] : one))
    expect(new Set(pids)).toEqual(new Set([`process ${(await card()).pid}`]))
  })

  test('comes back as it was after a crash: port, instances, share and users', async () => {
    const any = open({ listen: '127.0.0.1:0', subjectHeader: 'X-User' })
    await bothStacks(any, 2_500, ['alice'])
    const address = await listensOn()
    await crash()
    const seen = await any.observe(soon())
    expect(seen).toMatchObject({ ok: true, value: { buckets: { blue: 7_500, green: 2_500 } } })
    expect(await listensOn()).toBe(address)
    const reply = await sendRequest(`http://${address}`, { headers: { 'x-user': 'alice' } })
    expect(reply).toMatchObject({ servedBy: 'green' })
  })

  test('keeps its counters apart from those before a crash', async () => {
    const router = open()
    await bothStacks(router, 0)
    await sendRequest(`http://${listen}`)
    const before = await router.count(soon())
    await crash()
    const after = await router.count(soon())
    expect(before).toMatchObject({ ok: true, value: { stacks: { blue: { requests: 1 } } } })
    expect(after).toMatchObject({ ok: true, value: { stacks: { blue: { requests: 0 } } } })
    expect(after.ok && before.ok && after.value.epoch !== before.value.epoch).toBe(true)
  })

  test('writes an order down before it obeys', async () => {
    const router = open()
    await bothStacks(router, 0)
    await Promise.all([100, 200, 300, 400].map((buckets) => router.route(plan(buckets), ask())))
    const written = JSON.parse(await readFile(join(folder(), 'state.json'), 'utf8'))
    const seen = await router.observe(soon())
    expect(seen.ok && seen.value.buckets['green']).toBe(written.plan.buckets)
  })

  test('can be kept in a folder whose path is longer than a socket may have', async () => {
    const deep = join(stateDir, 'd'.repeat(120))
    const router = open({ stateDir: deep })
    await bothStacks(router, 0)
    expect(await sendRequest(`http://${listen}`)).toMatchObject({ servedBy: 'blue' })
    expect(await stopBuiltinRouter(deep, 'shop')).toEqual({ ok: true, value: { stopped: true } })
  })

  test('is not started twice when it hangs', async () => {
    const router = open()
    await bothStacks(router, 0)
    const { pid } = await card()
    process.kill(pid, 'SIGSTOP')
    const late = await router.observe(AbortSignal.timeout(200))
    expect(late).toMatchObject({ ok: false, problem: { reason: 'timed-out', retry: 'safe' } })
    process.kill(pid, 'SIGCONT')
    expect(await router.observe(soon())).toMatchObject({ ok: true })
    expect((await card()).pid).toBe(pid)
  })

  test('takes orders only from its own user', async () => {
    await bothStacks(open(), 0)
    const { socket } = await card()
    expect((await stat(socket)).mode & 0o077).toBe(0)
  })
})

describe('stopping the router', () => {
  test('lets requests end, keeps what is written, and says whether there was one', async () => {
    const router = open()
    await bothStacks(router, 10_000)
    const release = green.hold()
    const waiting = sendRequest(`http://${listen}`)
    await eventually(async () => green.seen() === 1)
    const stopping = stopBuiltinRouter(stateDir, 'shop')
    await eventually(isClosed)
    release()
    expect(await waiting).toMatchObject({ servedBy: 'green', failure: null })
    expect(await stopping).toEqual({ ok: true, value: { stopped: true } })
    const again = await stopBuiltinRouter(stateDir, 'shop')
    expect(again).toEqual({ ok: true, value: { stopped: false } })
    expect(await router.observe(soon())).toMatchObject({
      ok: true,
      value: { buckets: { green: 10_000 } },
    })
  })

  test('kills one that does not listen', async () => {
    await bothStacks(open(), 0)
    const { pid, identity } = await card()
    process.kill(pid, 'SIGSTOP')
    expect(await stopBuiltinRouter(stateDir, 'shop')).toMatchObject({ ok: true })
    expect(await isSameProcess(pid, identity ?? '')).toBe(false)
  })
})

describe('a router that cannot be had says why', () => {
  test('when another program has its port, and comes up once it is free', async () => {
    const other = createServer()
    await new Promise<void>((resolve) =>
      other.listen(Number(listen.split(':')[1]), '127.0.0.1', resolve),
    )
    const router = open()
    const failed = await router.observe(soon())
    expect(failed).toMatchObject({ ok: false, problem: { reason: 'misconfigured', retry: 'safe' } })
    expect(sentence(failed)).toContain(`cannot listen on ${listen}: another program has port`)
    expect(sentence(failed)).toContain('traffic.listen')
    await new Promise((resolve) => other.close(resolve))
    expect(await router.observe(soon())).toMatchObject({ ok: true })
  })

  test('when it already listens elsewhere', async () => {
    await bothStacks(open(), 0)
    const moved = open({ listen: `127.0.0.1:${await freePort()}` })
    const failed = await moved.route(plan(0), ask())
    expect(failed).toMatchObject({
      ok: false,
      problem: { reason: 'misconfigured', retry: 'never' },
    })
    expect(sentence(failed)).toContain(`listens on ${listen} and not on`)
    expect(await sendRequest(`http://${listen}`)).toMatchObject({ servedBy: 'blue' })
  })

  test('when this machine does not have the address', async () => {
    const failed = await open({ listen: '203.0.113.1:8080' }).observe(soon())
    expect(failed).toMatchObject({ ok: false, problem: { retry: 'never' } })
    expect(sentence(failed)).toContain('this machine does not have that address')
  })

  test('when its state was spoilt', async () => {
    await bothStacks(open(), 0)
    await stopBuiltinRouter(stateDir, 'shop')
    await writeFile(join(folder(), 'state.json'), '{"plan": 7}')
    const failed = await open().observe(soon())
    expect(sentence(failed)).toContain('state.json is not what a router wrote')
  })

  test('when there is no such Node.js, or nowhere to keep its state', async () => {
    const noNode = await open({ nodePath: '/nowhere/node' }).observe(soon())
    expect(noNode).toMatchObject({ ok: false, problem: { retry: 'never' } })
    expect(sentence(noNode)).toContain('/nowhere/node')
    await writeFile(join(stateDir, 'file'), '')
    const noFolder = await open({ stateDir: join(stateDir, 'file') }).observe(soon())
    expect(noFolder).toMatchObject({ ok: false, problem: { reason: 'misconfigured' } })
  })

  test('when an instance is not reached by plain HTTP, or nobody said where one is', async () => {
    const router = open()
    const tls = await router.attach('blue', ['https://127.0.0.1:1'], ask())
    expect(tls).toMatchObject({ ok: false, problem: { reason: 'misconfigured', retry: 'never' } })
    await expectDone(router.attach('blue', [], ask()))
    const failed = await router.route(plan(0), ask())
    expect(failed).toMatchObject({ ok: false, problem: { reason: 'refused', retry: 'safe' } })
    expect(sentence(failed)).toContain("the stack 'blue' has no instances")
  })
})

test('the state of a router is only for the user who runs goaround', async () => {
  await chmod(stateDir, 0o755)
  await bothStacks(open(), 0)
  expect((await stat(folder())).mode & 0o077).toBe(0)
  expect((await stat(join(folder(), 'state.json'))).mode & 0o077).toBe(0)
})

function open(more: Partial<BuiltinRouterOptions> = {}): Router {
  return openBuiltinRouter({ name: 'shop', listen, stateDir, ...more })
}

function plan(buckets: number, cohort: readonly string[] = []) {
  return { control: 'blue', candidate: 'green', buckets, salt: 'r', cohort }
}

function ask() {
  return { effectId: 'e', signal: soon() }
}

function soon(): AbortSignal {
  return AbortSignal.timeout(15_000)
}

async function bothStacks(router: Router, buckets: number, cohort: readonly string[] = []) {
  await expectDone(router.attach('blue', [blue.url], ask()))
  await expectDone(router.attach('green', [green.url], ask()))
  await expectDone(router.route(plan(buckets, cohort), ask()))
}

async function expectDone(asked: ReturnType<Router['route']>): Promise<void> {
  expect(await asked).toEqual({ ok: true, value: null })
}

function folder(): string {
  return routerFolder(stateDir, 'shop')
}

async function card(): Promise<ProcessCard> {
  const found = await readProcessCard(folder())
  if (found === null) throw new Error('there is no router process')
  return found
}

async function crash(): Promise<void> {
  const { pid, identity } = await card()
  process.kill(pid, 'SIGKILL')
  await eventually(async () => !(await isSameProcess(pid, identity ?? '')))
}

/** Whether the router takes no connections any more. */
async function isClosed(): Promise<boolean> {
  const socket = connect(Number(listen.split(':')[1]), '127.0.0.1')
  const [outcome] = await Promise.race([
    once(socket, 'connect').then(() => ['open']),
    once(socket, 'error').then(() => ['closed']),
  ]).catch(() => ['closed'])
  socket.destroy()
  return outcome === 'closed'
}

async function listensOn(): Promise<string> {
  return JSON.parse(await readFile(join(folder(), 'state.json'), 'utf8')).listen
}

function sentence(outcome: Awaited<ReturnType<Router['route' | 'observe']>>): string {
  return outcome.ok ? '' : outcome.problem.detail
}
