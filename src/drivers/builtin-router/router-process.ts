/**
 * The program that carries the users' traffic. It is started by the driver, outlives it, and is
 * found again by its folder. It takes orders on a unix socket, writes each down before it obeys,
 * and starts again as it was from what is written. It logs its own start and end, and no request.
 *
 *   node router-process.ts --folder DIR --listen HOST:PORT
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { ListenOptions } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { codeOf, PRIVATE_FILE, replaceFile } from '../support/durable-file.ts'
import { processIdentity } from '../support/process-identity.ts'
import { cardFile, PROTOCOL, type ProcessCard } from './control-protocol.ts'
import { createControlServer } from './control-server.ts'
import { holdLock } from './hold-lock.ts'
import { openOrders } from './orders.ts'
import { readRouterState, writeRouterState } from './router-state.ts'
import { openStacks } from './stacks.ts'
import { EXIT_OCCUPIED, type StartNews } from './start-news.ts'
import { createTrafficServer } from './traffic-server.ts'

/** Requests that are under way when the router is stopped get this long; users rarely wait longer. */
const STOP_WITHIN_MS = 10_000

/** A path of a unix socket must fit into 104 bytes on macOS and 108 on Linux. */
const SOCKET_PATH_MAX = 100

// Nobody may read what we say any more, for instance when the disk is full.
process.stdout.on('error', () => undefined)
// One request that trips over a mistake of ours must not end everybody else's.
process.on('uncaughtException', (error) => say(`mistake: ${error.stack ?? error.message}`))

await main()

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { folder: { type: 'string' }, listen: { type: 'string' } },
  })
  const folder = values.folder ?? '.'
  if (!holdLock(folder)) process.exit(EXIT_OCCUPIED)
  try {
    await serve(folder, values.listen ?? '127.0.0.1:0')
    await tell({ kind: 'ready' })
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    await tell({ kind: 'failed', code: codeOf(error) ?? null, detail })
    process.exit(1)
  }
}

async function serve(folder: string, listen: string): Promise<void> {
  const before = await readRouterState(folder)
  const stacks = openStacks()
  for (const [stack, at] of Object.entries(before?.endpoints ?? {})) stacks.attach(stack, at)
  if (before?.plan != null) stacks.setPlan(before.plan)

  let subjectHeader = () => before?.subjectHeader ?? null
  const traffic = createTrafficServer(stacks, () => subjectHeader())
  const where = whereTo(listen, before?.listen ?? null)
  const port = await bind(traffic.server, where)
  const empty = { subjectHeader: null, endpoints: {}, plan: null }
  const state = { ...empty, ...before, listen: `${where.host}:${port}` }
  await writeRouterState(folder, state)

  const obeyed = openOrders({ folder, stacks, state, stop: () => void stop() })
  subjectHeader = obeyed.subjectHeader
  const control = createControlServer(obeyed.orders)
  const socket = await socketPath(folder)
  await rm(socket, { force: true })
  await bind(control, { path: socket })
  await chmod(socket, PRIVATE_FILE)
  const identity = await processIdentity(process.pid)
  const card: ProcessCard = { protocol: PROTOCOL, pid: process.pid, identity, socket }
  await replaceFile(cardFile(folder), `${JSON.stringify(card)}\n`)
  process.on('SIGTERM', () => void stop())
  process.on('SIGINT', () => void stop())
  say(`serving on ${state.listen}`)

  let isStopping = false
  async function stop(): Promise<void> {
    if (isStopping) return
    isStopping = true
    say('stopping')
    await traffic.stop(STOP_WITHIN_MS)
    control.close()
    await rm(cardFile(folder), { force: true })
    const gone = dirname(socket) === folder ? socket : dirname(socket)
    await rm(gone, { recursive: true, force: true })
    say('stopped')
    process.exit(0)
  }
}

/** Port 0 asks for any port: after a crash that is the one that users already know. */
function whereTo(listen: string, before: string | null) {
  const { host, port } = addressOf(listen)
  const known = before === null ? null : addressOf(before)
  return { host, port: port === 0 && known?.host === host ? known.port : port }
}

function addressOf(address: string) {
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at), port: Number(address.slice(at + 1)) }
}

/** Answers the port; 0 for a unix socket. */
function bind(server: Server, where: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

/** In the folder where the path is short enough, else in a private one of its own. */
async function socketPath(folder: string): Promise<string> {
  const inFolder = join(folder, 'control.sock')
  if (Buffer.byteLength(inFolder) <= SOCKET_PATH_MAX) return inFolder
  return join(await mkdtemp(join(tmpdir(), 'goaround-')), 'control.sock')
}

function say(what: string): void {
  process.stdout.write(`${new Date().toISOString()} ${process.pid} ${what}\n`)
}

/** Tells the driver that started us, if it is still there, and lets go of it. */
async function tell(news: StartNews): Promise<void> {
  if (news.kind === 'failed') say(`failed: ${news.detail}`)
  await new Promise<void>((resolve) => {
    if (process.send === undefined || !process.connected) resolve()
    else process.send(news, () => resolve())
  })
  if (process.connected) process.disconnect()
}
