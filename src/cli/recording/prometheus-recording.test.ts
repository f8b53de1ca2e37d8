import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, Histogram, Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPrometheus, type TestPrometheus } from '../../../test/support/prometheus.ts'
import { goaround } from '../../../test/support/terminal.ts'

/** Long enough for some fifteen scrapes. */
const RECORD_FOR_MS = 3_000

let prometheus: TestPrometheus
let folder: string
let stop: () => void
let from: Date
let to: Date

const STRATEGY = `apiVersion: goaround.dev/v1
kind: Strategy
workload:
  name: shop
  components:
    - { name: web, platform: { driver: processes, command: [run, "{port}", "{release}"] } }
traffic: { driver: builtin, listen: 127.0.0.1:8080 }
exposure:
  model: canary
  groups: [{ name: all, share: 10%, bake: 1s, minExposure: 1 }, { name: rest, share: 100%, bake: 1s }]
detection:
  every: 200ms
  staleAfter: 2s
  sources: [{ name: prom, driver: prometheus, url: http://127.0.0.1:9090 }]
  metrics:
    - { name: errors, kind: error-rate }
    - name: orders
      source: prom
      kind: error-rate
      query:
        requests: sum by (job) (orders_total{stack="$stack"})
        errors: orders_total{stack="$stack",code=~"5.."} or vector(0)
    - { name: time, source: prom, kind: latency, query: { buckets: 'time_seconds_bucket{stack=~"$stack"}' } }
    - { name: odd, source: prom, kind: error-rate, query: { requests: 'max(orders_total{stack="$stack"})', errors: 'x{stack="$stack"}' } }
mitigations: { fallback: {} }
decision: { tree: [{ name: ask, choose: hold, because: there is no other way out }] }
`

/** A real Prometheus scrapes a service of two stacks, of which green fails every other request. */
beforeAll(async () => {
  const registry = new Registry()
  const parts = { help: 'h', registers: [registry], labelNames: ['stack', 'code'] as const }
  const orders = new Counter({ ...parts, name: 'orders_total' })
  const time = new Histogram({ ...parts, name: 'time_seconds', buckets: [0.1, 0.5] })
  const serve = () => {
    for (const [stack, requests] of [
      ['blue', 40],
      ['green', 10],
    ] as const) {
      orders.inc({ stack, code: '200' }, stack === 'blue' ? requests : requests / 2)
      if (stack === 'green') orders.inc({ stack, code: '503' }, requests / 2)
      for (let i = 0; i < requests; i += 1) time.observe({ stack, code: '200' }, 0.05)
    }
  }
  serve()
  const exporter = createServer((_request, response) => {
    serve()
    void registry.metrics().then((text) => response.end(text))
  })
  await new Promise<void>((resolve) => {
    exporter.listen(0, '127.0.0.1', resolve)
  })
  const { port } = exporter.address() as AddressInfo
  stop = () => {
    exporter.closeAllConnections()
    exporter.close()
  }
  prometheus = await startPrometheus(`127.0.0.1:${port}`)
  await prometheus.eventually('orders_total')
  from = new Date()
  await sleep(RECORD_FOR_MS)
  to = new Date()
  folder = mkdtempSync(join(tmpdir(), 'goaround-export-'))
  writeFileSync(join(folder, 'goaround.yaml'), STRATEGY)
})

afterAll(async () => {
  stop()
  await prometheus.stop()
  rmSync(folder, { recursive: true })
})

async function exported(query: string): Promise<string> {
  const span = { start: from.toISOString(), end: to.toISOString(), step: '0.2' }
  const answer = await fetch(`${prometheus.url}/api/v1/query_range`, {
    method: 'POST',
    body: new URLSearchParams({ query, ...span }),
  })
  return answer.text()
}

async function backtest(...argv: readonly string[]) {
  return goaround(['backtest', ...argv], { cwd: folder })
}

describe('what Prometheus recorded', () => {
  test('is asked for as it was sampled, and replayed', async () => {
    const span = ['--from', from.toISOString(), '--to', to.toISOString()]
    const { exit, out } = await backtest('--prometheus', prometheus.url, ...span)
    expect(exit).toBe(3)
    expect(out).toMatch(
      /^! The rollout: it would have halted at .*orders: candidate \d+ of \d+ \(50 %\)/ms,
    )
    expect(out).toContain('metric odd: max(orders_total')
    expect(out).toContain('metric errors (router) is not in the recording')
  })

  test('is read from saved answers of query_range, several together', async () => {
    writeFileSync(join(folder, 'orders.json'), await exported('{__name__=~"orders_total"}'))
    writeFileSync(join(folder, 'time.json'), await exported('time_seconds_bucket'))
    const { exit, out } = await backtest('--data', 'orders.json', 'time.json', '--json')
    expect(exit).toBe(3)
    const { question, asIs } = JSON.parse(out) as {
      question: { settings: { metrics: { name: string }[] } }
      asIs: {
        rollout: {
          verdict: {
            kind: string
            evidence: { metric: string; candidate: { events: number; n: number } }[]
          }
        }
      }
    }
    expect(question.settings.metrics.map(({ name }) => name)).toEqual(['orders', 'time'])
    expect(asIs.rollout.verdict.kind).toBe('fail')
    const [orders] = asIs.rollout.verdict.evidence
    expect((orders?.candidate.events ?? 0) / (orders?.candidate.n ?? 1)).toBeCloseTo(0.5)
  })

  test('is known under the other stack as soon as somebody says so', async () => {
    writeFileSync(join(folder, 'orders.json'), await exported('orders_total'))
    const { out } = await backtest('--data', 'orders.json', '--candidate', 'blue')
    expect(out).toMatch(/orders:\s+candidate 0 of \d+ \(0 %\) against control \d+ of \d+ \(50 %\)/)
  })

  test.each([
    [
      '{"status":"success","data":{"resultType":"vector","result":[]}}',
      /^✖ bad\.json is no range answer of Prometheus at data\.resultType: .*with a resultType of matrix$/m,
    ],
    ['{"status":', /^✖ bad\.json is not JSON/m],
    [
      '{"status":"success","data":{"resultType":"matrix","result":[]}}',
      /bad\.json has nothing that this strategy watches: metric orders: no series of the candidate matches its requests/,
    ],
  ])('is refused with a sentence when it is %s', async (text, says) => {
    writeFileSync(join(folder, 'bad.json'), text)
    const { exit, err } = await backtest('--data', 'bad.json')
    expect(err).toMatch(says)
    expect(exit).toBe(2)
  })

  test('is taken to have no failures, aloud, where none were exported', async () => {
    writeFileSync(join(folder, 'some.json'), await exported('orders_total{code="200"}'))
    const { out } = await backtest('--data', 'some.json')
    expect(out).toMatch(/orders:\s+candidate 0 of/)
    expect(out).toContain(
      'metric orders: the export has no failures of the candidate, and none are assumed',
    )
  })

  test('cannot be asked of nobody, or of two at once', async () => {
    const span = ['--from', from.toISOString(), '--to', to.toISOString()]
    expect(await backtest('--prometheus', 'http://127.0.0.1:1', ...span)).toMatchObject({
      exit: 20,
    })
    expect(await backtest()).toMatchObject({ exit: 2 })
    expect(await backtest('--data', 'a', '--prometheus', prometheus.url)).toMatchObject({ exit: 2 })
    expect(await backtest('--prometheus', prometheus.url)).toMatchObject({ exit: 2 })
  })
})
