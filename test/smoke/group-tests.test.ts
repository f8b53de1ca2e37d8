import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type Client, openClient, type Request } from '../../src/cli/client.ts'
import type { AnswerOf, EndpointName } from '../../src/contract/endpoints.ts'
import type { RolloutView } from '../../src/contract/rollout-view.ts'
import { StrategyFile } from '../../src/core/strategy/schema.ts'
import { stopBuiltinRouter } from '../../src/drivers/builtin-router/stop-builtin-router.ts'
import { openProcesses } from '../../src/drivers/processes/processes.ts'
import { runDown } from '../../src/main/down.ts'
import { openLog } from '../../src/main/log.ts'
import { startUp, type Up } from '../../src/main/up.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/http-service.ts'
import { goaround } from '../support/terminal.ts'

const SUPPORT = join(import.meta.dirname, '../support')
/** A rollout here takes a few seconds on a quiet machine. */
const WITHIN_MS = 120_000
const LOOK_EVERY_MS = 50

let folder: string
let up: Up
let client: Client
let strategy: Record<string, unknown>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'goaround-group-tests-'))
  const log = openLog('silent', process.stderr)
  const started = await startUp({
    host: '127.0.0.1',
    port: 0,
    stateDir: folder,
    openToAll: true,
    terminal: process.stderr,
    log,
  })
  if (!started.ok) throw new Error(started.problem.detail)
  up = started.value
  client = openClient({ server: up.url, token: null })
  strategy = strategyOf(await freePort())
})

afterEach(async () => {
  await up.stop()
  const { workload } = StrategyFile.parse(strategy)
  const [component] = workload.components
  if (component?.platform.driver === 'processes') {
    const { name, platform: config } = component
    const ending = { config, workload: 'shop', component: name }
    const platform = openProcesses({ ...ending, stateDir: join(folder, 'processes') })
    for (const stack of workload.stacks) {
      const place = { workload: 'shop', component: name, stack }
      const signal = AbortSignal.timeout(WITHIN_MS)
      await platform.apply({ ...place, release: 'none', replicas: 0 }, { effectId: 'end', signal })
      await eventually(async () => {
        const seen = await platform.observe(place, signal)
        return seen.ok && seen.value.replicas === 0
      })
    }
    await platform.close()
  }
  await stopBuiltinRouter(folder, 'shop')
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

describe('tests of a group, on real processes', () => {
  test(
    'that fail once users have the release halt it, name what failed, and everybody is taken back',
    async () => {
      expect(await outcomeOf('v1')).toMatchObject({ phase: 'completed' })
      const view = await outcomeOf('v2-broken')

      expect(view).toMatchObject({
        phase: 'mitigated',
        failing: { kind: 'smoke', group: 'canary' },
      })
      expect(view.failing?.because).toContain(
        "1 of 1 tests failed: 'shop › shows its page' (GET / answered 500)",
      )
      const [before, after] = view.tests
      expect(before).toMatchObject({ name: 'well', round: 'before', verdict: 'pass' })
      expect(before?.provedBy).toBe("the instance said 'v2-broken' at /version")
      expect(after).toMatchObject({
        name: 'page',
        round: 'exposed',
        verdict: 'fail',
        counts: { tests: 1, failures: 1 },
      })
      expect(after?.artefacts.map((path) => path.startsWith(folder) && existsSync(path))).toEqual([
        true,
      ])
      expect(view.exposure.share).toBe(0)
    },
    WITHIN_MS,
  )

  test(
    'of an instance that runs another release than it should are an error, and a person is asked',
    async () => {
      expect(await outcomeOf('v1')).toMatchObject({ phase: 'completed' })
      const id = await deploy('v2-as-v1')
      const view = await until(id, ({ phase }) => phase === 'paused')

      expect(view.paused).toMatchObject({ by: 'goaround' })
      expect(view.paused?.because).toMatch(
        /the release under test is 'v2-as-v1', and GET \/version of \S+ says 'v1'.*was not tested/,
      )
      expect(view.tests).toMatchObject([{ name: 'well', verdict: 'error', provedBy: null }])
      expect(view.exposure.share).toBe(0)
      const { quarantined } = await call('getWorkload', { params: { name: 'shop' } })
      expect(quarantined).toEqual([])
      await call('abort', { params: { id }, body: { because: 'seen' } })
      await until(id, ({ outcome }) => outcome !== null)
    },
    WITHIN_MS,
  )

  test(
    'a release that crashes at its start beside an old one halts within seconds, with its last words',
    async () => {
      expect(await outcomeOf('v1')).toMatchObject({ phase: 'completed' })
      const view = await outcomeOf('crash')
      expect(view).toMatchObject({ phase: 'mitigated', failing: { kind: 'deploy' } })
      expect(view.failing?.because).toMatch(/crashed 3 times in a row: exit code 7; "no database"/)
      const { startedAt, haltedAt } = view.times
      expect((haltedAt ?? Number.POSITIVE_INFINITY) - startedAt).toBeLessThan(20_000)
    },
    WITHIN_MS,
  )
})

test(
  'a workload is taken down on a yes, also with a rollout under way when that is said, and stays down',
  async () => {
    expect(await outcomeOf('v1')).toMatchObject({ phase: 'completed' })
    const { listen } = Object(strategy['traffic'])
    const served = () =>
      fetch(`http://${listen}/`).then(
        ({ status }) => status,
        () => null,
      )
    const down = (...flags: string[]) =>
      goaround(['down', 'shop', '--state', folder, ...flags], { actions: { down: runDown } })
    expect(await served()).toBe(200)
    expect(await down()).toMatchObject({ exit: 2, err: expect.stringContaining('use --yes') })
    const id = await deploy('v2')
    await until(id, ({ phase }) => phase === 'baking')
    expect(await down('--yes')).toMatchObject({
      exit: 3,
      err: expect.stringMatching(/rollout shop-2 of v2 is under way: abort it first/),
    })
    expect(await served()).toBe(200)

    expect(await down('--yes', '--force')).toMatchObject({
      exit: 0,
      err: expect.stringMatching(/The router has stopped[^]*blue any more[^]*green any more/),
    })
    expect(await served()).toBeNull()
    const { outcome } = await until(id, (view) => view.outcome !== null)
    expect(outcome).toMatchObject({
      kind: 'not-mitigated',
      because: expect.stringContaining('took the workload down'),
    })
    // Longer than the steward needs to look again.
    await new Promise((resolve) => setTimeout(resolve, 6_000))
    expect(await served()).toBeNull()
  },
  WITHIN_MS,
)

async function call<Name extends EndpointName>(
  name: Name,
  ask: Request<Name>,
): Promise<AnswerOf<Name>> {
  const answer = await client.call(name, ask)
  if (!answer.ok) throw new Error(answer.problem.says)
  return answer.value
}

async function deploy(release: string): Promise<string> {
  const body = { strategy: stringify(strategy), fileName: 's.yaml', release, hotfixFor: null }
  return (await call('startRollout', { body })).id
}

async function until(id: string, isSo: (view: RolloutView) => boolean): Promise<RolloutView> {
  const endsAt = Date.now() + WITHIN_MS
  for (;;) {
    const view = await call('getRollout', { params: { id } })
    if (isSo(view)) return view
    if (Date.now() > endsAt) throw new Error(`it did not come to that: ${view.because}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

/** The end of a rollout, after which the next one may begin. */
async function outcomeOf(release: string): Promise<RolloutView> {
  const view = await until(await deploy(release), ({ outcome }) => outcome !== null)
  await eventually(async () => {
    const { active } = await call('getWorkload', { params: { name: 'shop' } })
    return active === null
  })
  return view
}

function strategyOf(port: number): Record<string, unknown> {
  const start = `[ "$2" = crash ] && { echo "no database" >&2; exit 7; }; exec "$0" ${SUPPORT}/honest-shop.mjs "$1" "$2"`
  const smoke = [
    { name: 'well', http: { path: '/healthz' }, attempts: 2 },
    {
      name: 'page',
      when: 'after',
      attempts: 1,
      junit: { command: [process.execPath, join(SUPPORT, 'junit-runner.mjs')] },
    },
  ]
  return {
    apiVersion: 'goaround.dev/v1',
    kind: 'Strategy',
    workload: {
      name: 'shop',
      components: [
        {
          name: 'web',
          version: { path: '/version', json: 'build.version' },
          platform: {
            driver: 'processes',
            command: ['/bin/sh', '-c', start, process.execPath, '{port}', '{release}'],
            health: { path: '/healthz' },
            stopWithin: '1s',
          },
        },
      ],
    },
    traffic: { driver: 'builtin', listen: `127.0.0.1:${port}` },
    exposure: {
      model: 'canary',
      groups: [
        { name: 'canary', share: '50%', bake: '1m', minExposure: 0, smoke },
        { name: 'everyone', share: '100%', bake: '1m', minExposure: 0 },
      ],
    },
    detection: { every: '250ms', metrics: [{ name: 'errors', kind: 'error-rate' }] },
    mitigations: { fallback: {}, verifyFor: '1s' },
    decision: {
      tree: [{ name: 'back', choose: 'fallback', because: 'the old stack is there' }],
    },
    practice: {
      credits: [
        {
          mitigation: 'fallback',
          rehearsedOn: new Date(Date.now() - 86_400_000).toISOString().slice(0, 10),
          evidence: 'a drill of this test',
        },
      ],
    },
  }
}
