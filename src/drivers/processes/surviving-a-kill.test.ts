import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { integer, record, sample, subarray } from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually, isRunning } from '../../../test/support/eventually.ts'
import { openShop, type Shop, seeStack, startServer } from '../../../test/support/processes-shop.ts'
import { planInstance, readInstances } from './instance.ts'
import { launch } from './launcher.ts'

/** Each run starts a real server; this many hit every moment of an apply, which takes about 40 ms. */
const KILLS = 20

const WANTS = [
  { release: 'v1', replicas: 3, effectId: 'up' },
  { release: 'v1', replicas: 1, effectId: 'down' },
  { release: 'v2', replicas: 3, effectId: 'other' },
  { release: 'v2', replicas: 2, effectId: 'fewer' },
]

let shop: Shop

beforeEach(async () => {
  shop = await openShop()
})
afterEach(async () => {
  await shop.close()
})

/** The processes that really run, asked of the system and not of the driver. */
async function running(): Promise<readonly string[]> {
  const releases: string[] = []
  for (const line of await shop.diary()) {
    const [what, pid, release = ''] = line.split(' ')
    if (what === 'start' && (await isRunning(Number(pid)))) releases.push(release)
  }
  return releases
}

describe('a server that is killed with SIGKILL', () => {
  it('leaves its instances running, and the next server finds and stops them', async () => {
    const server = startServer(shop, [{ release: 'v1', replicas: 2, effectId: 'up' }])
    await server.says('done')
    await server.kill()
    await eventually(async () => (await shop.see()).ready === 2)
    expect(await running()).toEqual(['v1', 'v1'])
    await shop.apply('v1', 2, 'up')
    expect(await shop.starts()).toBe(2)
    await shop.apply('v1', 0)
    await eventually(async () => (await running()).length === 0)
  })

  it('does not keep an instance that it asked to stop from being killed after its grace', async () => {
    const server = startServer(shop, [{ release: 'stubborn', replicas: 1, effectId: 'up' }])
    await eventually(async () => (await shop.see()).ready === 1)
    await server.kill()
    const stopping = startServer(shop, [{ release: 'none', replicas: 0, effectId: 'down' }])
    await stopping.says('done')
    await stopping.kill()
    const pid = Number((await shop.diary())[0]?.split(' ')[1])
    await eventually(async () => !(await isRunning(pid)))
    expect(await shop.see()).toMatchObject({ release: null, replicas: 0 })
  })

  it('at any moment neither doubles nor loses an instance', async () => {
    const moment = record({
      wants: subarray(WANTS, { minLength: 1 }),
      after: integer({ min: 0, max: 120 }),
    })
    for (const { wants, after } of sample(moment, KILLS)) {
      const server = startServer(shop, wants)
      await server.says('go')
      await new Promise((resolve) => setTimeout(resolve, after))
      await server.kill()

      const last = wants.at(-1) ?? { release: 'v1', replicas: 1, effectId: 'none' }
      const next = shop.reopen()
      const at = { workload: 'shop', component: 'api', stack: 'blue' }
      const ask = { effectId: last.effectId, signal: AbortSignal.timeout(10_000) }
      const applied = await next.apply({ ...at, ...last }, ask)
      expect(applied, `${JSON.stringify(wants)} killed after ${after} ms`).toMatchObject({
        ok: true,
      })
      await eventually(async () => {
        const seen = await seeStack(next, 'blue')
        const { release, ready, replicas } = seen
        return release === last.release && ready === last.replicas && replicas === last.replicas
      })
      expect(await running()).toEqual(Array.from({ length: last.replicas }, () => last.release))
      await next.close()
    }
  }, 120_000)
})

describe('the launcher of an instance', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'goaround-launcher-'))
    await mkdir(join(folder, 'logs'))
    await writeFile(join(folder, 'guard'), 'wanted\n')
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  function launchOnce(token: string): Promise<void> {
    return launch({
      argv: ['/bin/sh', '-c', 'echo run >> ran; exec sleep 0.3'],
      cwd: folder,
      env: {},
      claim: join(folder, 'claim'),
      exits: join(folder, 'exit'),
      guard: join(folder, 'guard'),
      token,
      stopWithinMs: 1_000,
      outLog: join(folder, 'logs', 'out'),
      errLog: join(folder, 'logs', 'err'),
    })
  }

  it('runs the command once, however many of them race for the claim', async () => {
    await Promise.all(Array.from({ length: 12 }, () => launchOnce('wanted')))
    await eventually(async () => (await endings()) === 12)
    expect(await readFile(join(folder, 'ran'), 'utf8')).toBe('run\n')
  })

  it('does not run the command when it comes too late to be wanted', async () => {
    await launchOnce('wanted-once')
    await eventually(async () => (await endings()) === 1)
    expect(await readdir(folder)).toContain('claim.withdrawn')
    expect(await readdir(folder)).not.toContain('ran')
  })

  async function endings(): Promise<number> {
    const names = await readdir(folder)
    return names.filter((name) => /^exit\.\d+$/.test(name)).length
  }
})

describe('a claim whose pid now belongs to somebody else', () => {
  it('is an ended instance, and nobody is killed for it', async () => {
    const stack = join(shop.stateDir, 'shop', 'api', 'blue')
    const plan = {
      replica: 0,
      release: 'v1',
      port: 20_000,
      effectId: 'e',
      tries: 1,
      crashesBefore: 0,
      plannedAt: 0,
    }
    const folder = await planInstance(stack, 1, plan)
    const bystander = startServer(shop, [])
    await bystander.says('done')
    await writeFile(join(folder, 'claim'), `${bystander.pid} ${bystander.pid} another-boot:12345\n`)
    expect((await readInstances(stack))[0]).toMatchObject({ state: 'ended', exitCode: null })
    await shop.apply('none', 0)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await isRunning(bystander.pid)).toBe(true)
    await bystander.kill()
  })
})
