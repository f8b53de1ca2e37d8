import { spawn, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { FlagdCore } from '@openfeature/flagd-core'
import { afterEach, describe, expect, test } from 'vitest'
import { startOfDay } from '../src/core/kernel/instant.ts'
import { sayProblem } from '../src/core/strategy/problem.ts'
import { inspectStrategy } from '../src/core/strategy/read-strategy.ts'
import type { Strategy } from '../src/core/strategy/schema.ts'
import { openHttpProber } from '../src/drivers/http-prober/prober.ts'
import { freePort } from './support/http-service.ts'
import { goaround } from './support/terminal.ts'

const EXAMPLES = join(import.meta.dirname, '../examples')
/** A process of an example answers within a fifth of a second; a busy machine needs longer. */
const ANSWER_WITHIN_MS = 20_000
const LOOK_EVERY_MS = 50

const strategies = globSync('*/*.yaml', { cwd: EXAMPLES })
  .toSorted()
  .filter((file) => read(file).includes('kind: Strategy'))

test('the examples are there', () => {
  expect(strategies).toEqual([
    'backtest/goaround.yaml',
    'blue-green/goaround.yaml',
    'browser-check/goaround.yaml',
    'flagged/goaround.yaml',
    'haproxy/goaround.yaml',
    'minimal/goaround.yaml',
    'prometheus/goaround.yaml',
  ])
})

describe.each(strategies)('%s', (file) => {
  test('is accepted', () => {
    const { strategy, problems } = inspectStrategy(read(file), file)
    const errors = problems.filter(({ severity }) => severity === 'error')
    expect(errors.map(sayProblem)).toEqual([])
    expect(strategy).not.toBeNull()
  })

  test('tells editors where the schema is', () => {
    const named = /^# yaml-language-server: \$schema=(.+)$/m.exec(read(file))?.[1] ?? ''
    expect(existsSync(join(EXAMPLES, dirname(file), named))).toBe(true)
  })
})

test('the examples that show everything leave nothing for lint to find', () => {
  const { problems } = inspectStrategy(read('flagged/goaround.yaml'), 'f', startOfDay('2026-11-23'))
  expect(problems.map(sayProblem)).toEqual([])
})

describe('the example with HAProxy', () => {
  const started: (() => void)[] = []
  afterEach(() => started.splice(0).forEach((stop) => stop()))

  test('has a configuration that HAProxy accepts', () => {
    const checked = spawnSync(tool('haproxy', 'haproxy'), ['-c', '-f', 'haproxy.cfg'], {
      cwd: join(EXAMPLES, 'haproxy'),
      encoding: 'utf8',
    })
    expect(checked).toMatchObject({ status: 0 })
  })

  test('names the same servers, ports and addresses on both sides', () => {
    const { traffic, workload } = strategyOf('haproxy/goaround.yaml')
    const platform = workload.components[0]?.platform
    const config = read('haproxy/haproxy.cfg')
    const servers = [...config.matchAll(/^ {2}server (\S+) 127\.0\.0\.1:(\d+)/gm)].map(
      ([, name, port]) => [name, Number(port)],
    )
    expect(traffic).toMatchObject({
      driver: 'haproxy',
      servers: { blue: ['blue'], green: ['green'] },
      backend: /^backend (\S+)$/m.exec(config)?.[1],
      socket: /stats socket unix@(\S+)/.exec(config)?.[1],
      log: /^ {2}log (\S+) len/m.exec(config)?.[1],
    })
    expect(platform).toMatchObject({ ports: Object.fromEntries(servers) })
  })

  test.each([
    ['1.0', [200]],
    ['2.0', [200]],
    ['2.1', [200, 500]],
  ])(
    'has a release %s that answers its users with %j and is well at the front',
    async (release, statuses) => {
      const port = await freePort()
      const child = spawn(`releases/${release}/run`, [String(port)], {
        cwd: join(EXAMPLES, 'haproxy'),
        stdio: 'ignore',
      })
      started.push(() => child.kill('SIGTERM'))
      expect(await statusOf(`http://127.0.0.1:${port}/`)).toBe(200)

      const seen = new Set<number>()
      for (let i = 0; i < 200; i += 1) seen.add(await statusOf(`http://127.0.0.1:${port}/cart`))
      expect(seen).toEqual(new Set(statuses))
    },
  )
})

describe('the example with a browser', () => {
  test.each([
    ['2.0', 'pass', /exited with 0: bought one in 2.0$/],
    ['2.1', 'fail', /exited with 1: after buying it says ""$/],
  ])(
    'sees what users of release %s see, and keeps a picture of it',
    async (release, verdict, says) => {
      const folder = mkdtempSync(join(tmpdir(), 'goaround-browser-'))
      const port = await freePort()
      const cwd = join(EXAMPLES, 'browser-check')
      const server = spawn(process.execPath, ['server.mjs', String(port), release], { cwd })
      try {
        const endpoint = `http://127.0.0.1:${port}`
        expect(await statusOf(endpoint)).toBe(200)
        const [smoke] = strategyOf('browser-check/goaround.yaml').exposure.groups[0]?.smoke ?? []
        if (smoke?.command === undefined) throw new Error('the example has no command')
        const command = [tool('chromium', 'chromium') && process.execPath, join(cwd, 'check.mjs')]
        const target = { endpoint, workload: 'shop', release, stack: 'green', group: 'tenth' }
        const ask = { effectId: 'example', signal: AbortSignal.timeout(60_000) }
        const outcome = await openHttpProber(folder).probe({ ...smoke, command }, target, ask)
        expect(outcome).toMatchObject({ ok: true, value: { verdict } })
        const { because, artefacts } = outcome.ok ? outcome.value : { because: '', artefacts: [] }
        expect(because).toMatch(says)
        const [picture = ''] = artefacts
        expect(readFileSync(picture).subarray(1, 4).toString()).toBe('PNG')
      } finally {
        server.kill()
        rmSync(folder, { recursive: true })
      }
    },
    60_000,
  )
})

test('the example with Prometheus scrapes the ports of each stack under its name', () => {
  const { workload } = strategyOf('prometheus/goaround.yaml')
  const [component] = workload.components
  const config = read('prometheus/prometheus.yml')
  const jobs = [...config.matchAll(/targets: \[([^\]]+)\]\n\s+labels: \{ stack: (\w+) \}/g)]
  const ports = Object.fromEntries(
    jobs.map(([, targets = '', stack = '']) => [stack, targets.split(', ').map(portOf)]),
  )
  const replicas = component?.replicas ?? 0
  const first = component?.platform.driver === 'processes' ? component.platform.ports : undefined
  expect(ports).toEqual(
    Object.fromEntries(
      Object.entries(first ?? {}).map(([stack, port]) => [
        stack,
        Array.from({ length: replicas }, (_, i) => port + i),
      ]),
    ),
  )
})

test('the example with Prometheus has a configuration that Prometheus accepts', () => {
  const file = join(EXAMPLES, 'prometheus/prometheus.yml')
  const checked = spawnSync(tool('promtool', 'prometheus'), ['check', 'config', file], {
    encoding: 'utf8',
  })
  expect(checked).toMatchObject({ status: 0 })
})

test('the example with a flag names a flag and a variant that flagd knows, switched on', () => {
  const [bypass] = strategyOf('flagged/goaround.yaml').mitigations.bypasses
  const text = read(`flagged/${bypass?.flag.file ?? ''}`)
  const flagd = new FlagdCore()
  flagd.setConfigurations(text)
  const flag: unknown = JSON.parse(text)
  expect(flag).toHaveProperty(['flags', bypass?.flag.key ?? '', 'variants', bypass?.flag.off ?? ''])
  const answer = flagd.resolveBooleanEvaluation(bypass?.flag.key ?? '', false, {}, console)
  expect(answer).toMatchObject({ value: true, variant: 'on' })
})

describe('the example with recordings', () => {
  const commands = [...read('backtest/README.md').matchAll(/^goaround (.+)$/gm)].map(
    ([, words = '']) => words.split(' '),
  )

  test('shows two commands', () => expect(commands).toHaveLength(2))

  test.each(commands.map((argv) => [argv.join(' '), argv] as const))(
    'finds what its README says: goaround %s',
    async (_, argv) => {
      const { exit, out } = await goaround(argv, { cwd: join(EXAMPLES, 'backtest') })
      expect(exit).toBe(0)
      expect(out).toMatch(/^✔ The rollout: it would have halted at /m)
      expect(out).toMatch(/^✔ False alarms: none of \d+ rollouts/m)
      expect(out).toMatch(/the static\s+threshold would\s+have\s+halted [1-9]/)
    },
  )

  test('has the recordings that its script makes', () => {
    const script = join(EXAMPLES, 'backtest/make-recordings.mjs')
    const checked = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
    expect(checked).toMatchObject({ status: 0, stderr: '' })
  })
})

function read(file: string): string {
  return readFileSync(join(EXAMPLES, file), 'utf8')
}

function strategyOf(file: string): Strategy {
  const { strategy } = inspectStrategy(read(file), file)
  if (strategy === null) throw new Error(`${file} is not accepted`)
  return strategy
}

function portOf(address: string): number {
  return Number(address.split(':')[1])
}

function tool(command: string, debian: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin']
  const found = folders.map((folder) => join(folder, command)).find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new Error(`${command} is missing. Install it with: apt-get install -y ${debian}`)
}

async function statusOf(url: string): Promise<number> {
  const endsAt = performance.now() + ANSWER_WITHIN_MS
  for (;;) {
    try {
      const response = await fetch(url)
      await response.arrayBuffer()
      return response.status
    } catch (error) {
      if (performance.now() > endsAt) throw error
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }
}
