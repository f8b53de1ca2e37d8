import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { platformContract } from '../../../test/contracts/platform.ts'
import { eventually, isRunning } from '../../../test/support/eventually.ts'
import { occupyPort, openShop, type Shop } from '../../../test/support/processes-shop.ts'

platformContract('processes', async () => {
  const opened = await openShop()
  return { platform: opened.platform, eventually, felt: opened.starts, close: opened.close }
})

let shop: Shop

beforeEach(async () => {
  shop = await openShop()
})
afterEach(async () => {
  await shop.close()
})

async function replaceShop(...change: Parameters<typeof openShop>) {
  await shop.close()
  shop = await openShop(...change)
}

const ready = (release: string, replicas: number) => async () => {
  const seen = await shop.see()
  return seen.release === release && seen.ready === replicas && seen.replicas === replicas
}

describe('an instance', () => {
  it('is told who it is, and nothing of what goaround itself was told', async () => {
    process.env['GOAROUND_TEST_SECRET'] = 'hunter2'
    process.env['SMTP_PASSWORD'] = 'hunter3'
    await shop.apply('v1', 1, 'effect-x')
    await eventually(ready('v1', 1))
    const [endpoint = ''] = (await shop.see()).endpoints
    const answer: unknown = await (await fetch(endpoint)).json()
    expect(answer).toMatchObject({
      release: 'v1',
      env: {
        PORT: new URL(endpoint).port,
        GOAROUND_WORKLOAD: 'shop',
        GOAROUND_COMPONENT: 'api',
        GOAROUND_STACK: 'blue',
        GOAROUND_RELEASE: 'v1',
        GOAROUND_REPLICA: '0',
        GOAROUND_EFFECT_ID: 'effect-x',
        DB_PASSWORD: 'correct-horse-battery',
      },
    })
    expect(JSON.stringify(answer)).not.toMatch(/hunter|TEST_SECRET/)
  })

  it('that answers its health check with 503 is there and not ready', async () => {
    await shop.apply('sick', 1)
    await eventually(async () => /GET \/health answers 503/.test((await shop.see()).evidence))
    expect(await shop.see()).toMatchObject({
      release: 'sick',
      replicas: 1,
      ready: 0,
      endpoints: [],
    })
  })

  it('that crashes on its way up is told with exit code and last words, without its environment', async () => {
    await shop.apply('crash', 1)
    await eventually(async () => /exit code 3/.test((await shop.see()).evidence))
    const seen = await shop.see()
    expect(seen).toMatchObject({ release: null, replicas: 0, ready: 0 })
    expect(seen.evidence).toContain('"cannot reach the database with [hidden]"')
    expect(seen.evidence).not.toContain('correct-horse')
  })

  it('that crashes beside another release that still runs is told as crashed, and the other is not', async () => {
    await shop.apply('v1', 1)
    await eventually(ready('v1', 1))
    expect((await shop.see()).crashed).toBeNull()
    await shop.apply('crash', 1)
    await eventually(async () => (await shop.see()).crashed !== null)
    const seen = await shop.see()
    expect(seen).toMatchObject({ release: 'v1', replicas: 1, ready: 1 })
    expect(seen.crashed).toMatch(/^replica 0 of 'crash' crashed: exit code 3; "cannot reach/)
  })

  it('that was started anew shows by another incarnation, on the same port too', async () => {
    await shop.apply('v1', 2)
    await eventually(ready('v1', 2))
    const { incarnation } = await shop.see()
    expect((await shop.see()).incarnation).toBe(incarnation)
    process.kill(Number((await shop.diary())[0]?.split(' ')[1]), 'SIGKILL')
    await eventually(async () => (await shop.see()).ready === 1)
    await shop.apply('v1', 2)
    await eventually(ready('v1', 2))
    expect((await shop.see()).incarnation).not.toBe(incarnation)
  })

  it('that crashes is started again by a new apply and never by looking, and at most five times per effect', async () => {
    for (let tries = 1; tries <= 5; tries += 1) {
      expect(await shop.apply('crash', 1, 'same-effect')).toMatchObject({ ok: true })
      await eventually(async () => (await shop.starts()) === tries)
      await eventually(async () => /exit code 3/.test((await shop.see()).evidence))
      await shop.see()
      expect(await shop.starts()).toBe(tries)
    }
    expect((await shop.see()).evidence).toContain('crashed 5 times in a row')
    const sixth = await shop.apply('crash', 1, 'same-effect')
    expect(sixth).toMatchObject({ ok: false, problem: { reason: 'refused', retry: 'never' } })
    expect(JSON.stringify(sixth)).toMatch(/crashed 5 times in a row.*exit code 3/)
    expect(await shop.starts()).toBe(5)
    await shop.apply('crash', 1, 'another-effect')
    await eventually(async () => (await shop.starts()) === 6)
  })

  it('that is killed by somebody goes missing at once and comes back with the next apply', async () => {
    await shop.apply('v1', 2)
    await eventually(ready('v1', 2))
    const pid = Number((await shop.diary())[0]?.split(' ')[1])
    process.kill(pid, 'SIGKILL')
    await eventually(async () => (await shop.see()).ready === 1)
    await eventually(async () => /crashed: ended by SIGKILL/.test((await shop.see()).evidence))
    await shop.apply('v1', 2)
    await eventually(ready('v1', 2))
    expect(await shop.starts()).toBe(3)
  })

  it('that ignores SIGTERM is killed when its grace is over', async () => {
    await shop.apply('stubborn', 1)
    await eventually(ready('stubborn', 1))
    const pid = Number((await shop.diary())[0]?.split(' ')[1])
    const begun = Date.now()
    await shop.apply('none', 0)
    expect((await shop.see()).evidence).toContain('was asked to stop')
    await eventually(async () => !(await isRunning(pid)))
    expect(Date.now() - begun).toBeGreaterThanOrEqual(shop.config.stopWithin)
    expect((await shop.diary()).filter((line) => line.startsWith('term'))).toHaveLength(1)
  })

  it('takes the children that it left behind with it', async () => {
    const folder = dirname(shop.stateDir)
    const platform = shop.reopen({
      command: [
        '/bin/sh',
        '-c',
        'sleep 1000 & echo $! > child; exec "$@"',
        'sh',
        ...shop.config.command,
      ],
      cwd: folder,
    })
    const at = { workload: 'shop', component: 'api', stack: 'blue' }
    const ask = { effectId: 'e', signal: AbortSignal.timeout(5_000) }
    await platform.apply({ ...at, release: 'v1', replicas: 1 }, ask)
    await eventually(ready('v1', 1))
    const child = Number(await readFile(join(folder, 'child'), 'utf8'))
    expect(await isRunning(child)).toBe(true)
    await platform.apply({ ...at, release: 'v1', replicas: 0 }, ask)
    await eventually(async () => !(await isRunning(child)))
  })
})

describe('a change of the release on the same stack', () => {
  it('keeps an endpoint ready all the time when ports are free', async () => {
    await shop.apply('v1', 2)
    await eventually(ready('v1', 2))
    await shop.apply('v2', 2)
    await eventually(async () => {
      expect((await shop.see()).ready).toBeGreaterThan(0)
      return ready('v2', 2)()
    })
  })

  it('leaves the old release running while the new one is not ready', async () => {
    await shop.apply('v1', 1)
    await eventually(ready('v1', 1))
    await shop.apply('sick', 1)
    await eventually(async () => (await shop.see()).replicas === 2)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const seen = await shop.see()
    expect(seen).toMatchObject({ release: 'v1', replicas: 2, ready: 1 })
    expect(seen.evidence).toContain('and 1 of another release still running')
  })

  it('stops the old before it starts the new when the port is fixed', async () => {
    const { port, free } = await occupyPort()
    await free()
    await replaceShop({ ports: { blue: port } })
    await shop.apply('v1', 1)
    await eventually(ready('v1', 1))
    await shop.apply('v2', 1)
    await eventually(ready('v2', 1))
    expect((await shop.diary()).map((line) => line.replace(/ \d+ /, ' '))).toEqual([
      `start v1 ${port}`,
      `term v1 ${port}`,
      `start v2 ${port}`,
    ])
  })
})

describe('what cannot be started', () => {
  it('is refused with the number of a port that a stranger holds, until it is free', async () => {
    const { port, free } = await occupyPort()
    await replaceShop({ ports: { blue: port } })
    const refused = await shop.apply('v1', 1)
    expect(refused).toMatchObject({ ok: false, problem: { reason: 'refused', retry: 'safe' } })
    expect(JSON.stringify(refused)).toContain(`port ${port}`)
    await free()
    await shop.apply('v1', 1)
    await eventually(ready('v1', 1))
  })

  it('is a misconfiguration when no port is named for the stack', async () => {
    await replaceShop({ ports: { green: 20_000 } })
    expect(await shop.apply('v1', 1)).toMatchObject({
      ok: false,
      problem: {
        reason: 'misconfigured',
        retry: 'never',
        detail: "platform.ports of component 'api' names no first port for stack 'blue'",
      },
    })
  })

  it('is a misconfiguration when the command does not exist, and names it', async () => {
    await replaceShop({ command: ['no-such-command', '{port}'] })
    const refused = await shop.apply('v1', 1)
    expect(refused).toMatchObject({
      ok: false,
      problem: { reason: 'misconfigured', retry: 'never' },
    })
    expect(JSON.stringify(refused)).toContain("'no-such-command'")
  })

  it('is a misconfiguration when it belongs to another component', async () => {
    const want = { workload: 'shop', component: 'db', stack: 'blue', release: 'v1', replicas: 1 }
    const ask = { effectId: 'e', signal: AbortSignal.timeout(1_000) }
    expect(await shop.platform.apply(want, ask)).toMatchObject({
      ok: false,
      problem: { reason: 'misconfigured' },
    })
  })
})
