import { Client } from 'pg'
import { connectionConfig } from './connection.ts'
import { POKED_CHANNEL } from './work.ts'

/** The first wait before a lost connection is made again; it doubles up to the second. */
const RECONNECT_MS_MIN = 250
const RECONNECT_MS_MAX = 5_000

/** How often the listening connection is asked for a sign of life: a dead network path says nothing by itself. */
const PING_EVERY_MS = 15_000

type Callback = (key: string | null) => void

/** Hears of poked work from all processes. */
export interface Listening {
  readonly subscribe: (callback: Callback) => () => void
  readonly close: () => Promise<void>
}

/**
 * Listens from the first subscriber on, with a connection of its own, and goes on by itself when
 * that is lost. Each time it is made, and each time it cannot be, the subscribers are called
 * without a key: something may have been missed.
 */
export function listenForPokes(url: string): Listening {
  const callbacks = new Set<Callback>()
  let client: Client | null = null
  let timer: NodeJS.Timeout | null = null
  let waitMs = RECONNECT_MS_MIN
  let isStarted = false
  let isClosed = false

  return {
    subscribe(callback) {
      // A wrapper of its own, so that a function that subscribed twice can leave once.
      const mine: Callback = (key) => callback(key)
      callbacks.add(mine)
      if (!isStarted) {
        isStarted = true
        void connect()
      }
      return () => callbacks.delete(mine)
    },
    async close() {
      isClosed = true
      callbacks.clear()
      if (timer !== null) clearTimeout(timer)
      await client?.end().catch(() => {})
    },
  }

  async function connect(): Promise<void> {
    const fresh = new Client(connectionConfig(url))
    client = fresh
    fresh.on('error', () => lost(fresh))
    fresh.on('end', () => lost(fresh))
    fresh.on('notification', ({ payload = '' }) => tell(payload === '' ? null : payload))
    try {
      await fresh.connect()
      await fresh.query(`listen ${POKED_CHANNEL}`)
    } catch {
      lost(fresh)
      return
    }
    waitMs = RECONNECT_MS_MIN
    tell(null)
    ping(fresh)
  }

  function ping(of: Client): void {
    if (client !== of || isClosed) return
    after(PING_EVERY_MS, () => {
      of.query('select 1').then(
        () => ping(of),
        () => lost(of),
      )
    })
  }

  function lost(of: Client): void {
    if (client !== of || isClosed) return
    client = null
    of.end().catch(() => {})
    tell(null)
    after(waitMs, () => void connect())
    waitMs = Math.min(waitMs * 2, RECONNECT_MS_MAX)
  }

  /** There is only ever one thing to wait for: the next ping, or the next try. */
  function after(ms: number, work: () => void): void {
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(work, ms)
    timer.unref()
  }

  function tell(key: string | null): void {
    for (const callback of callbacks) callback(key)
  }
}
