import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { routePath } from 'hono/route'
import { openApi } from '../contract/open-api.ts'
import { SECOND } from '../core/kernel/instant.ts'
import { openAttributionDesk } from '../engine/attribution-desk.ts'
import { drawAttribution } from '../picture/draw-attribution.ts'
import { PAGE_POLICY } from '../picture/page.ts'
import { type Ask, answerJson, answerTrouble, type Env } from './answers.ts'
import { isKnownHost } from './hosts.ts'
import { type HttpMetrics, httpMetrics } from './http-metrics.ts'
import { mountEndpoints, openGate } from './mount.ts'
import { type ServerParts, USUAL_LIMITS } from './parts.ts'
import { describeProblem } from './problems.ts'
import { attributionHandlers } from './routes/attribution.ts'
import { auditHandlers } from './routes/audit.ts'
import { commandHandlers } from './routes/commands.ts'
import { liveHandlers } from './routes/live.ts'
import { rolloutHandlers } from './routes/rollouts.ts'
import { signalHandlers } from './routes/signals.ts'
import { tokenHandlers } from './routes/tokens.ts'
import { workloadHandlers } from './routes/workloads.ts'

/** A store that does not answer a one-row question in this time is not reachable. */
const READY_WITHIN_MS = 2 * SECOND

/** Nothing that an API answers may be run, framed, sniffed or kept by a browser; a page brings a policy of its own. */
const HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** Where the server stands: which names it goes by, and when it has to close its streams. */
export interface Surroundings {
  /** Host names that requests may carry; null: any. */
  readonly hosts: readonly string[] | null
  readonly stopping: AbortSignal
}

const ANYWHERE: Surroundings = { hosts: null, stopping: new AbortController().signal }

/** The whole HTTP API as one application: `app.fetch` answers requests, whoever listens. */
export function createServer(parts: ServerParts, { hosts, stopping } = ANYWHERE): Hono<Env> {
  const limits = { ...USUAL_LIMITS, ...parts.limits }
  const metrics = httpMetrics(parts.metrics)
  const gate = openGate(parts, limits)
  const app = new Hono<Env>()

  app.use(async (c, next) => {
    c.set('requestId', randomUUID())
    const began = parts.clock.now()
    await next()
    for (const [name, value] of Object.entries(HEADERS))
      if (!c.res.headers.has(name)) c.header(name, value)
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
    c.header('x-request-id', c.get('requestId'))
    note(c, parts, metrics, began)
  })
  app.use(async (c, next) => {
    if (hosts === null || isKnownHost(c.req.header('host'), hosts)) return next()
    return answerTrouble(c, { code: 'wrong-host' })
  })
  app.notFound((c) => answerTrouble(c, { code: 'no-such-path' }))
  app.onError((error, c) => {
    const requestId = c.get('requestId')
    parts.log.error({ requestId, error: error.stack ?? error.message }, 'a request failed')
    return answerTrouble(c, { code: 'defect' })
  })

  mountStanding(app, parts, stopping)
  app.get('/metrics', async (c) => {
    const caller = await gate(c, { may: 'look', method: 'get' }, true)
    if (!caller.ok) return answerTrouble(c, caller.problem)
    return c.body(await parts.metrics.metrics(), 200, { 'content-type': parts.metrics.contentType })
  })
  const desk = openAttributionDesk(parts)
  app.get('/attribution', async (c) => {
    const caller = await gate(c, { may: 'look', method: 'get' }, false)
    if (!caller.ok) return answerTrouble(c, caller.problem)
    const headers = { 'content-security-policy': PAGE_POLICY }
    return c.html(drawAttribution(await desk.findings()), 200, headers)
  })
  const handlers = {
    ...rolloutHandlers(parts),
    ...commandHandlers(parts),
    ...workloadHandlers(parts),
    ...signalHandlers(parts, desk),
    ...attributionHandlers(desk),
    ...auditHandlers(parts),
    ...tokenHandlers(parts),
    ...liveHandlers(parts, limits, { stopping, open: metrics.openStreams }),
  }
  mountEndpoints(app, handlers, gate, limits)
  return app
}

/** What anybody may ask: whether it lives, whether it is ready, and what it can do. */
function mountStanding(app: Hono<Env>, parts: ServerParts, stopping: AbortSignal): void {
  const document = JSON.stringify(openApi(parts.version))
  app.get('/v1/openapi.json', (c) => answerJson(c, document, 200))
  app.get('/problems/:code', (c) => {
    const problem = describeProblem(c.req.param('code'))
    if (problem === null) return answerTrouble(c, { code: 'no-such-path' })
    return answerJson(c, JSON.stringify(problem), 200)
  })
  app.get('/healthz', (c) => c.json({ alive: true, version: parts.version }))
  app.get('/readyz', async (c) => {
    if (stopping.aborted) return answerTrouble(c, { code: 'not-ready', detail: 'it is stopping' })
    if (await isReachable(parts)) return c.json({ ready: true, version: parts.version })
    return answerTrouble(c, { code: 'not-ready', detail: 'the store cannot be reached' })
  })
}

async function isReachable({ store, clock }: ServerParts): Promise<boolean> {
  const done = new AbortController()
  const late = clock.until(clock.now() + READY_WITHIN_MS, done.signal).then(() => false)
  const head = store.head().then(
    () => true,
    () => false,
  )
  const answer = await Promise.race([head, late])
  done.abort()
  return answer
}

/** One line and two measurements per request: never its headers, its query or its body. */
function note(c: Ask, parts: ServerParts, metrics: HttpMetrics, began: number): void {
  const { method } = c.req
  const { status } = c.res
  const millis = parts.clock.now() - began
  const route = routePath(c, -1)
  metrics.answered({ route, method, status, seconds: millis / SECOND })
  const requestId = c.get('requestId')
  const by = c.get('caller') ?? null
  parts.log.info({ requestId, method, route, status, millis, by }, 'answered')
}
