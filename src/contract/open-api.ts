import { z } from 'zod'
import { ENDPOINTS, type Endpoint } from './endpoints.ts'
import { EventView } from './event-view.ts'
import { LIVE_EVENTS } from './live-view.ts'
import { WHO_MAY } from './permissions.ts'
import { Finding, Problem } from './problem.ts'
import { Approve, LiftQuarantine, Lint, Nothing, StartRollout, WithReason } from './requests.ts'
import { RolloutSummary } from './rollout-summary.ts'
import { RolloutView } from './rollout-view.ts'
import { TimelineEntry } from './timeline-view.ts'
import { CreatedToken, CreateToken, TokenView } from './token-view.ts'
import { WorkloadView } from './workload-view.ts'

type Json = Readonly<Record<string, unknown>>

const COMPONENTS = '#/components/schemas/'

/** Shapes that deserve a name of their own in the document. */
const SENT = { Approve, CreateToken, LiftQuarantine, Lint, Nothing, StartRollout, WithReason }
const ANSWERED = {
  CreatedToken,
  EventView,
  Finding,
  LiveView: LIVE_EVENTS.live,
  Problem,
  RolloutSummary,
  RolloutView,
  TimelineEntry,
  TokenView,
  WorkloadView,
}

/**
 * The OpenAPI 3.1 document of the whole API, made of the very schemas that check requests and
 * that clients read answers with; it cannot tell anything else than what the server does.
 */
export function openApi(version: string): Json {
  const sent = namedSchemas(SENT, 'body', 'input')
  const answered = namedSchemas(ANSWERED, 'answer', 'output')
  const paths: Record<string, Record<string, Json>> = {}
  for (const [name, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
    const operation = operationOf(name, endpoint, sent.refOf, answered.refOf)
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operation }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'goaround',
      version,
      description:
        'Instants are epoch milliseconds, UTC. Shares are buckets of 10,000: 500 is 5 %. Every problem is an RFC 9457 document whose `detail` says what to do.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { ...sent.schemas, ...answered.schemas },
    },
  }
}

interface Named {
  readonly schemas: Record<string, Json>
  readonly refOf: (schema: z.ZodType) => Json
}

/** Puts every shape that one side of the API uses under a name, and refers to shared ones by it. */
function namedSchemas(
  known: Readonly<Record<string, z.ZodType>>,
  side: 'body' | 'answer',
  io: 'input' | 'output',
): Named {
  const names = new Map<z.ZodType, string>()
  for (const [name, schema] of Object.entries(known)) names.set(schema, name)
  for (const [name, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
    const schema = endpoint[side]
    if (schema !== null && !names.has(schema)) {
      names.set(
        schema,
        `${name[0]?.toUpperCase()}${name.slice(1)}${side === 'body' ? 'Body' : 'Answer'}`,
      )
    }
  }
  const registry = z.registry<{ id?: string }>()
  for (const [schema, id] of names) registry.add(schema, { id })
  const { schemas } = z.toJSONSchema(registry, { io, uri: (id) => `${COMPONENTS}${id}` })
  return {
    schemas: Object.fromEntries(Object.entries(schemas).map(([id, one]) => [id, bare(one)])),
    refOf: (schema) => ({ $ref: `${COMPONENTS}${names.get(schema) ?? ''}` }),
  }
}

function operationOf(
  name: string,
  endpoint: Endpoint,
  sent: Named['refOf'],
  answered: Named['refOf'],
): Json {
  const { body, may, method, says, status, answer } = endpoint
  const content =
    answer === null
      ? { 'text/event-stream': { schema: { type: 'string' } } }
      : { 'application/json': { schema: answered(answer) } }
  return {
    operationId: name,
    summary: says,
    description: `Permission \`${may}\`: ${WHO_MAY[may].join(', ')}.`,
    parameters: [
      ...parametersOf(endpoint.params, 'path'),
      ...parametersOf(endpoint.query, 'query'),
      ...headersOf(name, method),
    ],
    ...(body === null
      ? {}
      : { requestBody: { content: { 'application/json': { schema: sent(body) } } } }),
    responses: {
      [status]: { description: says, content },
      ...(name === 'getRollout' ? { 304: { description: 'It is as `If-None-Match` says.' } } : {}),
      default: {
        description: 'It was not done; the document says why and what to do.',
        content: { 'application/problem+json': { schema: answered(Problem) } },
      },
    },
  }
}

function parametersOf(schema: z.ZodType, place: 'path' | 'query'): readonly Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' })
  return Object.entries(properties).map(([name, shape]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: shape,
  }))
}

function headersOf(name: string, method: Endpoint['method']): readonly Json[] {
  if (method === 'post')
    return [header('Idempotency-Key', 'A second request with the same key changes nothing.')]
  if (name === 'getRollout') return [header('If-None-Match', 'The `ETag` of an earlier answer.')]
  if (name === 'watchRollout')
    return [header('Last-Event-ID', 'The id of the last event that was received.')]
  return []
}

function header(name: string, description: string): Json {
  return { name, in: 'header', required: false, schema: { type: 'string' }, description }
}

/** A schema without what it says about being a document of its own. */
function bare(schema: Json): Json {
  return Object.fromEntries(
    Object.entries(schema).filter(([key]) => key !== '$schema' && key !== '$id'),
  )
}
