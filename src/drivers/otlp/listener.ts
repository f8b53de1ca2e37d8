import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { SECOND } from '../../core/kernel/instant.ts'
import type { Answer } from '../../ports/driver.ts'
import { formOf, type HttpAnswer, refused, takenIn } from './answer.ts'
import { ExportRequest } from './export-request.ts'
import type { Rejected } from './point.ts'
import { readProtobuf } from './read-protobuf.ts'
import { ExportMetricsRequest } from './wire-messages.ts'

const inflate = promisify(gunzip)

/** The collector's own limit for a request, https://github.com/open-telemetry/opentelemetry-collector/tree/main/config/confighttp. */
const BODY_BYTES_MAX = 20 * 1024 * 1024
/** Metrics shrink about tenfold; what grows more than this is no metrics. */
const INFLATED_BYTES_MAX = 64 * 1024 * 1024
/** An export of many metrics takes milliseconds in a network that works. */
const REQUEST_MAX_MS = 10 * SECOND
/** Longer than exporters' intervals of up to a minute, so that each keeps its connection. */
const KEEP_ALIVE_MS = 65 * SECOND
/** One connection per instance of all workloads that push here. */
const CONNECTIONS_MAX = 20_000

const PATH = '/v1/metrics'

export interface ListenerConfig {
  /** `host:port` */
  readonly listen: string
  /** The token that every request must bear; null where none is asked for. */
  readonly token: () => Answer<string | null>
  /** Takes in one export and says which points of it could not be counted. */
  readonly take: (request: ExportRequest) => readonly Rejected[]
}

export interface Listener {
  /** Where it listens, with the port that was given by the system. */
  readonly url: string
  readonly close: () => Promise<void>
}

/** Listens for OTLP/HTTP exports of metrics; rejects when the address cannot be had. */
export async function openListener(config: ListenerConfig): Promise<Listener> {
  const server = createServer((request, response) => {
    answerTo(config, request).then(
      (answer) => send(response, answer),
      () => response.destroy(),
    )
  })
  server.requestTimeout = REQUEST_MAX_MS
  server.headersTimeout = REQUEST_MAX_MS
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.maxConnections = CONNECTIONS_MAX
  const url = await listening(server, config.listen)
  return { url, close: () => closed(server) }
}

async function answerTo(config: ListenerConfig, request: IncomingMessage): Promise<HttpAnswer> {
  const form = formOf(request.headers['content-type'])
  const say = (status: number, message: string) => refused(form ?? 'json', status, message)
  if (new URL(request.url ?? '/', 'http://x').pathname !== PATH)
    return say(404, `goaround takes metrics, at ${PATH}`)
  if (request.method !== 'POST') return say(405, `${PATH} takes POST`)
  const token = await config.token()
  if (!token.ok)
    return say(503, 'the token of this listener cannot be read; see the log of goaround')
  if (token.value !== null && !bears(request, token.value))
    return say(401, 'a bearer token is needed: set it in the headers of the exporter')
  if (form === null)
    return say(415, 'expected the content type application/json or application/x-protobuf')
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity' && encoding !== 'gzip')
    return say(415, 'expected no content encoding, or gzip')

  const sent = await bodyOf(request)
  if (sent === null)
    return say(413, `more than ${BODY_BYTES_MAX} bytes: export fewer metrics at once`)
  const body = encoding === 'gzip' ? await inflated(sent) : sent
  if (body === null)
    return say(400, `no gzip, or more than ${INFLATED_BYTES_MAX} bytes when unpacked`)
  const parsed = parse(form, body)
  if (parsed === null) return say(400, `no ${form} of an ExportMetricsServiceRequest`)
  const exported = ExportRequest.safeParse(parsed)
  if (!exported.success) {
    const [issue] = exported.error.issues
    return say(400, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`)
  }
  return takenIn(form, config.take(exported.data))
}

function parse(form: 'json' | 'protobuf', body: Buffer): unknown {
  try {
    if (form === 'protobuf') return readProtobuf(body, ExportMetricsRequest)
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}

/** Compared by digest, in constant time, so that nothing is learnt from how long a refusal takes. */
function bears(request: IncomingMessage, token: string): boolean {
  const [scheme = '', given = ''] = (request.headers.authorization ?? '').split(' ')
  return scheme.toLowerCase() === 'bearer' && timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    // The rest is read and thrown away, so that the exporter hears the answer.
    if (size <= BODY_BYTES_MAX) chunks.push(chunk)
  }
  return size > BODY_BYTES_MAX ? null : Buffer.concat(chunks)
}

async function inflated(body: Buffer): Promise<Buffer | null> {
  try {
    return await inflate(body, { maxOutputLength: INFLATED_BYTES_MAX })
  } catch {
    return null
  }
}

function send(response: ServerResponse, { status, type, body }: HttpAnswer): void {
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) }
  response.writeHead(status, headers).end(body)
}

function listening(server: Server, listen: string): Promise<string> {
  const [host = '', port = ''] = listen.split(':')
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(Number(port), host, () => {
      server.off('error', reject)
      const address = server.address()
      const bound = typeof address === 'object' ? address?.port : undefined
      resolve(`http://${host}:${bound ?? port}`)
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
