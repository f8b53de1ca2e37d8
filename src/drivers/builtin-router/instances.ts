import { Agent } from 'node:http'
import { connect } from 'node:net'

/** How often an instance that refused a connection is tried again; a restart is noticed this soon. */
const PROBE_EVERY_MS = 250

/** A connection within one network takes milliseconds; a silent host is down. */
export const CONNECT_WITHIN_MS = 1_000

/**
 * Idle connections are dropped well before instances drop them (5 s is the shortest usual), so that
 * a request is not sent into a connection that is just being closed.
 */
const IDLE_MS = 2_000

/** Enough for bursts; more idle connections only hold an instance's memory. */
const IDLE_CONNECTIONS_MAX = 64

/** One place where a stack is reached. */
export interface Instance {
  readonly stack: string
  readonly endpoint: string
  readonly url: URL
  readonly agent: Agent
  inFlight: number
  /** It refused a connection and has not accepted one since. */
  isDown: boolean
}

/** The instances of all stacks, and which of them accept connections. */
export interface Instances {
  readonly attach: (stack: string, endpoints: readonly string[]) => void
  /** Of one stack, the least busy first and taking turns when equally busy. */
  readonly live: (stack: string) => readonly Instance[]
  readonly down: (stack: string) => readonly Instance[]
  /** Takes an instance out of the turns until it accepts a connection again. */
  readonly reportDown: (instance: Instance) => void
  readonly close: () => void
}

/** Opens an empty set. Whether an instance is well is not judged here: that is what evidence is for. */
export function openInstances(): Instances {
  const stacks = new Map<string, readonly Instance[]>()
  const probes = new Map<Instance, NodeJS.Timeout>()
  let turn = 0

  return {
    attach(stack, endpoints) {
      const before = stacks.get(stack) ?? []
      const wanted = [...new Set(endpoints)]
      const after = wanted.map(
        (endpoint) =>
          before.find((instance) => instance.endpoint === endpoint) ?? open(stack, endpoint),
      )
      stacks.set(stack, after)
      for (const gone of before.filter((instance) => !after.includes(instance))) letGo(gone)
    },
    live(stack) {
      const all = (stacks.get(stack) ?? []).filter(({ isDown }) => !isDown)
      if (all.length < 2) return all
      turn = (turn + 1) % all.length
      const turned = [...all.slice(turn), ...all.slice(0, turn)]
      return turned.toSorted((a, b) => a.inFlight - b.inFlight)
    },
    down: (stack) => (stacks.get(stack) ?? []).filter(({ isDown }) => isDown),
    reportDown(instance) {
      if (instance.isDown || !isAttached(instance)) return
      instance.isDown = true
      probeSoon(instance)
    },
    close() {
      for (const instance of [...stacks.values()].flat()) letGo(instance)
      stacks.clear()
    },
  }

  function isAttached(instance: Instance): boolean {
    return stacks.get(instance.stack)?.includes(instance) ?? false
  }

  /** Looks by connecting, so that no user's request is risked to find out. */
  function probeSoon(instance: Instance): void {
    const timer = setTimeout(() => {
      const socket = connect(addressOf(instance.url))
      socket.setTimeout(CONNECT_WITHIN_MS, () => socket.destroy(new Error('silent')))
      socket.once('connect', () => {
        instance.isDown = false
        probes.delete(instance)
        socket.destroy()
      })
      socket.once('error', () => {
        if (isAttached(instance)) probeSoon(instance)
      })
    }, PROBE_EVERY_MS)
    probes.set(instance, timer.unref())
  }

  /** Requests that are under way go on; only idle connections are given up. */
  function letGo(instance: Instance): void {
    clearTimeout(probes.get(instance))
    probes.delete(instance)
    for (const sockets of Object.values(instance.agent.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy()
    }
    instance.agent.maxFreeSockets = 0
  }
}

function open(stack: string, endpoint: string): Instance {
  const agent = new Agent({
    keepAlive: true,
    timeout: IDLE_MS,
    maxFreeSockets: IDLE_CONNECTIONS_MAX,
    scheduling: 'lifo',
  })
  return { stack, endpoint, url: new URL(endpoint), agent, inFlight: 0, isDown: false }
}

/** Where a socket has to go for an http URL: `[::1]` is `::1` there, and no port is port 80. */
export function addressOf(url: URL): { readonly host: string; readonly port: number } {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return { host, port: url.port === '' ? 80 : Number(url.port) }
}
