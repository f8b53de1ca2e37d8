import { Agent, request } from 'node:http'

/** A request that takes longer than this is lost to its user. */
const PATIENCE_MS = 5_000
/** Sends are grouped into ticks of this length, so that the pace holds on a busy machine. */
const TICK_MS = 20
const USERS = 2_000
const ROUTES = ['/', '/search', '/checkout'] as const
/** More losses than this need not be told apart by time any more. */
const LOSSES_MAX = 100_000

export interface LoadCounts {
  readonly total: number
  readonly failed: number
}

/** A real and steady load of users' requests over HTTP. */
export interface Load {
  readonly counts: () => LoadCounts
  /** Requests that were sent at or after an instant and got no good answer. */
  readonly failedSince: (at: number) => number
  /** Sends no more, and waits for the answers that are still owed. */
  readonly stop: () => Promise<void>
}

export function startLoad(origin: string, perSecond: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const lostAt: number[] = []
  const inFlight = new Set<Promise<void>>()
  const startedAt = Date.now()
  let sent = 0
  let answered = 0

  function send(): void {
    const user = `user-${Math.floor(Math.random() * USERS)}`
    const path = ROUTES[sent % ROUTES.length] ?? '/'
    sent += 1
    const at = Date.now()
    const one = ask(agent, `${origin}${path}`, user).then((good) => {
      answered += 1
      if (!good && lostAt.length < LOSSES_MAX) lostAt.push(at)
      inFlight.delete(one)
    })
    inFlight.add(one)
  }

  const timer = setInterval(() => {
    const due = ((Date.now() - startedAt) / 1_000) * perSecond
    while (sent < due) send()
  }, TICK_MS)

  return {
    counts: () => ({ total: answered, failed: lostAt.length }),
    failedSince: (at) => lostAt.filter((lost) => lost >= at).length,
    async stop() {
      clearInterval(timer)
      await Promise.all(inFlight)
      agent.destroy()
    },
  }
}

/** True when the user got what they asked for. */
function ask(agent: Agent, url: string, user: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(
      url,
      { agent, headers: { 'x-user': user }, timeout: PATIENCE_MS },
      (response) => {
        response.resume()
        response.on('end', () => resolve((response.statusCode ?? 500) < 500))
        response.on('error', () => resolve(false))
      },
    )
    asked.on('timeout', () => asked.destroy(new Error('the user gave up')))
    asked.on('error', () => resolve(false))
    asked.end()
  })
}
