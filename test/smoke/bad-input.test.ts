import { existsSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { RolloutView } from '../../src/contract/rollout-view.ts'
import { expectNoSecret } from '../support/no-secret.ts'
import { sharedPostgres } from '../support/postgres.ts'
import {
  expectExit,
  openShell,
  quietPort,
  type Running,
  type Shell,
  until,
} from '../support/shell.ts'

/** Whatever goes wrong must have ended in words by then, on a busy machine too. */
const WITHIN_MS = 90_000
const PASSWORD = 'pa55-of-the-store'
const WRONG_TOKEN = 'goa_thisIsNotAnybodysToken0123456789abcdefg'

const SERVICE = `
const { createServer } = require('node:http')
if (process.argv[3] === 'bad') process.exit(3)
createServer((_, response) => response.end('well')).listen(Number(process.argv[2]), '127.0.0.1')
`

interface Written {
  readonly name: string
  readonly command?: string
  readonly traffic?: string
  readonly smoke?: string
  readonly detection?: string
}

/** A strategy that would work, but for what the test puts in. */
async function strategy(written: Written): Promise<string> {
  const { name, command = '[node, service.cjs, "{port}", "{release}"]', smoke = '[]' } = written
  const traffic = written.traffic ?? `{ driver: builtin, listen: "127.0.0.1:${await quietPort()}" }`
  return `apiVersion: goaround.dev/v1
kind: Strategy
workload:
  name: ${name}
  components:
    - name: web
      platform:
        driver: processes
        command: ${command}
        health: { path: /, within: 20s }
        stopWithin: 1s
traffic: ${traffic}
exposure:
  model: canary
  groups:
    - name: everyone
      share: 100%
      bake: 1s
      minExposure: 0
      giveUpAfter: 8s
      smoke: ${smoke}
detection: ${written.detection ?? '{ metrics: [{ name: errors, kind: error-rate }] }'}
mitigations: { fallback: {}, rollback: {} }
decision:
  tree:
    - { name: back, when: able.fallback, choose: fallback, because: the old one runs }
    - { name: ask, choose: hold, because: nothing else is left }
`
}

describe('a strategy that is wrong', () => {
  test('is answered with every place at once, and with what was probably meant', async () => {
    const shell = await ownShell()
    const right = await strategy({ name: 'shop' })
    const wrong = right
      .replace('driver: builtin', 'driver: biultin')
      .replace('minExposure', 'minExposrue')
      .replace('kind: error-rate', 'kind: error-rate, source: promtheus')
      .replace('share: 100%', 'share: 110%')
    writeFileSync(join(shell.folder, 'goaround.yaml'), wrong)

    for (const command of ['goaround lint', 'goaround deploy --release v1']) {
      const answer = await shell.run(command)
      expectExit(answer, 2)
      expect(answer.said).toMatch(/goaround\.yaml:12:\d+ traffic\.driver: .*mean "builtin"/)
      expect(answer.said).toMatch(/goaround\.yaml:17:\d+ .*share: found "110%"; expected a share/)
      expect(answer.said).toMatch(/goaround\.yaml:19:\d+ .*minExposrue.*mean "minExposure"/)
      expectPlainWords(shell)
    }

    writeFileSync(
      join(shell.folder, 'goaround.yaml'),
      right.replace('error-rate', 'error-rate, source: promtheus'),
    )
    const source = await shell.run('goaround lint')
    expectExit(source, 2)
    expect(source.said).toMatch(
      /22:\d+ .*source "promtheus", which is not declared; expected one of "router"/,
    )
  })

  test('or is not there, or is not YAML, is said to be so', async () => {
    const shell = await ownShell()
    const missing = await shell.run('goaround deploy --release v1')
    expectExit(missing, 2)
    expect(missing.said).toContain(
      "goaround.yaml cannot be read (ENOENT): name a strategy, or write one with 'goaround init'",
    )
    writeFileSync(join(shell.folder, 'goaround.yaml'), 'workload: [\n')
    const broken = await shell.run('goaround lint')
    expectExit(broken, 2)
    expect(broken.said).toMatch(/goaround\.yaml:2:1 found text that is not YAML/)
  })
})

describe('a server that is not there', () => {
  test('is named with how to start one, and ends with 20', async () => {
    const shell = await ownShell()
    const server = `http://127.0.0.1:${await quietPort()}`
    const answer = await shell.run(`goaround list --server ${server}`)
    expectExit(answer, 20)
    expect(answer.said).toContain(
      `cannot reach ${server} (ECONNREFUSED): start a server with 'goaround up'`,
    )
  })

  test('or is another program altogether, is not mistaken for ours', async () => {
    const shell = await ownShell()
    const other = createHttpServer((_, response) => response.end('<html>'))
    const port = await listen(other)
    const answer = await shell.run(`goaround list --server http://127.0.0.1:${port}`)
    expectExit(answer, 20)
    expect(answer.said).toMatch(/answered .*goaround/)
  })

  test('cannot start where its port is taken, and says how to choose another', async () => {
    const shell = await ownShell()
    const port = await listen(createServer())
    const answer = await shell.run(`goaround up --listen 127.0.0.1:${port}`)
    expectExit(answer, 2)
    expect(answer.said).toContain(
      `cannot listen on 127.0.0.1:${port}: something listens there already: stop it, or choose another port with --listen`,
    )
    expect(answer.said).not.toContain('goa_')
  })

  test('cannot start without its PostgreSQL, and says which without the password', async () => {
    const shell = await ownShell()
    const port = await quietPort()
    const url = `postgres://goaround:${PASSWORD}@127.0.0.1:${port}/log`
    const answer = await shell.run(`goaround up --listen 127.0.0.1:0 --store ${url}`)
    expectExit(answer, 2)
    expect(answer.said).toContain(`127.0.0.1:${port}/log cannot be reached. Start PostgreSQL`)
    expectNoSecret([answer.said], [PASSWORD])
  })
})

test(
  'a PostgreSQL that goes away is waited for: requests fail in words, and then work again',
  async () => {
    const shell = await ownShell()
    const postgres = await sharedPostgres()
    onTestFinished(postgres.stop)
    const line = await openLine(Number(new URL(postgres.url).port))
    const url = new URL(await postgres.createDatabase())
    url.password = PASSWORD
    url.port = String(line.port)
    const { up } = await startServer(shell, `--store ${url.href}`)
    expectExit(await shell.run('goaround list'), 0)

    await line.cut()
    const failing = await shell.run('goaround list')
    expectExit(failing, 20)
    expect(failing.said).toMatch(/^✖ \S.{20,}/)

    await line.mend()
    await until('an answer after the store came back', async () => {
      const { exit } = await shell.run('goaround list')
      return exit === 0
    })
    expect(up.said()).toContain('cannot be reached')
    expectNoSecret([shell.everything()], [PASSWORD])
    expectPlainWords(shell)
  },
  WITHIN_MS,
)

describe('with a server', () => {
  let shell: Shell
  let token: string
  beforeAll(async () => {
    shell = await openShell()
    writeFileSync(join(shell.folder, 'service.cjs'), SERVICE)
    ;({ token } = await startServer(shell, '--log-level error'))
  })
  afterAll(() => shell.close())

  /** The strategy stays the same for the later releases of a workload. */
  async function deploy(written: Written, release = 'v1') {
    const file = `${written.name}.yaml`
    const path = join(shell.folder, file)
    if (!existsSync(path)) writeFileSync(path, await strategy(written))
    const answer = await shell.run(`goaround deploy ${file} --release ${release} --watch`)
    expectPlainWords(shell)
    return answer
  }

  test('a wrong token is refused with where tokens come from, and never repeated', async () => {
    const answer = await shell.run(`goaround list --token ${WRONG_TOKEN}`)
    expectExit(answer, 3)
    expect(answer.said).toContain('This needs a valid token.')
    expect(answer.said).toContain('GOAROUND_TOKEN')
    expectNoSecret([answer.said], [WRONG_TOKEN, token])
  })

  test(
    'a taken port of the router ends the rollout before anything is changed',
    async () => {
      const port = await listen(createServer())
      const traffic = `{ driver: builtin, listen: "127.0.0.1:${port}" }`
      const answer = await deploy({ name: 'occupied', traffic })
      expectExit(answer, 11)
      expect(answer.said).toContain('nothing was changed')
      expect(answer.said).toContain(`another program has port ${port}`)
      expect(answer.said).toContain('choose another port in traffic.listen')
    },
    WITHIN_MS,
  )

  test(
    'a missing HAProxy is named by its socket, and nothing is started',
    async () => {
      const servers = '{ blue: [blue], green: [green] }'
      const traffic = `{ driver: haproxy, socket: not-there.sock, backend: shop, servers: ${servers} }`
      const answer = await deploy({ name: 'proxied', traffic })
      expectExit(answer, 11)
      expect(answer.said).toContain('nothing was changed')
      expect(answer.said).toContain(
        "HAProxy's runtime socket not-there.sock is not there: is HAProxy running",
      )
    },
    WITHIN_MS,
  )

  test.each([
    [
      'a platform command that does not exist',
      { name: 'nothing', command: '[no-such-server, "{port}"]' },
      "the command 'no-such-server' of component 'web' was not found",
    ],
    [
      'a release that crashes at start',
      { name: 'crashing', command: `[sh, -c, 'echo boom-at-start >&2; exit 3']` },
      'exit code 3; "boom-at-start"',
    ],
    [
      'a smoke command that does not exist',
      { name: 'smoky', smoke: '[{ name: looks, command: [no-such-test], attempts: 1 }]' },
      "command 'no-such-test' of smoke test 'looks' was not found",
    ],
  ])(
    '%s stops the rollout before any user, and says what to correct',
    async (_, written, words) => {
      const answer = await deploy(written)
      expectExit(answer, 12)
      expect(answer.said).toMatch(/(Halted|paused the rollout): could not/)
      expect(answer.said).toContain(words)
      expect(answer.said).not.toContain('of the traffic to v1: seen')
    },
    WITHIN_MS,
  )

  test(
    'a release in quarantine and a second rollout at once are refused with the way on',
    async () => {
      expectExit(await deploy({ name: 'twice' }), 0)
      const bad = await shell.run('goaround deploy twice.yaml --release bad --watch')
      expectExit(bad, 12)
      expectExit(await shell.run('goaround approve twice-2 --yes'), 0)
      expectExit(await shell.run('goaround watch twice-2'), 10)
      const again = await shell.run('goaround deploy twice.yaml --release bad')
      expectExit(again, 3)
      expect(again.said).toContain('in quarantine. Release bad failed in rollout twice-2')
      expect(again.said).toContain('--lift-quarantine')

      const begun = await shell.run('goaround deploy twice.yaml --release v2')
      expectExit(begun, 0)
      const second = await shell.run('goaround deploy twice.yaml --release v3')
      expectExit(second, 3)
      expect(second.said).toContain('Rollout twice-3 of v2 is under way')
      expect(second.said).toContain("'goaround abort'")
    },
    WITHIN_MS,
  )

  test(
    'an unreachable Prometheus never passes a group, and everybody sees why',
    async () => {
      const port = await quietPort()
      const query = `{ requests: 'sum(requests_total{stack="$stack"})', errors: 'sum(errors_total{stack="$stack"})' }`
      const detection = `
  sources: [{ name: prom, driver: prometheus, url: "http://127.0.0.1:${port}", timeout: 1s }]
  metrics: [{ name: errors, source: prom, kind: error-rate, query: ${query} }]`
      expectExit(await deploy({ name: 'blind', detection }), 0)
      const answer = await deploy({ name: 'blind', detection }, 'v2')
      expectExit(answer, 12)
      expect(answer.said).toContain(`127.0.0.1:${port}`)

      const shown = await shell.run('goaround get blind-2 --json')
      const view = RolloutView.parse(JSON.parse(shown.said))
      expect(view.groups.map(({ verdict }) => verdict?.kind)).toEqual(['error'])
      expect((await shell.run('goaround get blind-2')).said).toContain(`127.0.0.1:${port}`)
    },
    WITHIN_MS,
  )
})

/** A shell that is closed with the test that opened it. */
async function ownShell(): Promise<Shell> {
  const shell = await openShell()
  onTestFinished(shell.close)
  return shell
}

async function startServer(shell: Shell, flags: string): Promise<{ up: Running; token: string }> {
  const up = shell.begin(`goaround up --listen 127.0.0.1:0 ${flags}`)
  const [, url = ''] = await up.says(/listens on (\S+);/)
  const [token] = await up.says(/goa_\S+/)
  Object.assign(shell.env, { GOAROUND_SERVER: url, GOAROUND_TOKEN: token })
  return { up, token }
}

/** No stack trace, and nothing that only a programmer would read. */
function expectPlainWords(shell: Shell): void {
  expect(shell.everything()).not.toMatch(/^\s+at .*\.ts:\d+|\[object Object\]|undefined|NaN/m)
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => void server.close())
  return portOf(server)
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('it does not listen')
  return address.port
}

/** A line to a port that can be cut and mended. */
async function openLine(to: number) {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        other.destroy()
        sockets.delete(one)
      })
      one.pipe(other)
    }
  })
  const port = await listen(server)
  return {
    port,
    cut() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      return closed
    },
    mend: () =>
      new Promise<void>((resolve) => {
        server.listen(port, '127.0.0.1', resolve)
      }),
  }
}
