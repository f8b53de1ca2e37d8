import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { readStrategy } from '../../src/core/strategy/read-strategy.ts'
import { stopBuiltinRouter } from '../../src/drivers/builtin-router/stop-builtin-router.ts'
import { systemClock } from '../../src/drivers/system-clock.ts'
import { startLoad } from '../../src/main/demo/load.ts'
import { openDrivers } from '../../src/main/open-drivers.ts'
import { verifyAudit } from '../../src/store/audit.ts'
import { openStore } from '../../src/store/open-store.ts'
import { freePort } from '../support/http-service.ts'
import { startWebhookReceiver, TEST_WEBHOOK_SECRET } from '../support/webhook-receiver.ts'

/** A server lives this long, drawn anew for each: shorter than a start takes, longer than a rollout. */
const LIFE_MS = [20, 4_000] as const
const ASK_EVERY_MS = 250
const REQUESTS_PER_SECOND = 40
/** A rollout whose server is killed all the time comes to its end slowly, but it does. */
const END_WITHIN_MS = 300_000

export interface KillReport {
  readonly kills: number
  readonly rollouts: number
  readonly acknowledged: number
  readonly problems: readonly string[]
}

/**
 * Kills a server with SIGKILL at random moments while it rolls out good and bad releases, and checks
 * at the end that nothing acknowledged was lost, no effect was doubled, every rollout has come to its
 * end and the log is whole.
 */
export async function killRun(
  kills: number,
  storeUrl: string | null,
  say: (text: string) => void,
): Promise<KillReport> {
  const folder = mkdtempSync(join(tmpdir(), 'goaround-kill-'))
  const port = await freePort()
  const receiver = await startWebhookReceiver()
  const diary = join(folder, 'diary')
  writeFileSync(diary, '')
  const url = storeUrl ?? `sqlite:${join(folder, 'goaround.db')}`
  const listen = `127.0.0.1:${await freePort()}`
  const strategy = strategyText(diary, listen, receiver.url)
  const victim = new Victim(folder, port, url)
  const client = new StubbornClient(`http://127.0.0.1:${port}`)
  victim.start()
  const releases: string[] = []
  const problems: string[] = []
  const isKilling = { now: true }

  async function killAgainAndAgain(): Promise<void> {
    for (let kill = 1; kill <= kills; kill += 1) {
      await sleep(LIFE_MS[0] + Math.random() ** 2 * (LIFE_MS[1] - LIFE_MS[0]))
      await victim.kill()
      victim.start()
      say(`${kill} of ${kills} kills, ${releases.length} rollouts`)
    }
    isKilling.now = false
  }

  async function rollOut(): Promise<void> {
    const killing = killAgainAndAgain()
    await client.deploy(strategy, 'good-0')
    await client.settle('shop-1', END_WITHIN_MS)
    const load = startLoad(`http://${listen}`, REQUESTS_PER_SECOND)
    for (let turn = 1; isKilling.now || turn <= 2; turn += 1) {
      const release = turn % 3 === 0 ? `good-${turn}` : `bad-${turn}`
      const id = await client.deploy(strategy, release)
      releases.push(release)
      await client.settle(id, END_WITHIN_MS)
    }
    await killing
    await load.stop()
  }

  try {
    await rollOut()
    await victim.kill()
    problems.push(...doubledStarts(diary), ...(await whatIsWrong(url, client.acknowledged)))
  } finally {
    await victim.kill()
    await cleanUp(strategy, folder)
    await receiver.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return {
    kills,
    rollouts: releases.length + 1,
    acknowledged: client.acknowledged.length,
    problems,
  }
}

/** The process that is killed and started again. */
class Victim {
  readonly #args: readonly string[]
  #process: ChildProcess | null = null

  constructor(folder: string, port: number, url: string) {
    this.#args = [join(import.meta.dirname, 'serve.ts'), folder, String(port), url]
  }

  start(): void {
    const env = { ...process.env, KILL_HOOK_SECRET: TEST_WEBHOOK_SECRET }
    this.#process = spawn(process.execPath, this.#args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env,
    })
  }

  async kill(): Promise<void> {
    const victim = this.#process
    if (victim === null || victim.exitCode !== null || victim.signalCode !== null) return
    const gone = new Promise((resolve) => victim.once('exit', resolve))
    victim.kill('SIGKILL')
    await gone
  }
}

/** Asks again, with the same idempotency key, until somebody answers. */
class StubbornClient {
  readonly #server: string
  readonly acknowledged: string[] = []
  #commands = 0

  constructor(server: string) {
    this.#server = server
  }

  async deploy(strategy: string, release: string): Promise<string> {
    const body = { strategy, fileName: 'goaround.yaml', release }
    const answer = await this.#command('/v1/rollouts', body)
    return String(answer['id'])
  }

  /** Says yes when it is asked, until the rollout has ended and the workload is free. */
  async settle(id: string, within: number): Promise<void> {
    const end = Date.now() + within
    const approved = new Set<string>()
    while (Date.now() < end) {
      const view = await this.#get(`/v1/rollouts/${id}`)
      const workload = await this.#get('/v1/workloads/shop')
      if (view?.['outcome'] != null && workload?.['active'] === null) return
      const hash = String(Object(view?.['decision']).hash ?? '')
      if (view?.['phase'] === 'asking' && !approved.has(hash)) {
        approved.add(hash)
        await this.#command(`/v1/rollouts/${id}/approve`, { hash })
      }
      await sleep(ASK_EVERY_MS)
    }
    const last = await this.#get(`/v1/rollouts/${id}`)
    throw new Error(`rollout ${id} did not come to its end: ${JSON.stringify(last?.['because'])}`)
  }

  async #command(path: string, body: unknown): Promise<Record<string, unknown>> {
    this.#commands += 1
    const key = `kill-test-${this.#commands}`
    for (;;) {
      const answer = await ask(this.#server + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
      })
      if (answer !== null && answer.ok) {
        this.acknowledged.push(key)
        return answer.body
      }
      if (answer !== null && answer.status < 500 && answer.status !== 429) {
        throw new Error(`${path} was refused: ${JSON.stringify(answer.body)}`)
      }
      await sleep(ASK_EVERY_MS)
    }
  }

  async #get(path: string): Promise<Record<string, unknown> | null> {
    const answer = await ask(this.#server + path, {})
    return answer?.ok === true ? answer.body : null
  }
}

async function ask(url: string, init: RequestInit) {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(5_000) })
    const body = (await response.json()) as Record<string, unknown>
    return { ok: response.ok, status: response.status, body }
  } catch {
    return null
  }
}

/** Each release is started once on its stack; more than one line for it is a doubled effect. */
function doubledStarts(diary: string): readonly string[] {
  const counts = Map.groupBy(readFileSync(diary, 'utf8').trim().split('\n'), (line) =>
    line.split(' ').slice(0, 2).join(' on '),
  )
  return [...counts]
    .filter(([, lines]) => lines.length > 1)
    .map(([what, lines]) => `${what} was started ${lines.length} times`)
}

async function whatIsWrong(
  url: string,
  acknowledged: readonly string[],
): Promise<readonly string[]> {
  const store = await openStore(url)
  const problems: string[] = []
  const audit = await verifyAudit(store)
  problems.push(
    ...audit.problems.map(({ stream, version, what }) => `${stream}@${version}: ${what}`),
  )
  const caused = new Set<string | null>()
  const unended = new Set<string>()
  const delivered = new Map<string, number>()
  for (let after: string | null = null; ; ) {
    const page = await store.follow(after, 500)
    for (const { stream, type, data, causedBy } of page) {
      caused.add(causedBy)
      if (type === 'rollout.started') unended.add(stream)
      if (type === 'rollout.completed' || type === 'rollout.ended') unended.delete(stream)
      const id = String(Object(data).id)
      if (type === 'message.delivered') delivered.set(id, (delivered.get(id) ?? 0) + 1)
    }
    const last = page.at(-1)
    if (last === undefined) break
    after = last.position
  }
  await store.close()
  problems.push(
    ...acknowledged
      .filter((key) => ![...caused].some((cause) => cause?.includes(key) === true))
      .map((key) => `acknowledged command ${key} is lost`),
  )
  problems.push(...[...unended].map((stream) => `${stream} never ended`))
  problems.push(
    ...[...delivered]
      .filter(([, times]) => times > 1)
      .map(([id]) => `message ${id} was recorded as delivered twice`),
  )
  return problems
}

function strategyText(diary: string, listen: string, hook: string): string {
  const service = join(import.meta.dirname, 'service.ts')
  return stringify({
    apiVersion: 'goaround.dev/v1',
    kind: 'Strategy',
    workload: {
      name: 'shop',
      components: [
        {
          name: 'web',
          platform: {
            driver: 'processes',
            command: [process.execPath, service, '{port}', '{release}', '{stack}', diary],
            health: { path: '/healthz' },
            stopWithin: '1s',
          },
        },
      ],
    },
    traffic: { driver: 'builtin', listen },
    exposure: {
      model: 'canary',
      groups: [
        { name: 'half', share: '50%', bake: '1s', minExposure: 20 },
        { name: 'all', share: '100%', bake: '1s', minExposure: 20 },
      ],
    },
    detection: { every: '250ms', metrics: [{ name: 'errors', kind: 'error-rate' }] },
    mitigations: { fallback: {}, verifyFor: '500ms' },
    decision: {
      tree: [
        {
          name: 'back',
          choose: 'fallback',
          approvals: [{ role: 'on-call' }],
          because: 'the old stack is there',
        },
      ],
    },
    communication: {
      channels: [
        { name: 'hook', driver: 'webhook', url: hook, secret: { env: 'KILL_HOOK_SECRET' } },
      ],
      audiences: [{ name: 'team', channel: 'hook', detail: 'internal', cadence: '15m' }],
    },
  })
}

async function cleanUp(text: string, stateDir: string): Promise<void> {
  const read = readStrategy(text, 'kill-test')
  if (!read.ok) return
  const drivers = openDrivers({ stateDir, terminal: process.stderr, clock: systemClock })
  const platform = await drivers.platform(read.value, 'web')
  for (const stack of read.value.workload.stacks) {
    const want = { workload: 'shop', component: 'web', stack, release: 'none', replicas: 0 }
    if (platform.ok)
      await platform.value.apply(want, { effectId: 'clean', signal: AbortSignal.timeout(10_000) })
  }
  await stopBuiltinRouter(stateDir, 'shop')
  await drivers.close()
}
