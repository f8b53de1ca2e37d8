import { randomUUID } from 'node:crypto'
import type { DriverFailure } from '../../core/kernel/failure.ts'
import { type Result, yes } from '../../core/kernel/result.ts'
import type { Answer } from '../../ports/driver.ts'
import { LATENCY_EDGES_MS, type StackCounts, type TrafficSample } from '../../ports/router.ts'
import type { HaproxyConfig } from './haproxy.ts'
import { type LogListener, openLogListener } from './log-listener.ts'
import { type BackendStats, readBackend, type ServerStats } from './server-stats.ts'

interface Totals {
  readonly requests: number
  readonly errors: number
}

const NONE: Totals = { requests: 0, errors: 0 }

/** Measured, and nothing has come yet. */
const NO_LATENCY = LATENCY_EDGES_MS.map(() => 0).concat(0)

/** Reads the counters of a backend, and listens to its log where there is one. */
export interface BackendCounts {
  readonly read: (signal: AbortSignal) => Answer<TrafficSample>
  readonly close: () => Promise<void>
}

/**
 * Requests and errors are HAProxy's own counters. Latencies and routes come from its log, and only
 * while somebody listens: with a log, everything is counted from when this driver first looked,
 * under an epoch of its own, so that all counters of a sample speak of the same time.
 */
export function openBackendCounts(config: HaproxyConfig): BackendCounts {
  const listenerEpoch = randomUUID()
  let opening: Promise<Result<LogListener, DriverFailure>> | null = null
  let listener: LogListener | null = null
  /** HAProxy's counters when the listener came; null while it has not looked yet. */
  let base: { readonly epoch: string; readonly servers: ReadonlyMap<string, Totals> } | null = null
  let highest: { epoch: string; errors: Map<string, number> } = { epoch: '', errors: new Map() }
  let lastReadAt = 0

  return {
    async read(signal) {
      const listening = await listen()
      if (!listening.ok) return listening
      const read = await readBackend(config.socket, config.backend, signal)
      if (!read.ok) return read
      if (listener !== null) base ??= startingPoint(read.value)
      lastReadAt = Math.max(Date.now(), lastReadAt)
      const epoch = listener === null ? read.value.epoch : `${read.value.epoch}-${listenerEpoch}`
      const stacks = Object.entries(config.servers).map(([stack, names]) => [
        stack,
        countsOf(stack, names, read.value),
      ])
      return yes({ at: lastReadAt, epoch, stacks: Object.fromEntries(stacks) })
    },
    async close() {
      await opening
      await listener?.close()
      listener = null
    },
  }

  async function listen(): Promise<Result<null, DriverFailure>> {
    if (config.log === undefined || listener !== null) return yes(null)
    opening ??= openLogListener(config.log, config.backend, config.servers)
    const opened = await opening
    // The next look tries again: the port may have become free.
    opening = null
    if (!opened.ok) return opened
    listener = opened.value
    return yes(null)
  }

  function countsOf(stack: string, names: readonly string[], read: BackendStats): StackCounts {
    const logged = listener?.of(read.pid).get(stack)?.read()
    const members = read.servers.filter(({ name }) => names.includes(name))
    const totals = members.map((server) => sinceBase(server, read.epoch))
    return {
      requests: totals.reduce((sum, { requests }) => sum + requests, 0),
      errors: totals.reduce((sum, { errors }) => sum + errors, 0),
      latency: logged?.latency ?? (listener === null ? [] : NO_LATENCY),
      routes: logged?.routes ?? {},
    }
  }

  function sinceBase(server: ServerStats, epoch: string): Totals {
    const from = base?.epoch === epoch ? (base.servers.get(server.name) ?? NONE) : NONE
    return {
      requests: server.requests - from.requests,
      errors: highestErrors(server, epoch) - from.errors,
    }
  }

  /** What is under way is taken off the errors, and may hide some of them for a moment. */
  function highestErrors({ name, errors }: ServerStats, epoch: string): number {
    if (highest.epoch !== epoch) highest = { epoch, errors: new Map() }
    const most = Math.max(errors, highest.errors.get(name) ?? 0)
    highest.errors.set(name, most)
    return most
  }
}

function startingPoint({ epoch, servers }: BackendStats) {
  return { epoch, servers: new Map(servers.map((server) => [server.name, server])) }
}
