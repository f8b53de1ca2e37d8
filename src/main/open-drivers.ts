import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { type DriverFailure, failure } from '../core/kernel/failure.ts'
import { digestOf } from '../core/kernel/hash.ts'
import { no, yes } from '../core/kernel/result.ts'
import type { Strategy } from '../core/strategy/schema.ts'
import { openAzureMonitor } from '../drivers/azure-monitor/azure-monitor.ts'
import { openBuiltinRouter } from '../drivers/builtin-router/builtin-router.ts'
import { openChannel } from '../drivers/channels/open-channel.ts'
import { openDocuments } from '../drivers/documents/documents.ts'
import { openExec } from '../drivers/exec/exec.ts'
import { openFiles } from '../drivers/files/files.ts'
import { openFlagd } from '../drivers/flagd/flagd.ts'
import { openHaproxy } from '../drivers/haproxy/haproxy.ts'
import { openHttpProber } from '../drivers/http-prober/prober.ts'
import { openOtlpListeners } from '../drivers/otlp/listeners.ts'
import { openOtlp } from '../drivers/otlp/otlp.ts'
import { openProcesses } from '../drivers/processes/processes.ts'
import { openPrometheus } from '../drivers/prometheus/prometheus.ts'
import { openSecrets } from '../drivers/secrets.ts'
import type { Clock } from '../ports/clock.ts'
import type { Drivers } from '../ports/drivers.ts'
import type { Platform } from '../ports/platform.ts'
import type { Router } from '../ports/router.ts'

export interface DriverParts {
  /** Traces of processes and routers, kept configuration, postmortems. */
  readonly stateDir: string
  /** Where the terminal channel prints. */
  readonly terminal: Writable
  readonly clock: Clock
}

export type OpenedDrivers = Drivers & {
  /** Gives sockets and listeners back. What they operate goes on. */
  readonly close: () => Promise<void>
}

interface Closable {
  readonly close: () => Promise<void>
}

/**
 * The real systems that strategies name. Each is opened when it is first asked for; strategies
 * that describe the same system in the same words share it.
 */
export function openDrivers({ stateDir, terminal, clock }: DriverParts): OpenedDrivers {
  const secrets = openSecrets()
  const listeners = openOtlpListeners(secrets)
  const opened = new Map<string, Closable>()
  function shared<Driver extends Closable>(
    kind: string,
    description: unknown,
    open: () => Driver,
  ): Driver {
    const key = `${kind} ${digestOf(description)}`
    const known = opened.get(key)
    // One key always opens one kind of driver, which the map cannot say.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    if (known !== undefined) return known as Driver
    const driver = open()
    opened.set(key, driver)
    return driver
  }
  return {
    async router(strategy) {
      const { traffic, workload } = strategy
      return yes(
        shared('router', { traffic, name: workload.name }, () => openRouter(strategy, stateDir)),
      )
    },
    async platform(strategy, component) {
      const found = strategy.workload.components.find(({ name }) => name === component)
      if (found === undefined) return no(notNamed('component', component))
      const described = { platform: found.platform, component, workload: strategy.workload.name }
      return yes(shared('platform', described, () => openPlatform(described, stateDir)))
    },
    async source(strategy, name) {
      const found = strategy.detection.sources.find((source) => source.name === name)
      if (found === undefined) return no(notNamed('telemetry source', name))
      return yes(
        shared('source', found, () => {
          switch (found.driver) {
            case 'otlp':
              return openOtlp(found, listeners)
            case 'prometheus':
              return openPrometheus(found, secrets)
            case 'azure-monitor':
              return openAzureMonitor(found, {
                secrets,
                environment: process.env,
                now: () => clock.now(),
              })
          }
        }),
      )
    },
    async channel(strategy, name) {
      const found = strategy.communication.channels.find((channel) => channel.name === name)
      if (found === undefined) return no(notNamed('channel', name))
      return yes(shared('channel', found, () => openChannel(found, { secrets, clock, terminal })))
    },
    flags: async (file) => yes(openFlagd(file)),
    configuration: openFiles(join(stateDir, 'kept')),
    prober: openHttpProber(join(stateDir, 'evidence')),
    documents: openDocuments(join(stateDir, 'postmortems')),
    async close() {
      await Promise.all([...opened.values()].map((driver) => driver.close()))
    },
  }
}

function openRouter({ traffic, workload }: Strategy, stateDir: string): Router {
  switch (traffic.driver) {
    case 'builtin': {
      const { listen, subjectHeader } = traffic
      const sticky = subjectHeader === undefined ? {} : { subjectHeader }
      return openBuiltinRouter({ name: workload.name, listen, stateDir, ...sticky })
    }
    case 'haproxy':
      return openHaproxy(traffic)
  }
}

function openPlatform(
  described: {
    readonly platform: Strategy['workload']['components'][number]['platform']
    readonly workload: string
    readonly component: string
  },
  stateDir: string,
): Platform {
  const { platform: config, workload, component } = described
  switch (config.driver) {
    case 'processes':
      return openProcesses({ config, workload, component, stateDir: join(stateDir, 'processes') })
    case 'exec':
      return openExec({ config, stateDir: join(stateDir, 'exec') })
  }
}

function notNamed(kind: string, name: string): DriverFailure {
  return failure('misconfigured', 'never', `the strategy names no ${kind} '${name}'`)
}
