import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const READY_WITHIN_MS = 30_000
const STOP_WITHIN_MS = 5_000

/** A real Prometheus with rules and a real Alertmanager. */
export interface Alerting {
  /** How many notifications the Alertmanager has delivered so far. */
  readonly delivered: () => Promise<number>
  readonly stop: () => Promise<void>
}

/** Starts both with these configurations. `metrics` writes the page that each scrape reads. */
export async function startAlerting(
  rules: unknown,
  alertmanager: unknown,
  metrics: () => string,
): Promise<Alerting> {
  const folder = mkdtempSync(join(tmpdir(), 'goaround-alerting-'))
  const exporter = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/plain; version=0.0.4')
    answer.end(metrics())
  })
  const target = await listening(exporter)
  const [prometheusPort, alertmanagerPort] = [await freePort(), await freePort()]
  const config = {
    global: { scrape_interval: '200ms', scrape_timeout: '200ms', evaluation_interval: '300ms' },
    rule_files: [join(folder, 'rules.yml')],
    alerting: {
      alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] }],
    },
    scrape_configs: [{ job_name: 'shop', static_configs: [{ targets: [`127.0.0.1:${target}`] }] }],
  }
  // YAML reads JSON.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config))
  writeFileSync(join(folder, 'rules.yml'), JSON.stringify(rules))
  writeFileSync(join(folder, 'alertmanager.yml'), JSON.stringify(alertmanager))
  const url = `http://127.0.0.1:${alertmanagerPort}`
  const servers = [
    start('prometheus-alertmanager', [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${folder}/alerts`,
      `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
      '--cluster.listen-address=',
      '--log.level=error',
    ]),
    start('prometheus', [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
      // Alerts from before the Alertmanager was found are sent again soon, not in a minute.
      '--rules.alert.resend-delay=1s',
      '--log.level=error',
    ]),
  ]
  await ready(`${url}/-/ready`)
  await ready(`http://127.0.0.1:${prometheusPort}/-/ready`)
  return {
    async delivered() {
      const text = await (await fetch(`${url}/metrics`)).text()
      const line = /^alertmanager_notifications_total\{integration="webhook"\} (\d+)$/m.exec(text)
      return Number(line?.[1] ?? 0)
    },
    async stop() {
      await Promise.all(servers.map(end))
      exporter.closeAllConnections()
      exporter.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function start(command: string, args: readonly string[]): ChildProcess {
  const binary = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, command))
    .find(existsSync)
  if (binary === undefined) {
    throw new Error(
      `the tests need ${command}: apt-get install -y --no-install-recommends ${command}`,
    )
  }
  return spawn(binary, args, { stdio: 'ignore' })
}

async function ready(url: string): Promise<void> {
  const until = Date.now() + READY_WITHIN_MS
  while (Date.now() < until) {
    const answer = await fetch(url).catch(() => null)
    if (answer?.ok === true) return
    await sleep(100)
  }
  throw new Error(`waited too long for ${url}`)
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const probe = createServer()
  const port = await listening(probe)
  await new Promise<void>((resolve) => {
    probe.close(() => resolve())
  })
  return port
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  const late = setTimeout(() => server.kill('SIGKILL'), STOP_WITHIN_MS)
  await ended
  clearTimeout(late)
}
