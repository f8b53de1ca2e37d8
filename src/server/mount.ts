import type { Hono } from 'hono'
import { ENDPOINTS, type Endpoint, type EndpointName } from '../contract/endpoints.ts'
import { may, WHO_MAY } from '../contract/permissions.ts'
import { MINUTE } from '../core/kernel/instant.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import type { Actor } from '../core/words/actor.ts'
import { rateLimit } from './access/rate-limit.ts'
import { type Ask, answerJson, answerTrouble, type Env } from './answers.ts'
import type { Call, Handlers } from './calls.ts'
import { rememberRequests } from './idempotency.ts'
import type { ServerLimits, ServerParts } from './parts.ts'
import type { Trouble } from './problems.ts'
import { readRequest } from './read-request.ts'

/** Nothing may stand between a person and these: no quota delays a halt, a mitigation or a yes. */
const URGENT: ReadonlySet<EndpointName> = new Set([
  'pause',
  'abort',
  'approve',
  'reject',
  'fallback',
  'rollback',
  // What may halt a rollout is not kept waiting either.
  'takeAlertmanager',
  'takeAzureMonitor',
  'takeWebhook',
  'takeHeartbeat',
  'takeReport',
  'takePlacements',
  'takeFaults',
])

/** Whoever sends something signed, before the signature was looked at. */
const SIGNER: Actor = { name: 'webhook', roles: [] }
/** The only place where a token may stand in the address: its sender cannot send a header. */
const TOKEN_IN_ADDRESS = '/v1/signals/azure-monitor'

type AnyHandler = (
  call: Readonly<Record<keyof Call<EndpointName>, unknown>>,
  c: Ask,
) => Promise<Result<unknown, Trouble>>

/** Lets callers in, or says why not. */
export type Gate = (
  c: Ask,
  asked: Pick<Endpoint, 'may' | 'method'>,
  isUrgent: boolean,
) => Promise<Result<Actor, Trouble>>

/** Asks who it is, whether they may, and whether they ask too often, in this order. */
export function openGate({ access, clock }: ServerParts, limits: ServerLimits): Gate {
  const looks = rateLimit(limits.looksPerMinute, MINUTE)
  const changes = rateLimit(limits.changesPerMinute, MINUTE)
  return async (c, asked, isUrgent) => {
    const bearer = bearerOf(c) ?? tokenInAddress(c)
    // A signature is checked where the secret is known; until then nobody knows who it is.
    if (asked.may === 'signed' && bearer === null && access.mode === 'tokens') {
      const address = addressOf(c)
      const retryAfterMs = looks.take(`signed ${address}`, clock.now())
      if (retryAfterMs > 0) return no({ code: 'too-many-requests', retryAfterMs })
      c.set('caller', SIGNER.name)
      return yes(SIGNER)
    }
    const identified = await access.identify(bearer, addressOf(c))
    if (!identified.ok) return identified
    const actor = identified.value
    c.set('caller', actor.name)
    if (!may(actor.roles, asked.may)) {
      const needed = WHO_MAY[asked.may].join(', ').replace('any-other-role', 'a role that approves')
      return no({
        code: 'forbidden',
        detail: `it needs one of: ${needed}; your token has: ${actor.roles.join(', ')}`,
      })
    }
    if (isUrgent) return yes(actor)
    const limit = asked.method === 'get' ? looks : changes
    const retryAfterMs = limit.take(actor.name, clock.now())
    return retryAfterMs === 0 ? yes(actor) : no({ code: 'too-many-requests', retryAfterMs })
  }
}

/** Puts every endpoint of the contract in its place. */
export function mountEndpoints(
  app: Hono<Env>,
  handlers: Handlers,
  gate: Gate,
  { bodyMax }: Pick<ServerLimits, 'bodyMax'>,
): void {
  const idempotency = rememberRequests()
  for (const name of Object.keys(ENDPOINTS).filter(isEndpointName)) {
    const endpoint: Endpoint = ENDPOINTS[name]
    app.on(endpoint.method.toUpperCase(), pathOf(endpoint), (c) => handle(c, name, endpoint))
  }
  for (const [path, methods] of methodsByPath()) {
    app.all(path, (c) => {
      c.header('allow', methods)
      return answerTrouble(c, { code: 'wrong-method', detail: `it answers ${methods}` })
    })
  }

  async function handle(c: Ask, name: EndpointName, endpoint: Endpoint): Promise<Response> {
    const actor = await gate(c, endpoint, URGENT.has(name))
    if (!actor.ok) return answerTrouble(c, actor.problem)
    const request = await readRequest(c, endpoint, bodyMax)
    if (!request.ok) return answerTrouble(c, request.problem)
    const { params, query, body, text } = request.value
    const scope = `${actor.value.name} ${name} ${Object.values(c.req.param()).join(' ')}`.trim()
    const key = endpoint.method === 'post' ? c.req.header('idempotency-key') : undefined
    const admitted = idempotency.admit({ key, scope, body: text })
    if (!admitted.ok) return answerTrouble(c, admitted.problem)
    if (admitted.value.answer !== null) return written(c, admitted.value.answer, endpoint)

    const from = { actor: actor.value, commandId: admitted.value.commandId }
    // The endpoint's own schemas have just vouched for the call; the type system cannot follow that.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const handler = handlers[name] as AnyHandler
    const outcome = await handler({ params, query, body, text, from }, c)
    if (!outcome.ok) return answerTrouble(c, outcome.problem)
    if (outcome.value instanceof Response) return outcome.value
    const answer = JSON.stringify(outcome.value)
    // A token is shown once: it is not kept for a repeated request either.
    if (name !== 'createToken') admitted.value.remember(answer)
    return written(c, answer, endpoint)
  }
}

function written(c: Ask, answer: string, endpoint: Endpoint): Response {
  return answerJson(c, answer, endpoint.status)
}

function bearerOf(c: Ask): string | null {
  const found = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')
  return found?.[1] ?? null
}

function tokenInAddress(c: Ask): string | null {
  return c.req.path === TOKEN_IN_ADDRESS ? (c.req.query('token') ?? null) : null
}

function addressOf(c: Ask): string {
  return c.env?.incoming?.socket.remoteAddress ?? 'unknown'
}

function isEndpointName(name: string): name is EndpointName {
  return Object.hasOwn(ENDPOINTS, name)
}

/** `{id}` in a contract is `:id` to Hono. */
function pathOf({ path }: Pick<Endpoint, 'path'>): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}

function methodsByPath(): ReadonlyMap<string, string> {
  const methods = new Map<string, string>()
  for (const endpoint of Object.values<Endpoint>(ENDPOINTS)) {
    const path = pathOf(endpoint)
    const known = methods.get(path)
    const method = endpoint.method.toUpperCase()
    methods.set(path, known === undefined ? method : `${known}, ${method}`)
  }
  return methods
}
