import { Agent, request } from 'node:http'
import type { Instant } from '../../core/kernel/instant.ts'

/** A request that takes longer than this is lost to its user. */
const PATIENCE_MS = 5_000
/** Sends are grouped into ticks of this length, so that the pace holds on a busy machine. */
const TICK_MS = 20
const USERS = 2_000
const ROUTES = ['/', '/search', '/checkout'] as const
/** More losses than this need not be told apart by time any more. */
const LOSSES_MAX = 100_000
/** The header in which the router says which stack has answered. */
const STACK_HEADER = 'x-goaround-stack'

/** A request that a user sent and got no good answer to. */
interface Loss {
  readonly sentAt: Instant
  readonly answeredAt: Instant
}

/** A real and steady load of users' requests over HTTP. */
export interface Load {
  readonly total: () => number
  readonly failed: () => number
  /** Lost requests that were sent at or after an instant. */
  readonly failedSince: (at: Instant) => number
  /** When users first lost something at or after an instant; null when they did not. */
  readonly firstLossSince: (at: Instant) => Instant | null
  /** When the stack first answered at or after an instant. */
  readonly firstAnswerSince: (stack: string, at: Instant) => Instant | null
  /** Sends no more, and waits for the answers that are still owed. */
  readonly stop: () => Promise<void>
}

export function startLoad(origin: string, perSecond: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const losses: Loss[] = []
  const answers = new Map<string, Instant[]>()
  const inFlight = new Set<Promise<void>>()
  const startedAt = Date.now()
  let sent = 0
  let answered = 0

  function send(): void {
    const user = `user-${Math.floor(Math.random() * USERS)}`
    const path = ROUTES[sent % ROUTES.length] ?? '/'
    sent += 1
    const sentAt = Date.now()
    const one = follow(`${origin}${path}`, user, sentAt).finally(() => inFlight.delete(one))
    inFlight.add(one)
  }

  async function follow(url: string, user: string, sentAt: Instant): Promise<void> {
    const { good, stack } = await ask(agent, url, user)
    answered += 1
    const answeredAt = Date.now()
    if (!good && losses.length < LOSSES_MAX) losses.push({ sentAt, answeredAt })
    noteAnswer(answers, stack, answeredAt)
  }

  const timer = setInterval(() => {
    const due = ((Date.now() - startedAt) / 1_000) * perSecond
    while (sent < due) send()
  }, TICK_MS)

  return {
    total: () => answered,
    failed: () => losses.length,
    failedSince: (at) => losses.filter(({ sentAt }) => sentAt >= at).length,
    firstLossSince: (at) => losses.find(({ answeredAt }) => answeredAt >= at)?.answeredAt ?? null,
    firstAnswerSince: (stack, at) => answers.get(stack)?.find((one) => one >= at) ?? null,
    async stop() {
      clearInterval(timer)
      await Promise.all(inFlight)
      agent.destroy()
    },
  }
}

function noteAnswer(answers: Map<string, Instant[]>, stack: string | null, at: Instant): void {
  if (stack === null) return
  const known = answers.get(stack) ?? []
  if (known.length < LOSSES_MAX) known.push(at)
  answers.set(stack, known)
}

interface Answered {
  /** The user got what they asked for. */
  readonly good: boolean
  readonly stack: string | null
}

function ask(agent: Agent, url: string, user: string): Promise<Answered> {
  return new Promise((resolve) => {
    const lost = (stack: string | null) => resolve({ good: false, stack })
    const asked = request(
      url,
      { agent, headers: { 'x-user': user }, timeout: PATIENCE_MS },
      (response) => {
        const header = response.headers[STACK_HEADER]
        const stack = typeof header === 'string' ? header : null
        response.resume()
        response.on('end', () => resolve({ good: (response.statusCode ?? 500) < 500, stack }))
        response.on('error', () => lost(stack))
      },
    )
    asked.on('timeout', () => asked.destroy(new Error('the user gave up')))
    asked.on('error', () => lost(null))
    asked.end()
  })
}
