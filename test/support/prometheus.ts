import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Prometheus starts in 0.2 s and looks for its targets every 5 s. */
const READY_WITHIN_MS = 30_000
const STOP_WITHIN_MS = 5_000

export interface TestPrometheus {
  readonly url: string
  /** Waits until a query has an answer. */
  readonly eventually: (query: string) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Targets, and the labels that their series get. */
export interface Scraped {
  readonly targets: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
}

/** Starts a real Prometheus that scrapes these `host:port` every 200 ms. */
export async function startPrometheus(...targets: readonly string[]): Promise<TestPrometheus> {
  return startPrometheusThat({ every: '200ms', scraped: [{ targets }] })
}

/** Starts a real Prometheus that scrapes as it is told. */
export async function startPrometheusThat({
  every,
  scraped,
}: {
  readonly every: string
  readonly scraped: readonly Scraped[]
}): Promise<TestPrometheus> {
  const binary = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'prometheus'))
    .find(existsSync)
  if (binary === undefined) {
    throw new Error(
      'the tests need a Prometheus server: apt-get install -y --no-install-recommends prometheus',
    )
  }
  const folder = mkdtempSync(join(tmpdir(), 'goaround-prometheus-'))
  const port = await freePort()
  const config = {
    global: { scrape_interval: every, scrape_timeout: every },
    scrape_configs: [{ job_name: 'shop', static_configs: scraped }],
  }
  // YAML reads JSON.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config))
  const server = spawn(
    binary,
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=native-histograms',
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  )
  // Whoever started it may fail before it is stopped.
  const endWithUs = () => void server.kill('SIGKILL')
  process.once('exit', endWithUs)
  const url = `http://127.0.0.1:${port}`
  const until = Date.now() + READY_WITHIN_MS
  await eventually(until, 'Prometheus is ready', async () => (await fetch(`${url}/-/ready`)).ok)
  return {
    url,
    eventually: (query) =>
      eventually(Date.now() + READY_WITHIN_MS, query, async () => {
        const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`)
        const body = (await answer.json()) as { data: { result: unknown[] } }
        return body.data.result.length > 0
      }),
    async stop() {
      process.off('exit', endWithUs)
      await end(server)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function eventually(
  until: number,
  what: string,
  look: () => Promise<boolean>,
): Promise<void> {
  while (Date.now() < until) {
    if (await look().catch(() => false)) return
    await sleep(100)
  }
  throw new Error(`waited too long for: ${what}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

async function end(server: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  const late = setTimeout(() => server.kill('SIGKILL'), STOP_WITHIN_MS)
  await ended
  clearTimeout(late)
}
