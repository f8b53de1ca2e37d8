import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { platformContract } from '../../../test/contracts/platform.ts'
import { eventually, isRunning } from '../../../test/support/eventually.ts'
import type { Platform } from '../../ports/platform.ts'
import type { ExecConfig } from './command-words.ts'
import { openExec } from './exec.ts'

const TOOL = new URL('../../../test/support/fake-deployer.ts', import.meta.url).pathname

interface Tool {
  readonly folder: string
  readonly config: ExecConfig
  readonly diary: () => Promise<readonly string[]>
  readonly close: () => Promise<void>
}

async function openTool(): Promise<Tool> {
  const folder = await mkdtemp(join(tmpdir(), 'goaround-exec-'))
  const words = (verb: string) => [process.execPath, TOOL, folder, verb, '{stack}']
  return {
    folder,
    config: {
      driver: 'exec',
      deploy: [...words('deploy'), '{release}', '{replicas}'],
      scale: [...words('scale'), '{release}', '{replicas}'],
      state: words('state'),
      undo: [...words('undo'), '{release}', '{replicas}'],
      env: { CLUSTER_PASSWORD: 'correct-horse-battery' },
      timeout: 10_000,
      shell: false,
    },
    diary: async () =>
      (await readFile(join(folder, 'diary'), 'utf8').catch(() => ''))
        .split('\n')
        .filter((line) => line !== ''),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

platformContract('exec', async () => {
  const opened = await openTool()
  return {
    platform: openExec({ config: opened.config, stateDir: join(opened.folder, 'state') }),
    eventually,
    felt: async () => (await opened.diary()).length,
    close: opened.close,
  }
})

let tool: Tool

beforeEach(async () => {
  tool = await openTool()
})
afterEach(async () => {
  await tool.close()
})

function open(change: Partial<ExecConfig> = {}): Platform {
  return openExec({ config: { ...tool.config, ...change }, stateDir: join(tool.folder, 'state') })
}

function apply(
  platform: Platform,
  release: string,
  replicas: number,
  { effectId = 'effect-1', signal = AbortSignal.timeout(20_000) } = {},
) {
  return platform.apply({ ...AT, release, replicas }, { effectId, signal })
}

const AT = { workload: 'shop', component: 'api', stack: 'blue' }
const look = (platform: Platform) => platform.observe(AT, AbortSignal.timeout(10_000))
const verbs = async () => (await tool.diary()).map((line) => line.split(' ').slice(0, 4).join(' '))

describe('the command that is chosen', () => {
  it('is deploy for a release, scale for a number, undo for nothing', async () => {
    const platform = open()
    await apply(platform, 'v1', 1)
    await apply(platform, 'v1', 3)
    await apply(platform, 'v1', 0)
    expect((await verbs()).filter((line) => line.startsWith('begin'))).toEqual([
      'begin deploy v1 1',
      'begin scale v1 3',
      'begin undo v1 0',
    ])
  })

  it('is deploy for a number when there is no scale, and scale for nothing when there is no undo', async () => {
    const { scale: _, ...withoutScale } = tool.config
    const { undo: __, ...withoutUndo } = tool.config
    const stateDir = join(tool.folder, 'state')
    await apply(open(), 'v1', 1)
    await apply(openExec({ config: withoutScale, stateDir }), 'v1', 2)
    await apply(openExec({ config: withoutUndo, stateDir }), 'v1', 0)
    expect((await verbs()).filter((line) => line.startsWith('begin'))).toEqual([
      'begin deploy v1 1',
      'begin deploy v1 2',
      'begin scale v1 0',
    ])
  })

  it('is refused when nothing can take a stack down', async () => {
    await apply(open(), 'v1', 1)
    const { scale: _, undo: __, ...config } = tool.config
    const refused = await apply(openExec({ config, stateDir: tool.folder }), 'v1', 0)
    expect(refused).toMatchObject({
      ok: false,
      problem: { reason: 'misconfigured', retry: 'never' },
    })
  })

  it('is told the effect, so that it can drop a repeat', async () => {
    await apply(open(), 'v1', 1, { effectId: 'rollout-1/deploy/1' })
    expect((await tool.diary())[0]).toContain('rollout-1/deploy/1')
  })
})

describe('a value that looks like a command', () => {
  const release = 'v1\'; touch pwned; echo "$(touch pwned)'

  it.each([false, true])('stays a value (shell: %s)', async (shell) => {
    const state = [process.execPath, TOOL, tool.folder, 'state', 'blue']
    const deploy = ['printf', shell ? '"%s"' : '%s', '"{release}"', '>', 'said']
    const words = shell ? deploy : [process.execPath, '-e', SAY, '{release}']
    expect(
      await apply(open({ shell, state, deploy: words, cwd: tool.folder }), release, 1),
    ).toEqual({
      ok: true,
      value: null,
    })
    expect(await readFile(join(tool.folder, 'said'), 'utf8')).toBe(release)
    await expect(readFile(join(tool.folder, 'pwned'))).rejects.toThrow('ENOENT')
  })

  const SAY = "require('node:fs').writeFileSync('said', process.argv[1])"
})

describe('a command that does not do its work', () => {
  it('is told with its exit code and last words, without its environment', async () => {
    const refused = await apply(open(), 'failing', 1)
    expect(refused).toEqual({
      ok: false,
      problem: {
        reason: 'refused',
        retry: 'after-looking',
        detail: "'deploy' exited with 7: no quota for [hidden]",
      },
    })
  })

  it('is ended with its whole group when its time is over, and then it is not known what it did', async () => {
    const begun = Date.now()
    const late = await apply(open({ timeout: 400 }), 'hanging', 1)
    expect(late).toMatchObject({
      ok: false,
      problem: { reason: 'timed-out', retry: 'after-looking' },
    })
    expect(Date.now() - begun).toBeLessThan(8_000)
    const pid = Number((await tool.diary())[0]?.split(' ').at(-1))
    await eventually(async () => !(await isRunning(pid)))
  })

  it('is a misconfiguration when it does not exist, and named', async () => {
    const refused = await apply(open({ deploy: ['no-such-tool', 'x'] }), 'v1', 1)
    expect(refused).toMatchObject({
      ok: false,
      problem: { reason: 'misconfigured', retry: 'never' },
    })
    expect(JSON.stringify(refused)).toContain("'no-such-tool'")
  })
})

describe('a state that cannot be believed', () => {
  it.each([
    ['is not JSON', 'Error: not logged in '],
    ['lacks a field', '{"release": "v1", "replicas": 1}'],
    ['has a number that is none', '{"release": "v1", "replicas": -1, "ready": 0}'],
  ])('because it %s is a failure that quotes it', async (_why, garbage) => {
    const state = ['/bin/cat', 'garbage']
    await writeFile(join(tool.folder, 'garbage'), garbage)
    const seen = await look(open({ state, cwd: tool.folder }))
    expect(seen).toMatchObject({ ok: false, problem: { reason: 'misconfigured', retry: 'safe' } })
    expect(seen.ok ? '' : seen.problem.detail).toContain(garbage.trim())
  })

  it('is quoted with at most 200 characters', async () => {
    await writeFile(join(tool.folder, 'garbage'), 'x'.repeat(5_000))
    const seen = await look(open({ state: ['/bin/cat', 'garbage'], cwd: tool.folder }))
    expect(seen.ok ? '' : seen.problem.detail).toMatch(/printed x{199}…$/)
  })

  it('stops an apply before anything is done', async () => {
    const applied = await apply(open({ state: ['/bin/false'] }), 'v1', 1)
    expect(applied).toMatchObject({ ok: false, problem: { reason: 'refused', retry: 'safe' } })
    expect(await tool.diary()).toEqual([])
  })

  it('that prints without end is cut off', async () => {
    const seen = await look(open({ state: ['/bin/sh', '-c', 'while :; do echo xxxxxxxx; done'] }))
    expect(seen).toMatchObject({ ok: false, problem: { retry: 'safe' } })
    expect(seen.ok ? '' : seen.problem.detail).toContain('printed more than 1048576 bytes')
  })

  it('that hangs is ended, and looking again is safe', async () => {
    const seen = await look(open({ state: ['/bin/sleep', '600'], timeout: 200 }))
    expect(seen).toMatchObject({ ok: false, problem: { reason: 'timed-out', retry: 'safe' } })
  })
})

describe('one command per stack at a time', () => {
  it('holds within one server and between two', async () => {
    const [one, two] = [open(), open()]
    const all = await Promise.all([
      apply(one, 'slow-1', 1, { effectId: 'a' }),
      apply(two, 'slow-2', 1, { effectId: 'b' }),
      apply(one, 'slow-3', 1, { effectId: 'c' }),
    ])
    expect(all.every((outcome) => outcome.ok)).toBe(true)
    const steps = (await verbs()).map((line) => line.split(' ')[0])
    expect(steps).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end'])
  })

  it('leaves a command running when the wait for it ends, and the next one waits for it', async () => {
    const platform = open()
    const waiting = new AbortController()
    const first = apply(platform, 'slow', 1, { signal: waiting.signal })
    await eventually(async () => (await tool.diary()).length === 1)
    waiting.abort()
    expect(await first).toMatchObject({
      ok: false,
      problem: { reason: 'timed-out', retry: 'after-looking' },
    })
    expect(await apply(platform, 'slow', 1)).toEqual({ ok: true, value: null })
    expect(await verbs()).toEqual(['begin deploy slow 1', 'end deploy slow 1'])
  })

  it('holds when the server is killed while the command runs: it is waited for and not doubled', async () => {
    const server = startApplying('slow')
    await eventually(async () => (await tool.diary()).length === 1)
    server.kill('SIGKILL')
    expect(await apply(open(), 'slow', 1)).toEqual({ ok: true, value: null })
    expect(await verbs()).toEqual(['begin deploy slow 1', 'end deploy slow 1'])
  })

  it('holds at whatever moment the server is killed', async () => {
    const beginsAfter = await timeUntilItBegins()
    let killedInside = 0
    for (const part of [0.2, 0.6, 0.9, 1, 1.1, 1.3, 1.6]) {
      const release = `slow-${part * 10}`
      const server = startApplying(release)
      await new Promise((resolve) => server.stdout.once('data', resolve))
      await new Promise((resolve) => setTimeout(resolve, beginsAfter * part))
      server.kill('SIGKILL')
      const lines = async () => (await verbs()).filter((line) => line.endsWith(` ${release} 1`))
      if ((await lines()).length === 1) killedInside += 1
      expect(await apply(open(), release, 1)).toEqual({ ok: true, value: null })
      expect(await lines()).toEqual([`begin deploy ${release} 1`, `end deploy ${release} 1`])
    }
    // Otherwise every kill came too early to show anything.
    expect(killedInside).toBeGreaterThan(0)
  }, 120_000)

  /** From a server's first word until its command has begun, on this machine at this hour. */
  async function timeUntilItBegins(): Promise<number> {
    const server = startApplying('slow-first')
    await new Promise((resolve) => server.stdout.once('data', resolve))
    const said = Date.now()
    await eventually(async () => (await tool.diary()).length === 1)
    const took = Date.now() - said
    await eventually(async () => (await tool.diary()).length === 2)
    server.kill('SIGKILL')
    return took
  }

  it('ends a command of a killed server that has outlived its timeout', async () => {
    const server = startApplying('hanging')
    await eventually(async () => (await tool.diary()).length === 1)
    server.kill('SIGKILL')
    expect(await apply(open({ timeout: 1_000 }), 'v1', 1)).toEqual({ ok: true, value: null })
    expect((await verbs()).at(-1)).toBe('end deploy v1 1')
  })

  function startApplying(release: string) {
    const program = `
      import { openExec } from ${JSON.stringify(new URL('./exec.ts', import.meta.url).pathname)}
      const platform = openExec(${JSON.stringify({
        config: tool.config,
        stateDir: join(tool.folder, 'state'),
      })})
      process.stdout.write('go')
      const want = ${JSON.stringify({ ...AT, release, replicas: 1 })}
      await platform.apply(want, { effectId: 'e', signal: AbortSignal.timeout(60_000) })
      setInterval(() => undefined, 60_000)`
    return spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }
})

it('answers with a failure when its folder cannot be used', async () => {
  await writeFile(join(tool.folder, 'state'), 'a file where a folder is needed')
  const refused = await apply(open(), 'v1', 1)
  expect(refused).toMatchObject({ ok: false, problem: { retry: 'after-looking' } })
  await chmod(join(tool.folder, 'state'), 0o600)
})
