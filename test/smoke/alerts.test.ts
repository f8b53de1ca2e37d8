import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { Client } from '../../src/cli/client.ts'
import type { AnswerOf, EndpointName } from '../../src/contract/endpoints.ts'
import type { RolloutView } from '../../src/contract/rollout-view.ts'
import { startLoad } from '../../src/main/demo/load.ts'
import { SCENARIOS } from '../../src/main/demo/scenarios.ts'
import { openStage } from '../../src/main/demo/stage.ts'
import { startAlerting } from '../support/alerting.ts'
import { eventually } from '../support/eventually.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/signals.md'), 'utf8')
/** The whole story takes about 40 seconds on a quiet machine. */
const WITHIN_MS = 180_000
const PATIENCE_MS = 60_000
const LOOK_EVERY_MS = 200
const PER_SECOND = 80
/** A shared machine may put a heartbeat off for as long as this. */
const HEARTBEAT = '20s'

test(
  'alerts of a real Alertmanager hold, let go, halt and mitigate a real rollout, and the timeline says why',
  async () => {
    const { stage, alerting, shop, strategy } = await open()
    const { admin } = stage
    await finished(admin, await deploy(admin, strategy, 'v1'))
    const load = startLoad(stage.origin, PER_SECOND)
    onTestFinished(() => load.stop())
    const id = await deploy(admin, strategy, 'v2')
    await until(admin, id, ({ phase }) => phase === 'baking')

    // A warning holds the group beyond its bake, and lets it go when it is over.
    shop.queue = 5_000
    const held = await until(admin, id, ({ signals }) => signals.length > 0)
    expect(held.signals).toMatchObject([
      { name: 'QueueGrows', severity: 'warning', effect: 'hold', group: 'canary' },
    ])
    await until(admin, id, ({ because }) =>
      because.includes("warning alert 'QueueGrows' of alertmanager fires"),
    )
    const before = await alerting.delivered()
    await eventually(async () => (await alerting.delivered()) >= before + 3)
    expect((await view(admin, id)).groups[0]).toMatchObject({ passed: false })
    shop.queue = 0
    await until(admin, id, ({ signals }) => signals[0]?.status === 'resolved')
    await until(admin, id, ({ groups }) => groups[0]?.passed === true)

    // A page halts the next group at once, and the tree takes the traffic back without asking.
    await until(admin, id, ({ phase, groups }) => phase === 'baking' && groups[0]?.passed === true)
    shop.failing = 0.3
    const ended = await finished(admin, id)
    expect(ended).toMatchObject({
      phase: 'mitigated',
      failing: { kind: 'alert', group: 'half' },
      decision: { chosen: 'fallback' },
    })
    expect(ended.failing?.because).toMatch(
      /critical alert 'HighErrorRate' of alertmanager fires: \d+(\.\d+)?% of the requests of v2 fail/,
    )
    const { items } = await ask(admin, 'getEvents', { params: { id }, query: { limit: 100 } })
    const fired = items.filter(({ type }) => type === 'signal.fired')
    expect(fired.map(({ data }) => Object(data).signal.name)).toEqual([
      'QueueGrows',
      'HighErrorRate',
    ])

    const { entries } = await ask(admin, 'getTimeline', { params: { id } })
    const story = entries.map(({ says }) => says).join('\n')
    expect(story).toContain("Warning alert 'QueueGrows' of alertmanager is over")
    expect(story).toMatch(/Halted: group 'half': critical alert 'HighErrorRate'/)
    const path = ended.postmortem?.path ?? ''
    expect(readFileSync(path, 'utf8')).toContain("critical alert 'HighErrorRate' of alertmanager")
    expect(load.failed()).toBe(0)
  },
  WITHIN_MS,
)

test(
  'a rollout waits for the heartbeat of an Alertmanager that nobody has heard of, and says so',
  async () => {
    const { stage, alerting, strategy } = await open()
    const { admin } = stage
    await finished(admin, await deploy(admin, strategy, 'v1'))
    await alerting.stop()
    const { detection } = parse(strategy)
    detection.alerts.heartbeats = [{ source: 'pager', every: '1s' }]
    const id = await deploy(admin, stringify({ ...parse(strategy), detection }), 'v2')
    const waiting = await until(
      admin,
      id,
      ({ phase, sources }) => phase === 'waiting' && sources.length > 0,
    )
    expect(waiting).toMatchObject({ phase: 'waiting', sources: [{ isHeard: false }] })
    expect(waiting.because).toContain('pager has never been heard')
    await ask(admin, 'takeHeartbeat', { params: { source: 'pager' }, body: {} })
    const heard = await until(admin, id, ({ phase }) => phase !== 'waiting')
    expect(['opening', 'baking', 'paused']).toContain(heard.phase)
    await ask(admin, 'abort', { params: { id }, body: { because: 'enough was seen' } })
    await finished(admin, id)
  },
  WITHIN_MS,
)

/** A server, users' shop, Prometheus and Alertmanager as docs/signals.md configures them, only faster. */
async function open() {
  const folder = await mkdtemp(join(tmpdir(), 'goaround-alerts-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const io = {
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: folder,
  }
  // Of the terminal only these are used by a stage.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const opened = await openStage(SCENARIOS.good, io as unknown as Parameters<typeof openStage>[1])
  if (!opened.ok) throw new Error(opened.problem.detail)
  const stage = opened.value
  onTestFinished(() => stage.clean())
  const created = await ask(stage.admin, 'createToken', {
    body: { name: 'alertmanager', roles: ['reporter'] },
  })
  const tokenFile = join(folder, 'goaround-token')
  writeFileSync(tokenFile, created.token)
  const shop = { queue: 0, failing: 0 }
  const receiver = documentedReceiver(stage.up.url, tokenFile)
  const alerting = await startAlerting(documentedRules(), receiver, shopMetrics(shop))
  onTestFinished(() => alerting.stop())
  return { stage, alerting, shop, strategy: strategyFor(stage.strategy) }
}

/** The demo's own strategy, listening for the Alertmanager and with a fallback that was rehearsed. */
function strategyFor(written: string): string {
  const strategy = parse(written)
  const [canary, half, everyone] = strategy.exposure.groups
  strategy.exposure.groups = [
    { ...canary, share: '30%', bake: '3s', giveUpAfter: '2m' },
    { ...half, bake: '1m', giveUpAfter: '3m' },
    { ...everyone, bake: '1m' },
  ]
  strategy.detection.alerts = { heartbeats: [{ source: 'alertmanager', every: HEARTBEAT }] }
  strategy.decision.tree = [
    { name: 'traffic-back', choose: 'fallback', because: 'the old stack is intact' },
    { name: 'ask', choose: 'hold', because: 'a person decides' },
  ]
  const evidence = 'test/smoke/demo.test.ts'
  const rehearsedOn = new Date().toISOString().slice(0, 10)
  strategy.practice = { credits: [{ mitigation: 'fallback', rehearsedOn, evidence }] }
  return stringify(strategy)
}

/** A block of the page that begins with this comment. */
function documented(comment: string): string {
  const found = PAGE.split('```yaml\n').find((block) => block.startsWith(comment))
  if (found === undefined) throw new Error(`docs/signals.md shows no ${comment}`)
  return found.slice(0, found.indexOf('```'))
}

function documentedRules(): unknown {
  const faster = documented('# rules.yml').replaceAll('[1m]', '[2s]').replace('for: 30s', 'for: 0s')
  return parse(faster)
}

/** With the server's own address, and every notification repeated as fast as Alertmanager can. */
function documentedReceiver(url: string, tokenFile: string): unknown {
  const text = documented('# alertmanager.yml')
    .replace('http://goaround.example:4800', url)
    .replace('/etc/alertmanager/goaround-token', tokenFile)
    .replaceAll(/(group_interval|repeat_interval): \w+/g, '$1: 1s')
  expect(text).toContain(url)
  expect(text).toContain(tokenFile)
  return parse(text)
}

/** The shop's own counters, as its exporter would show them now. */
function shopMetrics(shop: { readonly queue: number; readonly failing: number }): () => string {
  const labels = '{workload="shop",release="v2"}'
  let [last, total, failed] = [Date.now(), 0, 0]
  return () => {
    const served = (Date.now() - last) / 10
    last = Date.now()
    total += served
    failed += served * shop.failing
    return [
      `http_requests_total${labels} ${total}`,
      `http_requests_failed_total${labels} ${failed}`,
      `queue_length${labels} ${shop.queue}`,
      '',
    ].join('\n')
  }
}

async function ask<Name extends EndpointName>(
  client: Client,
  name: Name,
  request: Parameters<typeof client.call<Name>>[1],
): Promise<AnswerOf<Name>> {
  const answer = await client.call(name, request)
  if (!answer.ok) throw new Error(answer.problem.says)
  return answer.value
}

async function deploy(admin: Client, strategy: string, release: string): Promise<string> {
  const body = { strategy, fileName: 'goaround.yaml', release }
  return (await ask(admin, 'startRollout', { body })).id
}

function view(admin: Client, id: string): Promise<RolloutView> {
  return ask(admin, 'getRollout', { params: { id } })
}

async function until(
  admin: Client,
  id: string,
  holds: (rollout: RolloutView) => boolean,
): Promise<RolloutView> {
  const end = Date.now() + PATIENCE_MS
  for (;;) {
    const seen = await view(admin, id)
    if (holds(seen)) return seen
    if (Date.now() > end) throw new Error(`it did not come true: ${JSON.stringify(seen, null, 2)}`)
    await sleep(LOOK_EVERY_MS)
  }
}

/** Over, written up, and the workload free again. */
async function finished(admin: Client, id: string): Promise<RolloutView> {
  const ended = await until(
    admin,
    id,
    ({ outcome, incident, postmortem }) =>
      outcome !== null && (incident === null || postmortem?.path != null),
  )
  await eventually(async () => {
    const { active } = await ask(admin, 'getWorkload', { params: { name: 'shop' } })
    return active === null
  })
  return ended
}
