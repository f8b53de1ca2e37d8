import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import {
  type AnswerOf,
  ENDPOINTS,
  type Endpoint,
  type EndpointName,
  type Endpoints,
} from '../contract/endpoints.ts'
import { Problem } from '../contract/problem.ts'
import { SECOND } from '../core/kernel/instant.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import { EXIT } from './exit-codes.ts'
import type { Failure } from './outcome.ts'
import { failureOf, unreachable } from './say-failure.ts'

/** Proving a long log takes a while; everything else answers in milliseconds. */
const ANSWER_WITHIN_MS = 60 * SECOND

type Input<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined

/** What is sent to an endpoint. Only the parts that it takes are used. */
export interface Request<Name extends EndpointName> {
  readonly params?: Input<Endpoints[Name]['params']>
  readonly query?: Input<Endpoints[Name]['query']>
  readonly body?: Input<Endpoints[Name]['body']>
}

/** Speaks to one server through the contract. */
export interface Client {
  readonly server: string
  readonly call: <Name extends EndpointName>(
    name: Name,
    request?: Request<Name>,
  ) => Promise<Result<AnswerOf<Name>, Failure>>
  /** Opens a stream of events; the caller reads it. */
  readonly open: <Name extends EndpointName>(
    name: Name,
    request: Request<Name>,
    ask: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
  ) => Promise<Result<Response, Failure>>
}

export function openClient({
  server,
  token,
}: {
  readonly server: string
  readonly token: string | null
}): Client {
  async function send<Name extends EndpointName>(
    name: Name,
    { params, query, body }: Request<Name>,
    { headers, signal }: { headers: Readonly<Record<string, string>>; signal: AbortSignal },
  ): Promise<Result<Response, Failure>> {
    const endpoint: Endpoint = ENDPOINTS[name]
    const url = new URL(fillIn(endpoint.path, params ?? {}), server)
    for (const [key, value] of Object.entries(query ?? {})) {
      if (typeof value === 'string' || typeof value === 'number')
        url.searchParams.set(key, String(value))
    }
    try {
      const response = await fetch(url, {
        method: endpoint.method.toUpperCase(),
        headers: {
          ...headers,
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(endpoint.body === null ? {} : { 'content-type': 'application/json' }),
          ...(endpoint.method === 'post' ? { 'idempotency-key': randomUUID() } : {}),
        },
        body: endpoint.body === null ? null : JSON.stringify(body ?? {}),
        redirect: 'error',
        signal,
      })
      return response.ok ? yes(response) : no(await refusal(response, server))
    } catch (error) {
      return no(unreachable(server, error))
    }
  }

  return {
    server,
    async call(name, request = {}) {
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
      const sent = await send(name, request, { headers: {}, signal })
      if (!sent.ok) return sent
      const shape: z.ZodType | null = ENDPOINTS[name].answer
      const read = shape?.safeParse(await sent.value.json().catch(() => null))
      if (read?.success !== true) {
        const says = `${server} answered in a shape that this goaround does not know: use the same version on both sides`
        return no({ exit: EXIT.unreachable, says })
      }
      // The endpoint's own schema has just vouched for it; the type system cannot follow that.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return yes(read.data as AnswerOf<typeof name>)
    },
    open: (name, request, ask) => send(name, request, ask),
  }
}

function fillIn(path: string, params: object): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value: unknown = Object.entries(params).find(([key]) => key === name)?.[1]
    return encodeURIComponent(String(value))
  })
}

async function refusal(response: Response, server: string): Promise<Failure> {
  const text = await response.text().catch(() => '')
  const problem = Problem.safeParse(parsed(text))
  if (problem.success) return failureOf(problem.data)
  const says = `${server} answered ${response.status} and not as a goaround server does: check --server or GOAROUND_SERVER`
  return { exit: EXIT.unreachable, says }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
