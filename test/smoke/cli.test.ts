import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Problem } from '../../src/contract/problem.ts'
import { RolloutView } from '../../src/contract/rollout-view.ts'
import { systemClock } from '../../src/drivers/system-clock.ts'
import { type Running, serve } from '../../src/server/serve.ts'
import { type TestParts, testParts } from '../support/api-server.ts'
import { SHOP_STRATEGY } from '../support/shop-strategy.ts'
import { goaround, plain, type TerminalOptions } from '../support/terminal.ts'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'goaround-cli-'))
  await writeFile(join(home, 'goaround.yaml'), SHOP_STRATEGY)
})
afterAll(() => rm(home, { recursive: true }))

/** One server and one workload per test, so that tests do not see one another's rollouts. */
async function withServer(
  body: (
    server: TestParts &
      Running & {
        readonly cli: (argv: string, options?: TerminalOptions) => ReturnType<typeof goaround>
      },
  ) => Promise<void>,
): Promise<void> {
  const built = await testParts(systemClock)
  const running = await serve(built.parts, { host: '127.0.0.1', port: 0 })
  if (!running.ok) throw new Error(running.problem.detail)
  const { url, stop } = running.value
  const env = { GOAROUND_SERVER: url, GOAROUND_TOKEN: built.admin, HOME: home }
  const cli = (argv: string, options: TerminalOptions = {}) =>
    goaround(words(argv), { cwd: home, ...options, env: { ...env, ...options.env } })
  try {
    await body({ ...built, ...running.value, cli })
  } finally {
    await stop()
  }
}

/** Splits as a shell would: `--because "two words"` is two words. */
function words(argv: string): readonly string[] {
  return [...argv.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
}

describe('a user who reports trouble', () => {
  test('is told which release serves them, and the report stands in the timeline', () =>
    withServer(async ({ cli, shop }) => {
      const idle = await cli('report shop --user ann --says "I cannot pay"')
      expect(idle).toMatchObject({ exit: 0 })
      expect(idle.out).toContain('shop has no rollout under way')
      const id = await shop.start()
      const early = await cli('report shop --user ann --says "I cannot pay"')
      expect(early.out).toContain('nobody had v2')
      await shop.bake(id)
      const report = await cli('report shop --user ann --says "I still cannot pay" --json')
      expect(JSON.parse(report.out)).toMatchObject({ rollout: id, arm: 'unknown', halted: false })
      expect((await cli(`why ${id}`)).out).toContain('A user reports "I still cannot pay"')
    }))
})

describe('a rollout from the command line', () => {
  test('is deployed, looked at, paused, resumed and listed', () =>
    withServer(async ({ cli }) => {
      expect(await cli('deploy --release v2')).toMatchObject({
        exit: 0,
        out: 'shop-1 has begun: goaround watch shop-1\n',
      })
      const paused = await cli('pause shop-1 --because "lunch comes first"')
      expect(paused.exit).toBe(0)
      expect(paused.out).toContain('token:admin paused it: lunch comes first')
      expect((await cli('get')).exit).toBe(12)
      expect((await cli('resume --because "back again"')).out).toContain('is being captured')
      const shown = await cli('get shop')
      expect(shown.exit).toBe(0)
      expect(shown.out).toContain('shop v2')
      expect(shown.out).toContain('canary')
      expect((await cli('list')).out).toMatch(/^shop-1 {2}v2 {2}preparing/)
    }))

  test('that fails is explained, approved by who was asked, and watched to its end', () =>
    withServer(async ({ cli, shop, fake, tokenFor }) => {
      const id = await shop.start()
      await shop.fail(id)
      const why = await cli(`why ${id}`)
      expect(why.out).toContain("Decision: fallback (branch 'go-back')")
      expect(why.out).toContain("not bypass ('switch-it-off')")
      expect(why.out).toContain('1 × release-captain')
      expect(why.out).toContain('Halted:')

      const carol = { env: { GOAROUND_TOKEN: await tokenFor('carol', 'release-captain') } }
      const unasked = await cli('approve', carol)
      expect(unasked).toMatchObject({ exit: 2, out: '' })
      expect(unasked.err).toContain('--yes')
      const no = await cli('approve', { ...carol, isTerminal: true, types: 'n' })
      expect(no.exit).toBe(3)
      const yes = await cli('approve', { ...carol, isTerminal: true, types: 'yes' })
      expect(plain(yes.out)).toContain('Decision: fallback')
      expect(plain(yes.out)).toContain("Approve 'fallback'?")
      expect(yes.exit).toBe(0)

      const watching = cli(`watch ${id}`)
      await fake.seeAllSteps(id)
      const now = systemClock.now()
      await fake.incident(id, { type: 'resolve', outcome: 'mitigated', because: 'back', now })
      await fake.postmortem(id, {
        type: 'report-drafted',
        digest: 'd',
        path: 'postmortem.md',
        now,
      })
      await fake.workload('shop', { type: 'release', rollout: id, now })
      const watched = await watching
      expect(watched.exit).toBe(10)
      expect(watched.out).toMatch(/\d\d:\d\d:\d\d {2}.*fallback took effect/i)
      expect(watched.out).toContain('shop v2: mitigated:')
    }))

  test('ends a pipeline that watches it as soon as a person has to decide', () =>
    withServer(async ({ cli, shop }) => {
      const id = await shop.start()
      const watching = cli(`watch ${id}`)
      await shop.fail(id)
      const watched = await watching
      expect(watched.exit).toBe(12)
      expect(watched.out).toContain('fallback waits for the yes of 1 × release-captain')
    }))

  test('is drawn in a terminal until it is over, and Ctrl-C only stops the looking', () =>
    withServer(async ({ cli, shop, fake }) => {
      const interrupt = new AbortController()
      const id = await shop.start()
      await shop.bake(id)
      const stacks = {
        blue: { requests: 950, errors: 3, perSecond: 95, share: 9_500 },
        green: { requests: 50, errors: 1, perSecond: 5, share: 500 },
      }
      fake.see(id, { at: systemClock.now(), stacks, verdict: null, foresight: null, doing: null })
      const watching = cli(`watch ${id}`, { isTerminal: true, interrupted: interrupt.signal })
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      interrupt.abort()
      const { exit, out } = await watching
      expect(exit).toBe(0)
      const picture = plain(out)
      expect(picture).toContain('shop v2')
      expect(picture).toContain('baking')
      expect(picture).toMatch(/green v2 .* 5 %/)
      expect(out).toContain('\u001B[')
    }))

  test('is named by nothing, by the beginning of its id or by its workload, when that is clear', () =>
    withServer(async ({ cli, shop, fake }) => {
      const none = await cli('get')
      expect(none).toMatchObject({ exit: 3, out: '' })
      expect(none.err).toContain('no rollout is active')
      const first = await shop.start()
      await cli(`abort ${first} --because "not this one"`)
      await fake.workload('shop', { type: 'release', rollout: first, now: systemClock.now() })
      await shop.start('v3')
      expect((await cli('get sho')).err).toContain('name one of shop-2, shop-1')
      expect((await cli('get shop --json')).out).toContain('"id": "shop-2"')
      expect((await cli('get --json')).out).toContain('"id": "shop-2"')
      expect((await cli('get nope')).err).toContain("begins with 'nope'")
      expect((await cli('get ../etc')).exit).toBe(2)
    }))

  test('may expose a release again once somebody says why that is safe', () =>
    withServer(async ({ cli, fake }) => {
      const now = systemClock.now()
      const command = { type: 'quarantine', release: 'v2', rollout: 'shop-0', now } as const
      await fake.workload('shop', { ...command, because: 'it failed' })
      const refused = await cli('deploy --release v2')
      expect(refused.exit).toBe(3)
      expect(refused.err).toContain('--lift-quarantine')
      const lifted = await cli('deploy --release v2 --lift-quarantine "the cause was elsewhere"')
      expect(lifted.exit).toBe(0)
      expect((await cli('deploy --release v2 --lift-quarantine "again"')).err).toContain(
        'Another rollout of this workload is under way',
      )
    }))
})

describe('what programs read', () => {
  test('with --json every command writes exactly one document, whatever happens', () =>
    withServer(async ({ cli, shop }) => {
      const id = await shop.start()
      await shop.fail(id)
      const commands = [
        'list',
        `get ${id}`,
        `why ${id}`,
        `watch ${id}`,
        `pause ${id} --because x`,
        `promote ${id}`,
        'approve --yes --role nobody',
        'audit verify',
        'token list',
        'lint',
        'lint missing.yaml',
        'deploy missing.yaml --release v2',
        'deploy --release v2',
        'get nope',
        'paus',
        'get --servr x',
      ]
      for (const command of commands) {
        const { out } = await cli(`${command} --json`)
        expect(() => JSON.parse(out), `${command}: ${out}`).not.toThrow()
      }
      RolloutView.parse(JSON.parse((await cli(`get ${id} --json`)).out))
      Problem.parse(JSON.parse((await cli(`pause ${id} --because x --json`)).out))
    }))

  test.each([
    ['list', 0],
    ['pause nope --because x', 3],
    ['pause', 2],
    ['list --limit 0', 2],
    ['deploy missing.yaml --release v2', 2],
    ['deploy --release "not a release"', 2],
    ['list --server http://127.0.0.1:9', 20],
    ['list --server ftp://somewhere', 2],
    ['list --token goa_wrong', 3],
    ['', 2],
    ['help', 0],
    ['--version', 0],
  ])('%s ends with %i', (argv, exit) =>
    withServer(async ({ cli }) => {
      expect((await cli(argv)).exit).toBe(exit)
    }),
  )
})

describe('what a person reads when it does not work', () => {
  test('an unknown command or flag is answered with the one that was probably meant', async () => {
    expect((await goaround(['rolback'])).err).toContain('Did you mean rollback?')
    expect((await goaround(['watch', '--jsno'])).err).toContain('Did you mean --json?')
  })

  test('a server that is not there is named, with the command that starts one', async () => {
    const { err, exit } = await goaround(['list', '--server', 'http://127.0.0.1:9'])
    expect(exit).toBe(20)
    expect(err).toBe(
      "✖ cannot reach http://127.0.0.1:9 (bad port): start a server with 'goaround up', or name another one with --server or GOAROUND_SERVER\n",
    )
    const env = { GOAROUND_SERVER: 'http://127.0.0.1:4' }
    expect((await goaround(['list'], { env })).err).toContain('http://127.0.0.1:4 (ECONNREFUSED)')
  })

  test('a strategy that is wrong is shown place by place, before any server is asked', async () => {
    await writeFile(join(home, 'wrong.yaml'), SHOP_STRATEGY.replace('share: 5%', 'share: 500%'))
    const { err, exit } = await goaround(['deploy', 'wrong.yaml', '--release', 'v2'], { cwd: home })
    expect(exit).toBe(2)
    expect(err).toContain('wrong.yaml:20:14 exposure.groups[0].share')
    expect(err).toContain('^')
  })

  test('a refusal says what to do', () =>
    withServer(async ({ cli, shop }) => {
      const id = await shop.start()
      expect((await cli(`promote ${id}`)).err).toContain(
        'No group waits to be promoted. Promote while a group waits for it or is baking.',
      )
      expect((await cli('list --token goa_wrong')).err).toContain('GOAROUND_TOKEN')
    }))
})

describe('a strategy without a server', () => {
  test('is written once, is valid as it stands, and is never overwritten by accident', async () => {
    const cwd = await mkdtemp(join(home, 'Fresh Shop-'))
    const first = await goaround(['init', '--command', 'node server.js --port {port}'], { cwd })
    expect(first).toMatchObject({ exit: 0 })
    expect(await readFile(join(cwd, 'goaround.yaml'), 'utf8')).toMatch(/name: "?fresh-shop-/)
    const linted = await goaround(['lint', '--json'], { cwd })
    expect(JSON.parse(linted.out)).toMatchObject({ valid: true })
    const again = await goaround(['init'], { cwd })
    expect(again.exit).toBe(2)
    expect(again.err).toContain('--force')
    expect((await goaround(['init', '--force'], { cwd })).exit).toBe(0)
    expect((await goaround(['init', 'x.yaml', '--workload', 'Not A Name'], { cwd })).exit).toBe(2)
  })

  test('is explained in plain words', async () => {
    const { out } = await goaround(['lint', '--explain'], { cwd: home })
    expect(out).toContain('What halts it')
    expect(out).toContain('canary')
  })

  test('with errors ends with 2, with findings only with 3', async () => {
    expect((await goaround(['lint'], { cwd: home })).exit).toBe(3)
    await writeFile(join(home, 'broken.yaml'), 'kind: Strategy')
    expect((await goaround(['lint', 'broken.yaml'], { cwd: home })).exit).toBe(2)
  })
})

describe('tokens', () => {
  test('are created, used, listed and revoked', () =>
    withServer(async ({ cli }) => {
      const created = await cli('token create ci --role operator release-captain')
      expect(created.out).toMatch(/^goa_\S+\n$/)
      const env = { GOAROUND_TOKEN: created.out.trim() }
      expect((await cli('list', { env })).exit).toBe(0)
      const forbidden = await cli('token list', { env })
      expect(forbidden.exit).toBe(3)
      expect(forbidden.err).toContain('needs one of: admin')
      expect((await cli('token list')).out).toContain('ci  operator, release-captain')
      expect((await cli('token revoke ci')).exit).toBe(0)
      expect((await cli('list', { env })).exit).toBe(3)
    }))

  test('may be kept in a file that nobody else can read, and are taken from there', () =>
    withServer(async ({ cli }) => {
      const config = await mkdtemp(join(home, 'config-'))
      const env = { XDG_CONFIG_HOME: config }
      const saved = await cli('token create me --role viewer --save --json', { env })
      expect(saved.out).not.toContain('goa_')
      const path = join(config, 'goaround', 'token')
      expect((await stat(path)).mode & 0o777).toBe(0o600)
      const fromFile = { env: { ...env, GOAROUND_TOKEN: '' } }
      expect((await cli('list', fromFile)).exit).toBe(0)
      await chmod(path, 0o644)
      const refused = await cli('list', fromFile)
      expect(refused.exit).toBe(2)
      expect(refused.err).toContain(`chmod 600 ${path}`)
    }))

  test('are never repeated in what a command says', () =>
    withServer(async ({ cli }) => {
      const secret = 'goa_this-is-a-secret-token'
      const said = [
        await cli(`list --token ${secret}`),
        await cli(`list --token ${secret} --json`),
        await cli(`list --token ${secret} --server http://127.0.0.1:4`),
        await cli(`list --tokn ${secret}`),
      ]
      for (const { out, err } of said) expect(out + err).not.toContain(secret)
    }))
})

describe('starting a server or the demo', () => {
  test('hands the flags over as they were meant', async () => {
    const asked: unknown[] = []
    const actions = {
      up: async (options: unknown) => {
        asked.push(options)
        return 7
      },
      demo: async (options: unknown) => {
        asked.push(options)
        return 0
      },
    }
    expect((await goaround(['up'], { actions })).exit).toBe(7)
    await goaround(['up', '--listen', '[::1]:0', '--no-auth', '--log-level', 'warn'], { actions })
    await goaround(['demo', '--plain'], { actions })
    expect((await goaround(['up', '--listen', 'nowhere'], { actions })).exit).toBe(2)
    expect(asked).toEqual([
      {
        host: '127.0.0.1',
        port: 4800,
        stateDir: '.goaround',
        storeUrl: null,
        openToAll: false,
        logLevel: 'info',
      },
      {
        host: '::1',
        port: 0,
        stateDir: '.goaround',
        storeUrl: null,
        openToAll: true,
        logLevel: 'warn',
      },
      expect.objectContaining({ plain: true, json: false }),
    ])
  })
})
